"""Every size, level and switch of the simulated market: the same parameters give the same bytes."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, ValidationError, model_validator

from schemas.base import Frozen
from schemas.brief import validation_message
from schemas.errors import InputInvalid
from schemas.tasks import PlacementType
from schemas.units import Share

MAX_EVENTS = 10_000_000
PAUSE_DAYS = 28
PLACEMENTS = tuple(PlacementType)


class ResponseShape(StrEnum):
    """How the return of a unit of spend falls with the recent level of spend; all agree at the reference level."""

    HILL = "hill"
    LOG = "log"
    ROOT = "root"


class PlacementTraits(Frozen):
    """One placement's delivery, its effect and its bias.

    `mean_return` is incremental revenue per unit of spend at the reference spend, before halo, cannibalisation and
    stock-outs. `over_credit` is what attribution reports per unit of it: 1 is unbiased. Purchases follow exposures
    with geometric `carry_over` per day.
    """

    event_share: Share
    impressions_per_event: float = Field(ge=1)
    click_rate: Share
    cost_per_click: float = Field(gt=0)
    mean_return: float = Field(ge=0)
    over_credit: float = Field(ge=1)
    carry_over: float = Field(ge=0, lt=1)


SEARCH = PlacementTraits(
    event_share=0.40,
    impressions_per_event=12,
    click_rate=0.09,
    cost_per_click=1.60,
    mean_return=2.6,
    over_credit=4.0,
    carry_over=0.20,
)
DISPLAY = PlacementTraits(
    event_share=0.32,
    impressions_per_event=18,
    click_rate=0.055,
    cost_per_click=1.35,
    mean_return=3.4,
    over_credit=2.0,
    carry_over=0.45,
)
NATIVE = PlacementTraits(
    event_share=0.28,
    impressions_per_event=14,
    click_rate=0.07,
    cost_per_click=1.45,
    mean_return=4.4,
    over_credit=1.1,
    carry_over=0.35,
)


class MarketParameters(Frozen):
    """Sizes first, then demand, response, policy, stock and margin. Spreads named `_sigma` are sd of a logarithm.

    Off switches: `promotions`, `stock_limits`, `demand_following = 0` and `promotion_boost = 0` (spend no longer
    follows demand), `over_credit = 1` (unbiased attribution), `margin_sd = 0`, `paused_share = 0`,
    `cannibalisation_share = 0`, `halo_share = 0`.
    """

    seed: int = Field(default=0, ge=0, lt=2**63)
    events: int = Field(default=18_000, ge=2, le=MAX_EVENTS, description="at least one for each brand")
    skus: int = Field(default=100, ge=2, le=2_000)
    retailers: int = Field(default=2, ge=1, le=26)
    days: int = Field(default=90, ge=14, le=730)
    first_day: date = date(2026, 1, 5)
    outlook_days: int = Field(default=28, ge=1, le=180)
    lead_brand_sku_share: Share = 0.60
    lead_brand_event_share: Share = 0.66

    organic_sales_per_spend: float = Field(default=10.0, gt=0, description="organic sales per unit of expected spend")
    size_sigma: float = Field(default=1.3, ge=0, description="Complete Journey grocery: 1.65 over the whole store")
    price_median: float = Field(default=11.0, gt=0)
    price_sigma: float = Field(default=0.45, ge=0)
    shock_sd: float = Field(default=0.15, ge=0)
    shock_persistence: float = Field(default=0.8, ge=0, lt=1)
    overdispersion: float = Field(
        default=0.2, ge=0, description="1/k of the negative binomial whose variance days have"
    )
    season_amplitude: Share = 0.12
    promotions: bool = True
    promotion_rate: Share = Field(default=0.07, description="chance that a promotion starts in a week")

    search: PlacementTraits = SEARCH
    display: PlacementTraits = DISPLAY
    native: PlacementTraits = NATIVE
    response_shape: ResponseShape = ResponseShape.HILL
    half_saturation: float = Field(default=1.5, gt=0, description="median, in multiples of the reference spend")
    half_saturation_sigma: float = Field(default=0.4, ge=0)
    saturation_half_life_days: float = Field(default=7.0, gt=0)
    sku_return_sigma: float = Field(default=0.45, ge=0)
    cell_return_sigma: float = Field(default=0.35, ge=0)
    demand_synergy: Share = Field(default=0.5, description="response grows with the day's demand to this power")
    cannibalisation_share: Share = Field(default=0.20, description="of an SKU's lift, taken from its product line")
    halo_share: Share = Field(default=0.08, description="of an SKU's lift, added to the rest of its category")

    credit_recency_days: float = Field(
        default=4.0, ge=0, description="an exposure's pull on a purchase falls by 1/e in so many days"
    )

    demand_following: float = Field(default=1.0, ge=0, description="spend follows the day's demand to this power")
    promotion_boost: float = Field(default=0.6, ge=0, description="extra spend on promoted SKUs")
    spend_noise_sigma: float = Field(default=0.25, ge=0)
    paused_share: Share = Field(default=0.30, description="of retailer x SKU, ads off in the last 28 days, at random")

    stock_limits: bool = True
    safety_days_median: float = Field(default=4.5, gt=0)
    short_shipment_share: Share = 0.12
    forecast_sigma: float = Field(default=0.15, ge=0)
    margin_mean: float = Field(default=0.30, gt=0, lt=1)
    margin_sd: float = Field(default=0.10, ge=0)
    margin_return_correlation: float = Field(default=0.0, ge=-1, le=1)

    @model_validator(mode="after")
    def _shares_agree(self) -> Self:
        total = sum(traits.event_share for traits in self.placement_traits)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the placements' event shares add up to {total:g}; they must add up to 1")
        if self.margin_sd**2 >= self.margin_mean * (1 - self.margin_mean):
            raise ValueError(f"margin_sd {self.margin_sd:g} is too wide for a share with mean {self.margin_mean:g}")
        return self

    @property
    def placement_traits(self) -> tuple[PlacementTraits, ...]:
        """In the order of `PLACEMENTS`."""
        return self.search, self.display, self.native

    @property
    def retailer_ids(self) -> tuple[str, ...]:
        return tuple(f"retailer_{chr(ord('a') + number)}" for number in range(self.retailers))

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def pause_days(self) -> int:
        """A short history keeps at least half of its days free of pauses."""
        return min(PAUSE_DAYS, self.days // 2)

    @property
    def outlook_window(self) -> tuple[date, date]:
        """From the first Monday after history."""
        start = self.last_day + timedelta(days=7 - self.last_day.weekday())
        return start, start + timedelta(days=self.outlook_days - 1)


def market_parameters(**values: object) -> MarketParameters:
    """Raises InputInvalid naming each value that is out of range."""
    try:
        return MarketParameters.model_validate(values)
    except ValidationError as error:
        raise InputInvalid(validation_message(error, "the market's parameters")) from error
