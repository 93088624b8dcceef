"""The wire of the clean room: a typed request, and an answer or a refusal. Both are ordinary results."""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Frozen
from schemas.tasks import PlacementType

ALLOWED_FIELDS = ("date", "placement_type", "impressions", "clicks", "conversions", "revenue", "cost")
BLOCKED_FIELDS = ("customer_id", "margin", "promo_flag", "stock_level", "creative_text", "geo_detail")


class Metric(StrEnum):
    """All are sums; money in micros."""

    IMPRESSIONS = "impressions"
    CLICKS = "clicks"
    CONVERSIONS = "conversions"
    REVENUE = "revenue"
    COST = "cost"


class Dimension(StrEnum):
    DATE = "date"
    PLACEMENT_TYPE = "placement_type"
    SKU_ID = "sku_id"


class Grain(StrEnum):
    """Weeks run Monday to Sunday. A month is the advertising industry's broadcast month, whole weeks that end with the
    calendar month's last Sunday, because calendar months cut weeks and the cut-off days could be told apart."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Mode(StrEnum):
    """`exact`: sums as they are, of enough people. `dp`: noisy sums, of enough people as far as noise lets us tell."""

    EXACT = "exact"
    DP = "dp"


class RefusalCode(StrEnum):
    """Constant codes: a refusal says nothing about the data, nor whether a field exists."""

    REQUEST_INVALID = "REQUEST_INVALID"
    REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"
    FIELD_NOT_PERMITTED = "FIELD_NOT_PERMITTED"
    NOT_AUTHORISED = "NOT_AUTHORISED"
    NOT_ANSWERABLE = "NOT_ANSWERABLE"


class Period(Frozen):
    """Both ends included. Without `date` in `group_by` the grain plays no part."""

    start: date
    end: date
    grain: Grain = Grain.WEEK

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end < self.start:
            raise ValueError("the period ends before it starts")
        return self


class Filters(Frozen):
    placement_type: tuple[PlacementType, ...] = Field(
        default=tuple(PlacementType), min_length=1, max_length=len(PlacementType)
    )


class CleanRoomRequest(Frozen):
    """A question; an answer is a sum of whole atoms that lie inside the period, one row per combination of keys."""

    retailer_id: str = Field(min_length=1, max_length=64)
    metrics: tuple[Metric, ...] = Field(min_length=1, max_length=len(Metric))
    group_by: tuple[Dimension, ...] = Field(default=(), max_length=len(Dimension))
    filters: Filters = Filters()
    period: Period

    @model_validator(mode="after")
    def _names_nothing_twice(self) -> Self:
        for names in (self.metrics, self.group_by, self.filters.placement_type):
            if len(set(names)) < len(names):
                raise ValueError("a field or value is named twice")
        return self


class Answered(Frozen):
    """`rows` hold the group-by keys and the summed metrics of released cells only; a withheld cell has no row.

    `date` is the first day a row counts, as ISO text; money is in micros. In mode `dp` every metric has a companion
    `<metric>_half_width_95`: the sum before noise lies that close in 95 of 100 rows. Noise can make a sum negative.
    """

    status: Literal["ok"] = "ok"
    rows: tuple[dict[str, str | int], ...]
    mode: Mode
    policy_version: str
    latency_ms: int


class Refused(Frozen):
    status: Literal["refused"] = "refused"
    code: RefusalCode
