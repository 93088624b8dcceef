"""Dates as people and networks write them: one way of writing must fit the whole column, and fit it unambiguously."""

import pandas as pd

from orchestrator.tools.experiments.columns import refuse
from schemas.errors import InputInvalid

DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y")
SPELT = ("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y")
WEEK = "%G-W%V-%u"  # ISO week; its Monday stands for it


def dates_of(frame: pd.DataFrame, column: str, time_format: str | None) -> pd.Series:
    """Without time zone. Raises InputInvalid naming lines, or both readings of an ambiguous column."""
    if pd.api.types.is_datetime64_any_dtype(frame[column]):
        refuse(frame, column, frame[column].isna(), "no date")
        return _without_zone(frame[column])
    written = frame[column].astype(str).str.strip()
    if time_format is not None:
        dates = pd.to_datetime(written, format=time_format, errors="coerce")
        refuse(frame, column, dates.isna(), f"no date written like {time_format!r}")
        return _without_zone(dates)
    iso = pd.to_datetime(written, format="ISO8601", errors="coerce", utc=True)
    if iso.notna().all():
        return _without_zone(
            pd.to_datetime(written.str.replace(r"(Z|[+-]\d\d:?\d\d)$", "", regex=True), format="ISO8601")
        )
    return _written_otherwise(frame, column, written, iso)


def _written_otherwise(frame: pd.DataFrame, column: str, written: pd.Series, iso: pd.Series) -> pd.Series:
    weeks = pd.to_datetime(written + "-1", format=WEEK, errors="coerce")
    if weeks.notna().all():
        return weeks
    fitting = {way: dates for way in (*DAY_FIRST, *MONTH_FIRST, *SPELT) if (dates := _in(written, way)).notna().all()}
    if not fitting:
        advice = "; if all are written in one other way, name it with --time-format"
        refuse(frame, column, iso.isna(), "no date like 2026-03-09", advice)
    first_way, dates = next(iter(fitting.items()))
    for way, others in fitting.items():
        if not others.equals(dates):
            example = written[others != dates].iloc[0]
            raise InputInvalid(
                f"column {column!r}: {example!r} can be {first_way!r} or {way!r}; "
                f"say which with --time-format, or write dates like 2026-03-09"
            )
    return dates


def _in(written: pd.Series, way: str) -> pd.Series:
    return pd.to_datetime(written, format=way, errors="coerce")


def _without_zone(dates: pd.Series) -> pd.Series:
    return dates.dt.tz_localize(None) if dates.dt.tz is not None else dates
