"""What a campaign brought, with its interval, the checks it passed and what it cannot say."""

from enum import StrEnum
from typing import Literal

from schemas.base import Frozen


class MethodClass(StrEnum):
    """The four of IAB and IAB Europe, Guidelines for Incremental Measurement in Commerce Media (November 2025)."""

    EXPERIMENTS = "experiments"
    COUNTERFACTUALS = "model-based counterfactuals"
    ECONOMETRIC = "econometric"
    PROXIES = "hybrid proxies"


class Estimate(Frozen):
    estimate: float
    ci95: tuple[float, float]


class LiftRow(Frozen):
    """Means per unit and period; `units` are blocks of time in a switchback. `ci95` is of the effect's `change`."""

    row: Literal["treated", "untreated", "effect"]
    units: int
    mean_before: float | None
    mean_after: float | None
    change: float | None
    ci95: tuple[float, float] | None = None


class LiftEstimate(Frozen):
    """`lift_absolute` is in outcome units per treated unit and period; `iroas` only when the cost is known.

    `limits`: plain sentences on what the estimate rests on and cannot say.
    """

    method: str
    method_class: MethodClass
    estimand: str
    lift_relative: Estimate
    lift_absolute: Estimate
    p_value: float
    iroas: Estimate | None = None
    table: tuple[LiftRow, ...]
    checks: dict[str, str | float | bool]
    limits: tuple[str, ...]
    reading: str
