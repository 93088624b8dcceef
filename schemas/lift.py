"""What a campaign brought, with its interval and the checks it passed."""

from schemas.base import Frozen


class Estimate(Frozen):
    estimate: float
    ci95: tuple[float, float]


class LiftEstimate(Frozen):
    """`lift_absolute` is in outcome units per treated unit and period; `iroas` only when the cost is known."""

    method: str
    estimand: str
    lift_relative: Estimate
    lift_absolute: Estimate
    p_value: float
    iroas: Estimate | None = None
    checks: dict[str, str | float | bool]
    reading: str
