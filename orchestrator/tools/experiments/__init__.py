"""Incrementality from experiments: their design, lift with an interval, iROAS, and the checks to look at first."""

from orchestrator.tools.experiments.catalogue import METHODS
from orchestrator.tools.experiments.columns import Columns
from orchestrator.tools.experiments.experiment import Experiment
from orchestrator.tools.experiments.lift import measure_lift
from orchestrator.tools.experiments.panel import Panel, panel_from_frame, read_panel
from orchestrator.tools.experiments.table import as_text

__all__ = ["METHODS", "Columns", "Experiment", "Panel", "as_text", "measure_lift", "panel_from_frame", "read_panel"]
