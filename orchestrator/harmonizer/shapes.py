"""What a column's cells look like: enough to refuse a proposal that cannot be, or to notice dates and currencies."""

import re

from orchestrator.harmonizer.headers import ISO_CURRENCIES
from schemas.rmis import SourceField

_NUMBER = re.compile(
    r"^\(?[-+\u2212]?\s*(?:[A-Z]{0,3}[$€£¥₹₩]?)\s*[-+]?\d[\d.,'\u2019\s\u00a0]*(?:e[-+]?\d+)?\s*[^\d%]{0,4}\)?$", re.I
)
_DATE = re.compile(
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|20\d{6}|\d{1,2}[ -][A-Za-z]{3,9}[ -,]+\d{2,4}"
    r"|[A-Za-z]{3,9} \d{1,2},? \d{4})([T ].*)?$"
)
_NUMERIC = {
    SourceField.IMPRESSIONS,
    SourceField.CLICKS,
    SourceField.CONVERSIONS,
    SourceField.UNITS,
    SourceField.REVENUE,
    SourceField.COST,
}
MOSTLY = 0.5


def fits(field: SourceField, values: tuple[str, ...]) -> bool:
    """Whether at least half of the values could be such a field."""
    if field in _NUMERIC:
        return _share(_NUMBER, values) >= MOSTLY
    if field is SourceField.DATE:
        return _share(_DATE, values) >= MOSTLY or _are_serial_days(values)
    if field is SourceField.CURRENCY:
        return _are_currencies(values)
    return bool(values)


def field_by_shape(values: tuple[str, ...]) -> SourceField | None:
    if values and _share(_DATE, values) == 1:
        return SourceField.DATE
    return SourceField.CURRENCY if _are_currencies(values) else None


def _share(pattern: re.Pattern[str], values: tuple[str, ...]) -> float:
    return sum(bool(pattern.match(value)) for value in values) / len(values) if values else 0.0


def _are_currencies(values: tuple[str, ...]) -> bool:
    return bool(values) and all(value.upper() in ISO_CURRENCIES for value in values)


def _are_serial_days(values: tuple[str, ...]) -> bool:
    return bool(values) and all(re.fullmatch(r"[3-6]\d{4}(\.0+)?", value) for value in values)
