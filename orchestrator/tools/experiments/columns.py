"""A user's columns turned into values; what does not fit is refused by column, line and first wrong value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from schemas.errors import InputInvalid

TREATED_WORDS = {"1", "1.0", "true", "yes", "treated", "treatment", "test", "exposed"}
CONTROL_WORDS = {"0", "0.0", "false", "no", "control", "holdout", "untreated"}


@dataclass(frozen=True)
class Columns:
    """The user's names; without `treated` there is no test yet, only a history. `time_format` is strptime's."""

    unit: str
    time: str
    outcome: str
    treated: str | None = None
    cost: str | None = None
    time_format: str | None = None

    def names(self) -> list[str]:
        return [name for name in (self.unit, self.time, self.outcome, self.treated, self.cost) if name is not None]


def require_columns(frame: pd.DataFrame, columns: Columns) -> None:
    header = [str(name) for name in frame.columns]
    missing = [name for name in columns.names() if name not in header]
    if missing:
        hint = ""
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            hint = "; the fields do not seem to be separated by commas"
        names = ", ".join(map(repr, missing))
        raise InputInvalid(f"the data has no column {names}; its columns are {', '.join(map(repr, header))}{hint}")
    twice = [name for name in columns.names() if header.count(name) > 1]
    if twice:
        raise InputInvalid(f"the data has more than one column {twice[0]!r}; rename the other ones")


def names_of(frame: pd.DataFrame, column: str) -> pd.Series:
    names = frame[column].astype(str).str.strip()
    refuse(frame, column, frame[column].isna() | (names == ""), "no name of a unit")
    return names


def numbers_of(frame: pd.DataFrame, column: str) -> pd.Series:
    numbers = pd.to_numeric(frame[column], errors="coerce").astype(float)
    refuse(frame, column, ~np.isfinite(numbers), "no number")
    return numbers


def flags_of(frame: pd.DataFrame, column: str) -> pd.Series:
    words = frame[column].astype(str).str.strip().str.lower()
    wrong = ~words.isin(TREATED_WORDS | CONTROL_WORDS)
    refuse(frame, column, wrong, "none of 1 or 0, true or false, treatment or control")
    return words.isin(TREATED_WORDS)


def refuse(frame: pd.DataFrame, column: str, wrong: pd.Series, held: str, advice: str = "") -> None:
    if wrong.any():
        lines = line_list([int(line) for line in frame.index[wrong]])
        verb = "holds" if wrong.sum() == 1 else "hold"
        first = frame.loc[wrong, column].iloc[0]
        first = first.item() if isinstance(first, np.generic) else first
        raise InputInvalid(f"column {column!r}: {lines} {verb} {held}, first {first!r}{advice}")


def line_list(numbers: Sequence[int], most: int = 5) -> str:
    listed = ", ".join(str(number) for number in numbers[:most])
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {listed}{more}"
