"""Pieces of SQL that read one cell. Column keys are our own (`c0`); everything from a file is bound or quoted here."""

from orchestrator.harmonizer.headers import ISO_CURRENCIES, SYMBOL_ALSO, SYMBOL_CURRENCIES
from schemas.tasks import PlacementType

_CODE = "|".join(sorted(ISO_CURRENCIES))
_SYMBOLS = sorted(SYMBOL_CURRENCIES, key=len, reverse=True)
_SYMBOL = "|".join(symbol.replace("$", r"\$") for symbol in _SYMBOLS)
MINUS = "\u2212"
_GAPS = "[\\s\u00a0\u202f'\u2019]"


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def value(given: str | int | None) -> str:
    """A literal."""
    if given is None:
        return "NULL"
    return str(given) if isinstance(given, int) else text(str(given))


def bare_number(cell: str) -> str:
    """The cell without currency and gaps, a sign in front; '(1.50)' is how accountants write -1.50."""
    plain = f"regexp_replace({cell}, {text(f'{_SYMBOL}|{_CODE}|{_GAPS}')}, '', 'g')"
    return f"regexp_replace(regexp_replace({plain}, '^\\((.*)\\)$', '-\\1'), '^{MINUS}', '-')"


def number(cell: str, decimal_comma: bool) -> str:
    """A DECIMAL(24,6), or NULL where the cell is not written in that style."""
    bare = bare_number(cell)
    if decimal_comma:
        pattern = r"[-+]?(\d{1,3}(\.\d{3})+|\d+)(,\d*)?"
        plain = f"replace(replace({bare}, '.', ''), ',', '.')"
    else:
        pattern = r"[-+]?((\d{1,3}(,\d{2,3})*,\d{3}|\d+)(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?"
        plain = f"replace({bare}, ',', '')"
    return f"CASE WHEN regexp_full_match({bare}, {text(pattern)}) THEN TRY_CAST({plain} AS DECIMAL(24, 6)) END"


def cell_currency(cell: str) -> str:
    """The currency that an amount's own text names, or NULL."""
    symbol = f"regexp_extract({cell}, {text(_SYMBOL)})"
    cases = " ".join(f"WHEN {text(mark)} THEN {text(code)}" for mark, code in SYMBOL_CURRENCIES.items())
    code = f"nullif(regexp_extract({cell}, {text(_CODE)}), '')"
    return f"coalesce({code}, CASE {symbol} {cases} END)"


def same_currency(cell: str, currency: str) -> str:
    """Whether the amount's own text agrees with `currency`; a bare '$' may be any dollar."""
    symbol = f"regexp_extract({cell}, {text(_SYMBOL)})"
    loose = " OR ".join(
        f"({symbol} = {text(mark)} AND {currency} IN ({', '.join(map(text, codes))}))"
        for mark, codes in SYMBOL_ALSO.items()
    )
    return f"coalesce({cell_currency(cell)} = {currency}, TRUE) OR {loose}"


def date_text(cell: str) -> str:
    """Without the time of day: reports are daily."""
    return f"regexp_replace({cell}, '[T ]+\\d{{1,2}}:\\d{{2}}.*$', '')"


def read_date(cell: str, date_format: str) -> str:
    if date_format == "excel_serial":
        whole = f"CASE WHEN regexp_full_match({cell}, '[3-6]\\d{{4}}(\\.\\d+)?') THEN floor(CAST({cell} AS DOUBLE)) END"
        return f"(DATE '1899-12-30' + CAST({whole} AS INTEGER))"  # Excel's day 1 is 1900-01-01, with a false leap day
    return f"CAST(try_strptime({cell}, {text(date_format)}) AS DATE)"


def placement(cell: str, patterns: dict[PlacementType, str]) -> str:
    """The one placement whose pattern the cell matches; NULL where none does, or several do."""
    hits = ", ".join(
        f"CASE WHEN regexp_matches(lower({cell}), {text(pattern)}) THEN {text(kind.value)} END"
        for kind, pattern in patterns.items()
    )
    found = f"list_filter([{hits}], lambda hit: hit IS NOT NULL)"
    return f"CASE WHEN len({found}) = 1 THEN {found}[1] END"
