"""A panel of units over time, read and checked once: what every estimator starts from."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from orchestrator.tools.experiments.arrays import Flags, Floats
from schemas.errors import InputInvalid

TREATED_WORDS = {"1", "1.0", "true", "yes", "treated", "treatment", "test", "exposed"}
CONTROL_WORDS = {"0", "0.0", "false", "no", "control", "holdout", "untreated"}
MIN_UNITS = 2  # per arm: below that there is no variance to estimate


@dataclass(frozen=True)
class Columns:
    unit: str
    time: str
    outcome: str
    treated: str
    cost: str | None = None

    def all(self) -> list[str]:
        return [self.unit, self.time, self.outcome, self.treated, *([self.cost] if self.cost else [])]


@dataclass(frozen=True)
class Panel:
    """One row per unit with the mean per period before and from `start` on, and the long table behind it.

    `treated`, `before`, `after`, `cost_before`, `cost_after`: (units,). `before` is NaN for a unit without rows before
    `start`. `rows` has unit (int position), time, outcome, after (bool), treated (bool).
    """

    treated: Flags
    before: Floats
    after: Floats
    cost_before: Floats | None
    cost_after: Floats | None
    rows: pd.DataFrame
    periods_before: int
    periods_after: int
    units_left_out: int

    @property
    def has_before(self) -> bool:
        return self.periods_before > 0 and not bool(np.isnan(self.before).any())


def read_panel(path: Path, columns: Columns, start: date) -> Panel:
    """Raises InputInvalid naming the column, the lines and what was expected."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputInvalid(f"cannot read {str(path)!r}: {error}") from error
    lines = list(csv.reader(io.StringIO(text)))
    if not lines or not any(lines[0]):
        raise InputInvalid(f"{str(path)!r} is empty; a header line and one row per unit and time are needed")
    header, body = lines[0], [(number, line) for number, line in enumerate(lines[1:], start=2) if line]
    _require_columns(header, columns, str(path))
    if not body:
        raise InputInvalid(f"{str(path)!r} has a header and no rows; one row per unit and time is needed")
    ragged = [number for number, line in body if len(line) != len(header)]
    if ragged:
        raise InputInvalid(f"{_lines(ragged)} of {str(path)!r} do not have the header's {len(header)} fields")
    frame = pd.DataFrame([line for _, line in body], columns=header, index=[number for number, _ in body], dtype=str)
    return panel_from_frame(frame, columns, start)


def panel_from_frame(frame: pd.DataFrame, columns: Columns, start: date) -> Panel:
    """`frame`'s index is the line number that messages quote. Raises InputInvalid."""
    _require_columns([str(name) for name in frame.columns], columns, "the data")
    rows = pd.DataFrame(
        {
            "unit": frame[columns.unit].astype(str),
            "time": _dates(frame, columns.time),
            "outcome": _numbers(frame, columns.outcome),
            "treated": _flags(frame, columns.treated),
        }
    )
    if columns.cost:
        rows["cost"] = _numbers(frame, columns.cost)
    rows["after"] = rows["time"] >= pd.Timestamp(start)
    _require_one_row_per_unit_and_time(rows)
    _require_an_after(rows, start)
    return _collapsed(rows)


def _require_columns(header: list[str], columns: Columns, where: str) -> None:
    missing = [name for name in columns.all() if name not in header]
    if not missing:
        return
    hint = ""
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        hint = "; the fields do not seem to be separated by commas"
    names = ", ".join(map(repr, missing))
    raise InputInvalid(f"{where} has no column {names}; its columns are {', '.join(map(repr, header))}{hint}")


def _dates(frame: pd.DataFrame, name: str) -> pd.Series:
    dates = pd.to_datetime(frame[name], format="ISO8601", errors="coerce")
    _refuse(frame, name, dates.isna(), "a date like 2026-03-09")
    return dates.dt.tz_localize(None) if dates.dt.tz is not None else dates


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    numbers = pd.to_numeric(frame[name], errors="coerce").astype(float)
    _refuse(frame, name, ~np.isfinite(numbers), "a number")
    return numbers


