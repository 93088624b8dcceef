"""What is proposed: the plan's choices in words, and the money per cell."""

from datetime import date

from schemas.base import Frozen
from schemas.tasks import Kpi, Objective, Pacing, PlacementType
from schemas.units import Micros


class Plan(Frozen):
    """A brief turned into the optimiser's terms. Every number comes from the brief; a model only chose among words.

    Without a model `kpi`, `product_node` and `guardrail` are not known.
    """

    objective: Objective
    pacing: Pacing
    budget_micros: Micros
    currency: str
    start: date
    end: date
    retailers: tuple[str, ...]
    placements: tuple[PlacementType, ...]
    lead_placement: PlacementType
    kpi: Kpi | None = None
    product_node: str = ""
    guardrail: str = ""
    categories: tuple[str, ...] = ()
    rationale: str = ""


class PlanLine(Frozen):
    """The spend of one cell over the whole campaign, now and planned."""

    retailer_id: str
    sku_id: str
    placement_type: PlacementType
    current_spend_micros: Micros
    planned_spend_micros: Micros
    predicted_value_micros: Micros
