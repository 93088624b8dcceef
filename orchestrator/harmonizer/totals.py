"""Rows that sum up the report are not delivery."""

import re

TOTALS_PATTERN = r"^(grand|sub|report|overall)?[ -]?totals?\b.*|^(summe|gesamt|gesamtsumme|somme|suma)\b.*|^sum$"
"""RE2 and Python alike, over the lower-case cell. A row is a totals row only if it has no date either."""

_TOTALS = re.compile(TOTALS_PATTERN)


def is_totals_label(cell: str) -> bool:
    return bool(_TOTALS.match(cell.lower()))
