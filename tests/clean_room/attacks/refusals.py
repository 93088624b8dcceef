"""Fields nobody permitted: whether they are answered, and whether refusals tell which of them exist."""

import json
from math import log2
from typing import Any

from schemas.clean_room import BLOCKED_FIELDS
from tests.clean_room.attacks.asking import AMOUNT, victim
from tests.clean_room.attacks.doors import SECRET, Door, Engine
from tests.clean_room.attacks.learnt import Learnt, of_amounts
from tests.clean_room.worlds import METRICS, PLACEMENTS, exposures, request, with_ids

REAL_BUT_BLOCKED = ("customer_id", "creative_text", "geo_detail", "event_id", "brand_id")
UNKNOWN = ("no_such_field", "loyalty_tier", "events", "row_count", "*")
MISSPELT = (
    "Margin",
    "MARGIN",
    "margin ",
    "m\u0430rgin",
    "customer_i\u0501",
    '"margin"',
    "stock\u200b_level",
    "\uff4dargin",
)
FUNCTIONS = (
    *("min", "max", "any_value", "median", "list", "string_agg", "histogram", "arg_max", "first", "mode"),
    *("max(revenue)", "min(revenue)", "list(customer_id)", "any_value(geo_detail)", "count(*)"),
)


def named_in_every_place(field: str) -> list[dict[str, object]]:
    return [
        request(metrics=[field]),
        request(metrics=[*METRICS, field]),
        request(group_by=[field]),
        request(filters={field: ["x"]}),
        request(filters={"placement_type": list(PLACEMENTS), field: ["x"]}),
    ]


def forbidden_fields(engine: Engine) -> Learnt:
    """Blocked, unknown and misspelt fields and functions in every place a field can be named in."""
    door = engine.open(with_ids(exposures(150)))
    fields = [*BLOCKED_FIELDS, *REAL_BUT_BLOCKED, *UNKNOWN, *MISSPELT, *FUNCTIONS]
    asked = [params for field in fields for params in named_in_every_place(field)]
    answered = sum(door.query(params)["status"] == "ok" for params in asked)
    return Learnt(len(asked), answered, float(answered), "answered", is_useful=_answers(door))


def refusals_as_oracle(engine: Engine) -> Learnt:
    """Which of many names are columns? Replies that differ tell them apart, at most log2 of their number each."""
    door = engine.open(with_ids(exposures(150)))
    fields = [*BLOCKED_FIELDS, *REAL_BUT_BLOCKED, *UNKNOWN, *MISSPELT]
    replies = {json.dumps([door.query(params) for params in named_in_every_place(field)]) for field in fields}
    told = len(replies) - 1
    return Learnt(len(fields) - 1, told, log2(len(replies)), "told apart", is_useful=_answers(door))


def filter_by_person(engine: Engine) -> Learnt:
    """A crowd with and without one household, named by its id in a filter."""
    door = engine.open(with_ids(exposures(150), victim()))
    crowd = [f"household-{number}" for number in range(120)]

    def of_people(names: list[str]) -> int | None:
        answer = door.query(request(metrics=["revenue"], group_by=[], filters={"customer_id": names}))
        told = answer.get("rows") or [{"revenue": None}]
        amount: int | None = told[0]["revenue"]
        return amount

    whole, rest = of_people([*crowd, "victim0-0"]), of_people(crowd)
    guess = whole - rest if whole is not None and rest is not None else None
    return of_amounts([guess], [AMOUNT], is_useful=_answers(door))


def error_text(engine: Engine) -> Learnt:
    """Requests that break something, over whole and over damaged storage; the secret must be in no reply."""
    door = engine.open(with_ids(exposures(150)))
    is_useful = _answers(door)
    engine.damage(door)
    replies = [json.dumps(door.query(params)) for params in _breaking()]
    told = sum(SECRET in reply for reply in replies)
    return Learnt(len(replies), told, float(told), "replies with the secret", is_useful)


def _breaking() -> list[dict[str, object]]:
    return [
        request(),
        request(group_by=[]),
        request(group_by=["sku_id"]),
        request(metrics=["revenue", "cost"]),
        request(metrics=["error(revenue)"]),
        request(metrics=["sum(CAST(revenue AS INTEGER))"]),
        request(metrics=["sum(CAST(revenue AS DATE))"]),
    ]


def _answers(door: Door) -> bool:
    answer: dict[str, Any] = door.query(request())
    return answer["status"] == "ok" and bool(answer["rows"])
