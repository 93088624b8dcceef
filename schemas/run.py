"""Everything that happened in one run, in order. What the app shows is a function of this record alone."""

from datetime import datetime
from typing import Any

from pydantic import Field

from schemas.base import Frozen
from schemas.brief import CampaignBrief
from schemas.clean_room import RefusalCode
from schemas.creative import CreativeDraft
from schemas.governance import Verdict
from schemas.lift import LiftEstimate
from schemas.optimization import Certificate
from schemas.plan import Plan, PlanLine
from schemas.tasks import Arm, Task
from schemas.units import Micros

RUN_SCHEMA_VERSION = "1"


class Tokens(Frozen):
    prompt: int = 0
    completion: int = 0


class StepRecord(Frozen):
    """One step. `composition` is the name asked for, `answered_by` the pinned name that the server says answered.

    `fallback` is null when the model's words were used, else the reason the step's template stood in for them.
    `result` is the step's typed result as JSON.
    """

    task: Task
    agent: str
    composition: str
    answered_by: str | None = None
    prompt_sha256: str | None = None
    tokens: Tokens = Tokens()
    seconds: float
    result: dict[str, Any]
    fallback: str | None = None


class FileMapping(Frozen):
    """How one export's columns were read. `fields`: source column -> {"field", "confidence", "by"}."""

    file: str
    network: str
    retailer_id: str
    rows: int
    rejected: int
    fields: dict[str, dict[str, str | float]]


class FieldAccess(Frozen):
    """One row of the privacy panel: what the clean room does with a field at one retailer."""

    retailer_id: str
    field: str
    access: str = Field(pattern="^(allowed|blocked)$")


class CleanRoomQuery(Frozen):
    """One question the run put to the clean room, and how it ended; never a value."""

    request: dict[str, Any]
    status: str
    code: RefusalCode | None = None
    rows: int = 0
    latency_ms: int = 0


class DataProfile(Frozen):
    """What the run was fed. Totals are over the harmonised delivery of the brand."""

    files: tuple[FileMapping, ...]
    rows: int
    rejected: int
    skus: int
    first_day: str
    last_day: str
    currency: str
    spend_micros: Micros
    attributed_revenue_micros: Micros
    field_access: tuple[FieldAccess, ...]
    clean_room_queries: tuple[CleanRoomQuery, ...]
    preview: tuple[dict[str, Any], ...] = ()


class CurvePoint(Frozen):
    """A fitted response curve read at one spend; all in currency units over the campaign."""

    spend: float
    value: float
    low: float
    high: float


class CurveView(Frozen):
    """One group's response curve with a 95 % band, where it is now and where the plan puts it."""

    name: str
    points: tuple[CurvePoint, ...]
    current_spend: float
    planned_spend: float


class CellAccuracy(Frozen):
    """Predicted against true incremental ROAS of one cell at its historical spend; the truth is the simulator's ledger.

    `predicted` is the arm's estimate, or its fallback (a pooled mean) where `withheld`.
    """

    retailer_id: str
    sku_id: str
    placement_type: str
    spend_micros: Micros
    predicted: float
    low: float
    high: float
    actual: float
    withheld: bool


class ArmMetrics(Frozen):
    """Definitions: docs/clean_room_comparison.md. Ratios per unit of spend; money in micros over the campaign."""

    iroas_accuracy: float
    predicted_iroas: float
    realised_iroas: float
    planned_spend_micros: Micros
    realised_incremental_revenue_micros: Micros
    realised_incremental_margin_micros: Micros
    skus_actionable: int
    skus_moved: int
    stockout_sku_days: int
    stockout_sku_days_avoided: int
    wasted_spend_micros: Micros


class ArmResult(Frozen):
    """One arm's plan: same worlds, solver, budget and constraints as the other; only what it may see differs."""

    arm: Arm
    lines: tuple[PlanLine, ...]
    metrics: ArmMetrics
    certificate: Certificate
    binding: tuple[str, ...]
    shadow_prices: dict[str, float]
    curves: tuple[CurveView, ...]
    cells: tuple[CellAccuracy, ...]
    lift: LiftEstimate | None
    lift_unavailable: str | None = None
    notes: tuple[str, ...] = Field(default=(), description="what the brief asked for that this arm could not do")


class ComparisonRow(Frozen):
    """`better` names the arm the difference favours, null on a tie; `unit` is 'share', 'ratio', 'money' or 'count'."""

    metric: str
    label: str
    unit: str
    full: float
    clean_room: float
    absolute_difference: float
    relative_difference: float | None
    better: Arm | None


class Comparison(Frozen):
    """Both arms and the unchanged spend of today (`status_quo`), realised in the same world with the same draws."""

    rows: tuple[ComparisonRow, ...]
    full: ArmResult
    clean_room: ArmResult
    status_quo: ArmMetrics
    basis: str = Field(description="what the truth is and how many worlds it was measured on")


class RunRecord(Frozen):
    schema_version: str = RUN_SCHEMA_VERSION
    run_id: str
    created_at: datetime
    seconds: float
    clean_room: bool
    model_url: str | None
    brief: CampaignBrief
    data: DataProfile | None
    plan: Plan | None
    drafts: tuple[CreativeDraft, ...]
    verdict: Verdict | None
    steps: tuple[StepRecord, ...]
    comparison: Comparison | None
    failure: str | None = Field(default=None, description="why the run stopped early; everything before it is kept")

    @property
    def arm(self) -> Arm:
        return Arm.CLEAN_ROOM if self.clean_room else Arm.FULL
