"""What a design says."""

from typing import Literal

from schemas.base import Frozen
from schemas.lift import MethodClass


class SimulatedShare(Frozen):
    """Of simulated tests; `ci95` by Clopper and Pearson (1934)."""

    share: float
    ci95: tuple[float, float]


class Pair(Frozen):
    """Two units of like size before the test; chance decided which is treated."""

    treated: str
    untreated: str
    mean_treated: float
    mean_untreated: float


class PowerPoint(Frozen):
    lift: float
    power: SimulatedShare


class Option(Frozen):
    """A test of `weeks` with `units`. `size`: how often it would see an effect without one, at 5 %.

    `minimum_detectable_relative`: the lift found four times in five; null where no simulated lift was.
    """

    weeks: float
    units: int
    size: SimulatedShare
    power_at_lift: SimulatedShare
    minimum_detectable_relative: float | None
    power_curve: tuple[PowerPoint, ...]


class Recommendation(Frozen):
    """Null where no option finds the wished lift four times in five."""

    weeks: float | None
    units: int | None
    reason: str


class Design(Frozen):
    """`durations`: all units, several lengths. `sample_sizes`: the recommended length, several numbers of units."""

    lift: float
    method: str
    estimand: str
    method_class: MethodClass
    units: int
    units_left_out: int
    periods: int
    period_days: float
    durations: tuple[Option, ...]
    sample_sizes: tuple[Option, ...]
    recommendation: Recommendation
    assignment: dict[str, Literal["treatment", "control"]]
    pairs: tuple[Pair, ...]
    simulated_tests: int
    seed: int
    limits: tuple[str, ...]
    reading: str
