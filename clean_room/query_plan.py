"""From a caller's text or dict to a plan the engine can run, or to a refusal's code, without looking at the data."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from clean_room.policy import Policy
from schemas.clean_room import CleanRoomRequest, Dimension, RefusalCode
from schemas.tasks import PlacementType

# The largest sensible request, every name written out, has some 40 values in three levels.
MOST_VALUES = 200
MOST_DEPTH = 6
LONGEST_TEXT = 256
LONGEST_JSON = 20_000
MOST_DAYS = 1_100  # three years


@dataclass(frozen=True)
class QueryPlan:
    """A request that its retailer's policy permits."""

    request: CleanRoomRequest
    policy: Policy

    @property
    def names_every_placement(self) -> bool:
        return set(self.request.filters.placement_type) == set(PlacementType)


def canonical_json(request: CleanRoomRequest) -> str:
    """The same text for requests that ask the same: names sorted, defaults written out."""
    asked = request.model_dump(mode="json")
    asked["metrics"].sort()
    asked["group_by"].sort()
    asked["filters"]["placement_type"].sort()
    return json.dumps(asked, sort_keys=True)


def is_too_large(params: object) -> bool:
    """Whether a request has more values, depth or text than one needs; costs no more than the limits themselves."""
    left = MOST_VALUES
    waiting: list[tuple[object, int]] = [(params, 0)]
    while waiting:
        value, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > MOST_DEPTH:
            return True
        if isinstance(value, (str, bytes)):
            if len(value) > LONGEST_TEXT:
                return True
        elif isinstance(value, dict):
            if 2 * len(value) > left:
                return True
            waiting += [(part, depth + 1) for pair in value.items() for part in pair]
        elif isinstance(value, (list, tuple, set, frozenset)):
            if len(value) > left:
                return True
            waiting += [(part, depth + 1) for part in value]
        elif isinstance(value, int) and value.bit_length() > 64:
            return True
    return False


def read_request(params: object) -> CleanRoomRequest | RefusalCode:
    """Raises nothing for any value a caller can send."""
    if is_too_large(params):
        return RefusalCode.REQUEST_TOO_LARGE
    try:
        text = json.dumps(params, default=_iso_date, allow_nan=False)
        request = CleanRoomRequest.model_validate_json(text, strict=True)
    except ValidationError as error:
        return _code_for(error)
    except (TypeError, ValueError):
        return RefusalCode.REQUEST_INVALID
    if (request.period.end - request.period.start).days >= MOST_DAYS:
        return RefusalCode.REQUEST_TOO_LARGE
    return request


def read_json(text: str) -> CleanRoomRequest | RefusalCode:
    """As `read_request`, for a request that is still text."""
    if len(text) > LONGEST_JSON:
        return RefusalCode.REQUEST_TOO_LARGE
    try:
        return read_request(json.loads(text))
    except ValueError:
        return RefusalCode.REQUEST_INVALID
    except RecursionError:
        return RefusalCode.REQUEST_TOO_LARGE


def plan_query(request: CleanRoomRequest, policy: Policy) -> QueryPlan | RefusalCode:
    """Only what the policy lists is permitted, each place a field can be named in."""
    permitted = (
        set(request.metrics) <= set(policy.metrics)
        and set(request.group_by) <= set(policy.dimensions)
        and Dimension.PLACEMENT_TYPE in policy.dimensions
        and request.period.grain in policy.grains
    )
    return QueryPlan(request, policy) if permitted else RefusalCode.FIELD_NOT_PERMITTED


def _code_for(error: ValidationError) -> RefusalCode:
    """A blocked field and one that does not exist fail in the same place and get the same code."""
    codes = {
        _code_of(problem["loc"], problem["type"]) for problem in error.errors(include_input=False, include_url=False)
    }
    for code in (RefusalCode.FIELD_NOT_PERMITTED, RefusalCode.NOT_AUTHORISED):
        if code in codes:
            return code
    return RefusalCode.REQUEST_INVALID


def _code_of(place: Sequence[Any], kind: str) -> RefusalCode:
    where = place[0] if place else None
    if (where in ("metrics", "group_by") and kind == "enum") or (where == "filters" and kind == "extra_forbidden"):
        return RefusalCode.FIELD_NOT_PERMITTED
    if where == "retailer_id" and kind != "missing":
        return RefusalCode.NOT_AUTHORISED
    return RefusalCode.REQUEST_INVALID


def _iso_date(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError
