"""A test planned on the user's own history: matched arms, the lift it would find, how long and with how many units."""

from orchestrator.tools.experiments.design.plan import Wish, design_test
from orchestrator.tools.experiments.design.results import Design

__all__ = ["Design", "Wish", "design_test"]
