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


class FeedLag(StrEnum):
    """What a late feed shows for the days it does not know yet."""

    MISSING = "missing"
    CARRIED_FORWARD = "carried_forward"


class PlacementTraits(Frozen):
    """One placement's delivery, its effect and its bias."""

    event_share: Share = Field(description="of the brand's events")
    impressions_per_event: float = Field(ge=1, description="mean of a shifted Poisson")
    click_rate: Share = Field(description="clicks per impression")
    cost_per_click: float = Field(gt=0, description="mean, in the market's currency; each event's differs by sd 0.25")
    mean_return: float = Field(
        ge=0,
        description="incremental revenue per unit of spend at the reference spend, before halo, cannibalisation and "
        "stock-outs",
    )
    over_credit: float = Field(
        ge=1, description="attributed over incremental value at the reference spend; 1: unbiased"
    )
    carry_over: float = Field(ge=0, lt=1, description="share of an ad's purchases still to come that waits another day")


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
    """Sizes first, then demand, response, attribution, policy, stock, margin and the private feed.

    Names ending in `_sigma` are standard deviations of a logarithm. `data.market.mechanisms` says which belong together
    and what switches each mechanism off.
    """

    seed: int = Field(default=0, ge=0, lt=2**63, description="of every draw")
    events: int = Field(default=18_000, ge=2, le=MAX_EVENTS, description="rows of the log, at least one for each brand")
    skus: int = Field(default=100, ge=2, le=2_000, description="of both brands together")
    retailers: int = Field(default=2, ge=1, le=26, description="the first is a little larger than the next")
    days: int = Field(default=90, ge=14, le=730, description="of history")
    first_day: date = Field(default=date(2026, 1, 5), description="of history")
    outlook_days: int = Field(default=28, ge=1, le=180, description="of the campaign window after history")
    lead_brand_sku_share: Share = Field(default=0.60, description="of SKUs, the first brand's")
    lead_brand_event_share: Share = Field(default=0.66, description="of events, the first brand's")

    organic_sales_per_spend: float = Field(default=10.0, gt=0, description="organic sales per unit of expected spend")
    size_sigma: float = Field(default=1.3, ge=0, description="of an SKU's sales at a retailer")
    price_median: float = Field(default=11.0, gt=0, description="list price")
    price_sigma: float = Field(default=0.45, ge=0, description="of list prices")
    weekday_strength: float = Field(default=1.0, ge=0, description="power of the weekday pattern, 0.90 to 1.15")
    season_amplitude: Share = Field(default=0.12, description="of a yearly sine; each category peaks at another time")
    holiday_lift: float = Field(default=0.0, ge=0, description="extra demand on a US federal holiday and 3 days before")
    shock_sd: float = Field(default=0.15, ge=0, description="of a retailer x SKU's log-demand around its mean, AR(1)")
    shock_persistence: float = Field(default=0.8, ge=0, lt=1, description="of that shock from day to day")
    overdispersion: float = Field(
        default=0.2, ge=0, description="1/k of the negative binomial whose variance days have; 0: Poisson's"
    )
    promotions: bool = Field(default=True, description="whether there are any")
    promotion_rate: Share = Field(default=0.07, description="chance that a promotion starts in a week")
    promotion_shallowest: Share = Field(default=0.15, description="discount; depths are uniform from here")
    promotion_deepest: Share = Field(default=0.35, description="discount; depths are uniform up to here")
    promotion_lift: float = Field(default=5.0, ge=0, description="extra demand per depth: 20 % off doubles demand")
    promotion_two_weeks_share: Share = Field(default=0.3, description="of promotions, last two weeks instead of one")

    search: PlacementTraits = Field(default=SEARCH, description="sponsored search")
    display: PlacementTraits = Field(default=DISPLAY, description="sponsored display")
    native: PlacementTraits = Field(default=NATIVE, description="sponsored native")
    sku_return_sigma: float = Field(default=0.45, ge=0, description="of an SKU's return, in all its cells")
    cell_return_sigma: float = Field(default=0.35, ge=0, description="of a cell's return, on top of its SKU's")
    saturation: bool = Field(default=True, description="whether returns fall with spend")
    response_shape: ResponseShape = Field(default=ResponseShape.HILL, description="how they fall")
    half_saturation: float = Field(default=1.5, gt=0, description="median, in multiples of the reference spend")
    half_saturation_sigma: float = Field(default=0.4, ge=0, description="of a cell's half-saturation")
    saturation_half_life_days: float = Field(default=7.0, gt=0, description="of the spend an audience is tired of")
    demand_synergy: Share = Field(default=0.5, description="response grows with the day's demand to this power")
    cannibalisation_share: Share = Field(default=0.20, description="of an SKU's lift, taken from its product line")
    halo_share: Share = Field(default=0.08, description="of an SKU's lift, added to the rest of its category")

    credit_recency_days: float = Field(
        default=4.0, ge=0, description="an exposure's pull on a purchase falls by 1/e in so many days; 0: same day only"
    )

    demand_following: float = Field(default=1.0, ge=0, description="spend follows the day's demand to this power")
    promotion_boost: float = Field(default=0.6, ge=0, description="extra spend on promoted SKUs")
    return_following: Share = Field(default=0.5, description="spend leans to cells by their past return to this power")
    spend_noise_sigma: float = Field(default=0.25, ge=0, description="of a cell's spend in a week")
    paused_share: Share = Field(default=0.30, description="of retailer x SKU, ads off in the last 28 days, at random")

    stock_limits: bool = Field(default=True, description="whether shelves can be empty")
    safety_days_median: float = Field(default=4.5, gt=0, description="days of demand ordered on top")
    short_shipment_share: Share = Field(default=0.12, description="of orders, shipped 20 to 80 % full")
    forecast_sigma: float = Field(default=0.15, ge=0, description="of a retailer x SKU's forecast over its true mean")
    margin_mean: float = Field(default=0.30, gt=0, lt=1, description="of margins, as a share of the regular price")
    margin_sd: float = Field(default=0.10, ge=0, description="of SKUs' margins, Beta-distributed")
    margin_return_correlation: float = Field(
        default=0.0, ge=-1, le=1, description="of an SKU's margin with its return, by a Gaussian copula"
    )

    feed_lag_days: int = Field(default=0, ge=0, description="last days of history that the private feed does not know")
    feed_lag: FeedLag = Field(default=FeedLag.MISSING, description="what it shows for them")
    feed_error_share: Share = Field(default=0.0, description="of the private feed's and the outlook's rows, wrong")
    feed_error_factor: float = Field(
        default=2.0, ge=1, description="a wrong row's amounts are this many times too high, or too low, at even odds"
    )

    @model_validator(mode="after")
    def _shares_agree(self) -> Self:
        total = sum(traits.event_share for traits in self.placement_traits)
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the placements' event shares add up to {total:g}; they must add up to 1")
        if self.margin_sd**2 >= self.margin_mean * (1 - self.margin_mean):
            raise ValueError(f"margin_sd {self.margin_sd:g} is too wide for a share with mean {self.margin_mean:g}")
        if self.promotion_shallowest > self.promotion_deepest:
            raise ValueError(
                f"promotion_shallowest {self.promotion_shallowest:g} is deeper than promotion_deepest "
                f"{self.promotion_deepest:g}"
            )
        if self.feed_lag_days >= self.days:
            raise ValueError(f"feed_lag_days {self.feed_lag_days} leaves nothing of a history of {self.days} days")
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
