"""What a request means and what would be refused, from the policy alone: no clean room is opened."""

from datetime import date, timedelta
from typing import Literal

from clean_room.answer import asked_spans
from clean_room.calendar import Span
from clean_room.latency import latency_ms
from clean_room.policy import policy_for
from clean_room.query_plan import QueryPlan, plan_query
from clean_room.release import Shape
from clean_room.sql_text import sql_text
from schemas.base import Frozen
from schemas.clean_room import CleanRoomRequest, Dimension, RefusalCode

LONGEST_PERIOD = timedelta(days=35)  # a broadcast month of five weeks
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)  # no event log has other days
MEANING = {
    RefusalCode.REQUEST_INVALID: "not a request, or not in the grammar",
    RefusalCode.REQUEST_TOO_LARGE: "more values, depth, text or days than any question needs",
    RefusalCode.FIELD_NOT_PERMITTED: "names a field this retailer does not list; blocked and unknown ones are alike",
    RefusalCode.NOT_AUTHORISED: "names no retailer that has a policy",
    RefusalCode.NOT_ANSWERABLE: "could not be answered",
}
ONE_ROW = "one row in all"
WHEN_THERE = "a row is the exact sum of its cell; a withheld cell and an empty one have no row"
WHEN_THERE_IN_PART = "the row sums what was released inside the period; with nothing released there is no row"


class Periods(Frozen):
    """The whole periods inside the asked one. A snapshot that begins or ends within a period cuts it to its days."""

    count: int
    first_day: date | None
    last_day: date | None


class Explained(Frozen):
    status: Literal["understood"] = "understood"
    request: CleanRoomRequest
    sql: str
    atoms: Shape
    rows: str
    periods: Periods
    withholding: str
    refused_where: tuple[str, ...]
    policy_version: str
    latency_ms: int


class WouldBeRefused(Frozen):
    status: Literal["refused"] = "refused"
    code: RefusalCode
    meaning: str


def explain(read: CleanRoomRequest | RefusalCode) -> Explained | WouldBeRefused:
    """The refusals that depend on which clean rooms were built are named, since only asking can tell them."""
    plan = plan_of(read)
    if isinstance(plan, RefusalCode):
        return WouldBeRefused(code=plan, meaning=MEANING[plan])
    spans = asked_spans(plan, around(plan))
    return Explained(
        request=plan.request,
        sql=sql_text(plan.request),
        atoms=Shape.SKU if Dimension.SKU_ID in plan.request.group_by else Shape.PLACEMENT,
        rows=_rows(plan.request),
        periods=Periods(
            count=len(spans),
            first_day=spans[0].first if spans else None,
            last_day=spans[-1].last if spans else None,
        ),
        withholding=WHEN_THERE if Dimension.DATE in plan.request.group_by else WHEN_THERE_IN_PART,
        refused_where=(
            f"{RefusalCode.NOT_AUTHORISED}: the brand has no clean room at this retailer",
            f"{RefusalCode.NOT_ANSWERABLE}: it was built under another policy, or the audit cannot be written",
        ),
        policy_version=plan.policy.version,
        latency_ms=latency_ms(plan),
    )


def plan_of(read: CleanRoomRequest | RefusalCode) -> QueryPlan | RefusalCode:
    if isinstance(read, RefusalCode):
        return read
    policy = policy_for(read.retailer_id)
    return plan_query(read, policy) if policy else RefusalCode.NOT_AUTHORISED


def around(plan: QueryPlan) -> Span:
    """A stand-in for the snapshot's days that cuts no period of the plan."""
    period = plan.request.period
    return Span(max(period.start, EARLIEST) - LONGEST_PERIOD, min(period.end, LATEST) + LONGEST_PERIOD)


def _rows(request: CleanRoomRequest) -> str:
    if not request.group_by:
        return ONE_ROW
    keys = [request.period.grain.value if key is Dimension.DATE else key.value for key in request.group_by]
    return f"one row per {' and '.join(keys)}"
