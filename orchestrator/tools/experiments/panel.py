"""A panel of units over time, read and checked once: what every estimator starts from.

Axes: U units in the order of their names, T points in time in order.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.columns import (
    Columns,
    flags_of,
    line_list,
    names_of,
    numbers_of,
    require_columns,
)
from orchestrator.tools.experiments.dates import dates_of
from orchestrator.tools.experiments.reading import read_frame
from schemas.errors import InputInvalid


@dataclass(frozen=True)
class Panel:
    """`outcome_UT`, `cost_UT`: NaN where the data has no row. `is_on_UT`: flagged as treated there and then."""

    units: tuple[str, ...]
    times: pd.DatetimeIndex
    outcome_UT: Floats
    is_on_UT: Flags
    cost_UT: Floats | None = None

    @property
    def is_present_UT(self) -> Flags:
        return ~np.isnan(self.outcome_UT)

    @property
    def day_T(self) -> Floats:
        """Days since the first point in time."""
        return np.asarray((self.times - self.times[0]) / pd.Timedelta(days=1), dtype=float)

    def is_after_T(self, start: date) -> Flags:
        """Raises InputInvalid when the data ends before `start`."""
        after: Flags = np.asarray(self.times >= pd.Timestamp(start))
        if not after.any():
            raise InputInvalid(
                f"no row on or after the start {start}; "
                f"the data runs from {self.times[0]:%Y-%m-%d} to {self.times[-1]:%Y-%m-%d}"
            )
        return after


def read_panel(path: Path, columns: Columns) -> Panel:
    """Raises InputInvalid naming the column, the lines and what was expected."""
    return panel_from_frame(read_frame(path), columns)


def panel_from_frame(frame: pd.DataFrame, columns: Columns) -> Panel:
    """`frame`'s index is the line number that messages quote. Raises InputInvalid."""
    require_columns(frame, columns)
    names, times = names_of(frame, columns.unit), dates_of(frame, columns.time, columns.time_format)
    outcome = numbers_of(frame, columns.outcome)
    _require_one_row_per_unit_and_time(names, times)
    unit_R, units = pd.factorize(names, sort=True)
    time_R, moments = pd.factorize(times, sort=True)
    shape = len(units), len(moments)
    is_on_UT = np.zeros(shape, bool)
    if columns.treated is not None:
        is_on_UT[unit_R, time_R] = flags_of(frame, columns.treated)
    return Panel(
        units=tuple(units),
        times=pd.DatetimeIndex(moments),
        outcome_UT=_spread(outcome, unit_R, time_R, shape),
        is_on_UT=is_on_UT,
        cost_UT=None if columns.cost is None else _spread(numbers_of(frame, columns.cost), unit_R, time_R, shape),
    )


def _spread(values: pd.Series, unit_R: np.ndarray, time_R: np.ndarray, shape: tuple[int, int]) -> Floats:
    spread = np.full(shape, np.nan)
    spread[unit_R, time_R] = values
    return spread


def _require_one_row_per_unit_and_time(names: pd.Series, times: pd.Series) -> None:
    repeated = pd.DataFrame({"unit": names, "time": times}).duplicated(keep=False)
    if repeated.any():
        lines = line_list([int(line) for line in names.index[repeated]])
        raise InputInvalid(
            f"unit {names[repeated].iloc[0]!r} has more than one row for {times[repeated].iloc[0]:%Y-%m-%d} ({lines}); "
            "add them up to one row per unit and time"
        )
