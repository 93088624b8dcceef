"""Two arms around one start: what the estimators compare, unless treatment switches on and off."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.panel import Panel
from schemas.errors import InputInvalid


@dataclass(frozen=True)
class Arms:
    """Every unit in one arm from the start on. `outcome_UT`, `cost_UT`: NaN where there is no row."""

    outcome_UT: Floats
    is_treated_U: Flags
    is_after_T: Flags
    day_T: Floats
    cost_UT: Floats | None = None
    units: tuple[str, ...] = ()
    units_left_out: int = 0

    @cached_property
    def before_U(self) -> Floats:
        """Each unit's mean before the start; NaN without a period before it."""
        return row_means(self.outcome_UT[:, ~self.is_after_T])

    @cached_property
    def after_U(self) -> Floats:
        return row_means(self.outcome_UT[:, self.is_after_T])

    @cached_property
    def cost_before_U(self) -> Floats | None:
        return None if self.cost_UT is None else row_means(self.cost_UT[:, ~self.is_after_T])

    @cached_property
    def cost_after_U(self) -> Floats | None:
        return None if self.cost_UT is None else row_means(self.cost_UT[:, self.is_after_T])

    @property
    def periods_before(self) -> int:
        return int((~self.is_after_T).sum())

    @property
    def periods_after(self) -> int:
        return int(self.is_after_T.sum())

    @property
    def treated_units(self) -> int:
        return int(self.is_treated_U.sum())

    @property
    def untreated_units(self) -> int:
        return int((~self.is_treated_U).sum())


def row_means(values: Floats) -> Floats:
    """Per row over what is not NaN; NaN for a row of nothing."""
    present = ~np.isnan(values)
    count = present.sum(axis=1)
    total = np.where(present, values, 0.0).sum(axis=1)
    means: Floats = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return means


def arms_of(panel: Panel, start: date) -> Arms:
    """A unit's arm is its flag from the start on; units without rows on both sides of the start are left out.

    Raises InputInvalid when some unit's treatment starts at another time, ends, or switches.
    """
    after_T = panel.is_after_T(start)
    _require_one_start(panel, after_T, start)
    present = panel.is_present_UT
    kept: Flags = np.asarray(present[:, after_T].any(axis=1))
    if (~after_T).any():
        kept &= present[:, ~after_T].any(axis=1)
    used_T = present[kept].any(axis=0)
    return Arms(
        outcome_UT=panel.outcome_UT[kept][:, used_T],
        is_treated_U=np.asarray(panel.is_on_UT[kept][:, after_T].any(axis=1)),
        is_after_T=after_T[used_T],
        day_T=panel.day_T[used_T],
        cost_UT=None if panel.cost_UT is None else panel.cost_UT[kept][:, used_T],
        units=tuple(unit for unit, keep in zip(panel.units, kept, strict=True) if keep),
        units_left_out=int((~kept).sum()),
    )


def _require_one_start(panel: Panel, after_T: Flags, start: date) -> None:
    """Some files flag a treated unit throughout, others only once it is treated; one file does one of them."""
    on, off = panel.is_on_UT, panel.is_present_UT & ~panel.is_on_UT
    mixed = on[:, after_T].any(axis=1) & off[:, after_T].any(axis=1)
    if mixed.any():
        unit = int(np.flatnonzero(mixed)[0])
        off_day, on_day = (panel.times[after_T & flags[unit]][0] for flags in (off, on))
        raise InputInvalid(
            f"unit {panel.units[unit]!r} is both treated and untreated after the start {start} "
            f"(untreated on {off_day:%Y-%m-%d}, treated on {on_day:%Y-%m-%d}): treatment that starts or ends at "
            "different times cannot be measured against one start; leave such units out, measure each wave apart, or "
            "choose method switchback if it was switched on and off by design"
        )
    treated = on[:, after_T].any(axis=1)
    early = on[:, ~after_T].any(axis=1)
    flagged_throughout = early & ~off[:, ~after_T].any(axis=1)
    styles_differ = flagged_throughout.any() and (treated & ~early & panel.is_present_UT[:, ~after_T].any(axis=1)).any()
    wrong = early & ~(treated & flagged_throughout) if not styles_differ else early
    if wrong.any():
        unit = int(np.flatnonzero(wrong)[0])
        day = panel.times[~after_T & on[unit]][0]
        raise InputInvalid(
            f"unit {panel.units[unit]!r} is flagged as treated on {day:%Y-%m-%d}, before the start {start}, unlike "
            "others; give the day on which treatment began, and leave out units that began or ended at another time"
        )
