"""Any network's report to RMIS: code decides by schema, alias and shape; a model may only propose, a person accepts."""

from orchestrator.harmonizer.choices import Choices, Propose
from orchestrator.harmonizer.harmonize import Harmonized, harmonize_to_rmis
from orchestrator.harmonizer.outputs import Outputs

__all__ = ["Choices", "Harmonized", "Outputs", "Propose", "harmonize_to_rmis"]
