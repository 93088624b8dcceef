"""From what an arm may see to a plan, and both arms' plans compared in the same world."""

from orchestrator.evidence.arms import ArmPlan, optimize_with_clean_room, optimize_with_full_data
from orchestrator.evidence.comparison import compare_results
from orchestrator.evidence.observations import CellEstimate, CellKey, CleanRoomObservation, FullObservation

__all__ = [
    "ArmPlan",
    "CellEstimate",
    "CellKey",
    "CleanRoomObservation",
    "FullObservation",
    "compare_results",
    "optimize_with_clean_room",
    "optimize_with_full_data",
]