def _flags(frame: pd.DataFrame, name: str) -> pd.Series:
    words = frame[name].astype(str).str.strip().str.lower()
    _refuse(frame, name, ~words.isin(TREATED_WORDS | CONTROL_WORDS), "1 or 0, true or false, treatment or control")
    return words.isin(TREATED_WORDS)


def _refuse(frame: pd.DataFrame, name: str, wrong: pd.Series, expected: str) -> None:
    if wrong.any():
        first = frame.loc[wrong, name].iloc[0]
        lines = _lines([int(line) for line in frame.index[wrong]])
        raise InputInvalid(f"column {name!r}: {lines} hold no {expected.split(' ', 1)[1]}, first {first!r}")


def _lines(numbers: list[int], most: int = 5) -> str:
    listed = ", ".join(str(number) for number in numbers[:most])
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {listed}{more}"


def _require_one_row_per_unit_and_time(rows: pd.DataFrame) -> None:
    repeated = rows.duplicated(["unit", "time"], keep=False)
    if repeated.any():
        first = rows[repeated].iloc[0]
        raise InputInvalid(
            f"unit {first['unit']!r} has more than one row for {first['time']:%Y-%m-%d} "
            f"({_lines([int(line) for line in rows.index[repeated]])}); add them up to one row per unit and time"
        )


def _require_an_after(rows: pd.DataFrame, start: date) -> None:
    if not rows["after"].any():
        first, last = rows["time"].min(), rows["time"].max()
        raise InputInvalid(
            f"no row on or after the start {start}; the data runs from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        )


def _collapsed(rows: pd.DataFrame) -> Panel:
    rows = _with_unit_arms(rows)
    before, after = rows[~rows["after"]], rows[rows["after"]]
    kept = set(after["unit"]) & set(before["unit"]) if len(before) else set(after["unit"])
    left_out = rows["unit"].nunique() - len(kept)
    rows = rows[rows["unit"].isin(kept)].copy()
    rows["unit"], names = pd.factorize(rows["unit"], sort=True)
    arms = rows.groupby("unit")["treated"].first()
    _require_units(arms.to_numpy(bool))
    count = len(names)
    return Panel(
        treated=arms.to_numpy(bool),
        before=_means(rows[~rows["after"]], "outcome", count),
        after=_means(rows[rows["after"]], "outcome", count),
        cost_before=_means(rows[~rows["after"]], "cost", count) if "cost" in rows else None,
        cost_after=_means(rows[rows["after"]], "cost", count) if "cost" in rows else None,
        rows=rows.reset_index(drop=True),
        periods_before=int(rows.loc[~rows["after"], "time"].nunique()),
        periods_after=int(rows.loc[rows["after"], "time"].nunique()),
        units_left_out=left_out,
    )


def _with_unit_arms(rows: pd.DataFrame) -> pd.DataFrame:
    """A unit's arm is its flag from the start on: some files flag it throughout, others only once treated."""
    after = rows[rows["after"]].groupby("unit")["treated"]
    mixed = after.min() != after.max()
    if mixed.any():
        raise InputInvalid(
            f"unit {mixed[mixed].index[0]!r} is both treated and untreated after the start; "
            "leave out units that changed arm, or measure the stretches apart"
        )
    arm = after.first()
    return rows.assign(treated=rows["unit"].map(arm).fillna(False).astype(bool))


def _require_units(treated: Flags) -> None:
    for arm, count in (("treated", int(treated.sum())), ("untreated", int((~treated).sum()))):
        if count < MIN_UNITS:
            units = "unit" if count == 1 else "units"
            raise InputInvalid(f"{count} {arm} {units}; at least {MIN_UNITS} are needed for an interval")


def _means(rows: pd.DataFrame, column: str, count: int) -> Floats:
    means: Floats = rows.groupby("unit")[column].mean().reindex(range(count)).to_numpy(float)
    return means
