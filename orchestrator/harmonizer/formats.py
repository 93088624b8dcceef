"""How a file writes its dates and numbers, decided over whole columns: one cell alone is often ambiguous."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import duckdb

from orchestrator.harmonizer.choices import Choices
from orchestrator.harmonizer.mapping import ColumnUse
from orchestrator.harmonizer.selection import Selection
from orchestrator.harmonizer.sql import bare_number, date_text, read_date, text
from schemas.errors import InputInvalid
from schemas.rmis import SourceField, Unit

EXCEL_SERIAL = "excel_serial"

DATE_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y"),
    *("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%d-%m-%Y", "%d.%m.%Y", "%m.%d.%Y"),
    *("%m/%d/%y", "%d/%m/%y", "%m-%d-%y", "%d-%m-%y", "%d.%m.%y", "%d-%b-%y"),
    EXCEL_SERIAL,
)
FIRST_YEAR, LAST_YEAR = 2000, 2099


class NumberStyle(StrEnum):
    DECIMAL_POINT = "1,234.56"
    DECIMAL_COMMA = "1.234,56"


@dataclass(frozen=True)
class Formats:
    date_format: str
    number_style: NumberStyle
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _DateReading:
    format: str
    rows: int
    first: date
    last: date
    fingerprint: int
    """The same for two formats that read every cell as the same day."""

    @property
    def span_days(self) -> int:
        return (self.last - self.first).days


def read_formats(con: duckdb.DuckDBPyConnection, selection: Selection, choices: Choices) -> Formats:
    """Raises InputInvalid where day and month cannot be told apart."""
    style = _number_style(con, selection)
    use = selection.one(SourceField.DATE)
    assert use is not None  # a selection without a date was refused
    if choices.date_format is not None:
        return Formats(choices.date_format, style)
    best = _date_readings(con, use)
    if not best:
        example = con.execute(f"SELECT any_value({use.key}) FROM cells WHERE {use.key} <> ''").fetchall()[0][0]
        raise InputInvalid(
            f"column {use.column!r} holds no dates, e.g. {example!r}; say how with --date-format %d/%m/%Y"
        )
    if len(best) == 1:
        return Formats(best[0].format, style)
    return _between(best, use, style)


def _date_readings(con: duckdb.DuckDBPyConnection, use: ColumnUse) -> list[_DateReading]:
    """The formats that read the most cells of the column."""
    found: list[_DateReading] = []
    con.execute(
        f"CREATE TEMP TABLE days AS SELECT {date_text(use.key)} AS cell, count(*) AS rows FROM cells GROUP BY 1"
    )
    for name in DATE_FORMATS:
        rows, first, last, fingerprint = con.execute(
            "SELECT sum(rows), min(day), max(day), bit_xor(hash(concat(cell, '=', day))) "
            f"FROM (SELECT cell, {read_date('cell', name)} AS day, rows FROM days) "
            f"WHERE year(day) BETWEEN {FIRST_YEAR} AND {LAST_YEAR}"
        ).fetchall()[0]
        if rows:
            found.append(_DateReading(name, rows, first, last, fingerprint))
    most = max((reading.rows for reading in found), default=0)
    return [reading for reading in found if reading.rows == most]


def _between(readings: list[_DateReading], use: ColumnUse, style: NumberStyle) -> Formats:
    """Reports cover days in a row, so the reading over the shorter period is right; a tie needs a hint or a person."""
    shortest = min(reading.span_days for reading in readings)
    left = [reading for reading in readings if reading.span_days == shortest]
    if not _agree(left) and style is NumberStyle.DECIMAL_COMMA:
        left = [reading for reading in left if reading.format.startswith("%d")] or left
    if not _agree(left):
        told = " or ".join(f"{reading.format} ({reading.first}..{reading.last})" for reading in left)
        raise InputInvalid(f"the dates in column {use.column!r} may be {told}; say which with --date-format")
    chosen = left[0]
    others = [reading.format for reading in readings if reading.fingerprint != chosen.fingerprint]
    warning = f"dates in {use.column!r} are read as {chosen.format}; {', '.join(others)} would also fit"
    return Formats(chosen.format, style, (warning,) if others else ())


def _agree(readings: list[_DateReading]) -> bool:
    return len({reading.fingerprint for reading in readings}) == 1


def _number_style(con: duckdb.DuckDBPyConnection, selection: Selection) -> NumberStyle:
    """The separator that the unmistakable cells of all number columns vote for; a point where none does."""
    comma = point = 0
    for several in selection.fields.values():
        use = several[0]
        if use.unit not in (Unit.COUNT, Unit.CURRENCY, Unit.CENTS, Unit.MICROS):
            continue
        for_comma, for_point = _COMMA_EVIDENCE, _POINT_EVIDENCE
        if use.unit is Unit.COUNT:  # a count has no decimals, so three digits after a separator are thousands
            for_comma, for_point = rf"{for_comma}|\d{{1,3}}\.\d{{3}}", rf"{for_point}|\d{{1,3}},\d{{3}}"
        votes = con.execute(
            f"SELECT count(*) FILTER (regexp_full_match(bare, {text(for_comma)})), "
            f"count(*) FILTER (regexp_full_match(bare, {text(for_point)})) "
            f"FROM (SELECT ltrim({bare_number(use.key)}, '-') AS bare FROM cells)"
        ).fetchall()[0]
        comma, point = comma + votes[0], point + votes[1]
    return NumberStyle.DECIMAL_COMMA if comma > point else NumberStyle.DECIMAL_POINT


_COMMA_EVIDENCE = r"[\d.]*\.\d{3},\d+|\d+,\d{1,2}|\d+,\d{4,}|0,\d+|\d{1,3}(\.\d{3}){2,}"
_POINT_EVIDENCE = r"[\d,]*,\d{3}\.\d+|\d*\.\d{1,2}|\d*\.\d{4,}|0?\.\d+|\d{1,3}(,\d{3}){2,}"
