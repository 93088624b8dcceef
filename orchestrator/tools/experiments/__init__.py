"""Incrementality from experiments: lift with an interval, iROAS, and the checks that say whether to believe it."""

from orchestrator.tools.experiments.lift import measure_lift
from orchestrator.tools.experiments.methods import METHODS
from orchestrator.tools.experiments.panel import Columns, Panel, panel_from_frame, read_panel

__all__ = ["METHODS", "Columns", "Panel", "measure_lift", "panel_from_frame", "read_panel"]
