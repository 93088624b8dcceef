"""The only place where money, shares and counts become text. Nothing here prints NaN, infinity or a negative zero."""

import math
from datetime import date, datetime

from schemas.tasks import Arm, PlacementType
from schemas.units import Micros, from_micros

ABSENT = "n/a"
WITHHELD = "< 100"
"""What stands for a cell the clean room does not release: fewer than 100 rows or people. Never a zero."""

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
_MINUS = "\N{MINUS SIGN}"

ARM_NAMES = {Arm.FULL: "Full data", Arm.CLEAN_ROOM: "Clean room"}


def money(amount_micros: Micros | float, currency: str = "USD") -> str:
    """
    >>> money(6_000_000_000)
    '$6,000'
    >>> money(12_340_000)
    '$12.34'
    """
    return amount(from_micros(int(amount_micros)) if math.isfinite(amount_micros) else amount_micros, currency)


def amount(units: float, currency: str = "USD") -> str:
    """Currency units; cents below 100, millions from ten million.

    >>> amount(-0.001)
    '$0.00'
    """
    if not math.isfinite(units):
        return ABSENT
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    size = abs(units)
    text = f"{size / 1e6:,.1f}M" if size >= 10_000_000 else f"{size:,.{0 if size >= 100 else 2}f}"
    return _signed_text(units, f"{symbol}{text}", text)


def share(value: float, digits: int = 1) -> str:
    """
    >>> share(0.9432)
    '94.3%'
    """
    return _number(value * 100, digits, "%")


def ratio(value: float) -> str:
    """
    >>> ratio(3.4159)
    '3.42x'
    """
    return _number(value, 2, "x")


def count(value: float) -> str:
    """
    >>> count(18000)
    '18,000'
    """
    return _number(value, 0, "")


def seconds(value: float) -> str:
    """
    >>> seconds(83.4)
    '1 min 23 s'
    >>> seconds(0.0412)
    '41 ms'
    """
    if not math.isfinite(value):
        return ABSENT
    if value < 1:
        return f"{max(value, 0) * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value) // 60} min {int(value) % 60} s"


def by_unit(value: float, unit: str, currency: str = "USD") -> str:
    """`unit` is a ComparisonRow's: 'share', 'ratio', 'money' (micros) or 'count'."""
    match unit:
        case "share":
            return share(value)
        case "ratio":
            return ratio(value)
        case "money":
            return money(value, currency)
        case _:
            return count(value)


def difference(value: float, unit: str, currency: str = "USD") -> str:
    """A difference always carries its sign; between shares it is in points.

    >>> difference(0.042, "share"), difference(0.0, "ratio")
    ('+4.2 pts', '0.00x')
    """
    text = _number(value * 100, 1, " pts") if unit == "share" else by_unit(value, unit, currency)
    return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text


def relative(value: float | None) -> str:
    """
    >>> relative(0.0421), relative(None)
    ('+4.2%', 'n/a')
    """
    if value is None or not math.isfinite(value):
        return ABSENT
    text = share(value)
    return f"+{text}" if value > 0 and text != "0.0%" else text


def interval(low: float, high: float, unit: str) -> str:
    return f"{by_unit(low, unit)} to {by_unit(high, unit)}"


def moment(when: datetime) -> str:
    return f"{when.astimezone():%-d %b %H:%M}"


def day(when: date | str) -> str:
    parsed = date.fromisoformat(when) if isinstance(when, str) else when
    return f"{parsed:%-d %b %Y}"


def words(identifier: str) -> str:
    """
    >>> words("sponsored_search"), words("retailer_a")
    ('Sponsored search', 'Retailer A')
    """
    spaced = identifier.replace("_", " ").strip()
    head, _, tail = spaced.rpartition(" ")
    spaced = f"{head} {tail.upper()}" if head and len(tail) == 1 else spaced
    return spaced[:1].upper() + spaced[1:]


def placement(placement_type: PlacementType | str) -> str:
    """
    >>> placement("sponsored_native")
    'Native'
    """
    return words(str(placement_type).removeprefix("sponsored_"))


def gap(value: float) -> str:
    """An optimality gap, which is shown as none only when it is none.

    >>> gap(2.3e-06), gap(0.0012)
    ('0.01%', '0.12%')
    """
    return share(max(value, 0.0001), 2) if value > 0 else share(0.0)


def breakable(name: str) -> str:
    """A composition's name that a narrow column may break after its parts, not in the middle of a word."""
    return name.replace("+", "+\u200b").replace("@", "\u200b@")


def digest(sha256: str) -> str:
    return sha256[:12]


def _number(value: float, digits: int, suffix: str) -> str:
    if not math.isfinite(value):
        return ABSENT
    text = f"{abs(value):,.{digits}f}"
    return _signed_text(value, f"{text}{suffix}", text)


def _signed_text(value: float, shown: str, digits: str) -> str:
    """A minus sign only where a digit other than zero follows it."""
    is_zero = not any(digit in digits for digit in "123456789")
    return f"{_MINUS}{shown}" if value < 0 and not is_zero else shown
