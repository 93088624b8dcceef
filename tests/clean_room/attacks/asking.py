"""How an attacker asks: through `query` alone, and reading only what comes back."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pandas as pd

from tests.clean_room.attacks.doors import Door
from tests.clean_room.worlds import MONDAY, PLACEMENTS, exposures, request

SEARCH, DISPLAY, NATIVE = PLACEMENTS
AMOUNT = 987_650_000
"""What each victim spent, in micros; every other household spent 5,000,000."""
ALWAYS = ("2026-01-01", "2026-12-31")


def day(number: int) -> date:
    return MONDAY + timedelta(days=number)


def victim(number: int = 0, **where: Any) -> pd.DataFrame:
    """One event of one household, which spent AMOUNT and as many micros more as its number."""
    return exposures(1, person_prefix=f"victim{number}", revenue_micros=AMOUNT + number, **where)


def rows(
    door: Door,
    *group_by: str,
    placements: Sequence[str] = PLACEMENTS,
    days: Sequence[Any] = ALWAYS,
    grain: str = "day",
    metric: str = "revenue",
) -> list[dict[str, Any]]:
    """The rows of an answer about one metric at retailer_a; none for a refusal or an error."""
    start, end = map(str, days)
    asked = request(
        metrics=[metric],
        group_by=list(group_by),
        filters={"placement_type": list(placements)},
        period={"start": start, "end": end, "grain": grain},
    )
    answer = door.query(asked)
    found: list[dict[str, Any]] = answer.get("rows", [])
    return found


def total(door: Door, **about: Any) -> int | None:
    """The sum in one number, or None when it is withheld."""
    told = rows(door, **about)
    return int(told[0]["revenue"]) if told else None


def less(whole: int | None, *parts: int | None) -> int | None:
    """A difference, where all its terms were told."""
    if whole is None or None in parts:
        return None
    return whole - sum(part for part in parts if part is not None)


def every_question(last_day: int, subsets: int = 3, every_period: bool = False) -> Iterator[dict[str, Any]]:
    """The typed questions of the first `last_day` + 1 days, about up to `subsets` placements and about all.

    Leaves out only which metrics are asked together, which no answer depends on.
    """
    whole = (day(0), day(last_day))
    parts = [(day(0), day(last_day // 2)), (day(last_day // 2 + 1), day(last_day))]
    if every_period:
        parts = [(day(first), day(last)) for last in range(last_day + 1) for first in range(last + 1)]
    sizes = sorted({*range(1, subsets + 1), len(PLACEMENTS)})
    for placements in (some for size in sizes for some in combinations(PLACEMENTS, size)):
        for keys in ((), ("placement_type",), ("sku_id",), ("sku_id", "placement_type")):
            for days in (whole, *parts) if every_period or not keys else (whole,):
                yield {"keys": keys, "placements": placements, "days": days, "grain": "month"}
        for grain in ("day", "week", "month"):
            for keys in (("date",), ("date", "placement_type")):
                yield {"keys": keys, "placements": placements, "days": whole, "grain": grain}


def asked_rows(door: Door, question: dict[str, Any], metric: str = "revenue") -> list[dict[str, Any]]:
    how = {name: value for name, value in question.items() if name != "keys"}
    return rows(door, *question["keys"], metric=metric, **how)


def transcript(door: Door, last_day: int = 13) -> str:
    """All that is said in answer to the questions about all placements, as text."""
    return json.dumps([asked_rows(door, question) for question in every_question(last_day, subsets=0)])
