"""Stock: weekly orders up to a forecast level, a lead time, short shipments; sales stop where stock does.

Within history a retailer reorders what sold, in every scenario. Deliveries of the weeks after are committed on the last
day of history, on the forecast: a plan that sells more than that runs out.
"""

from dataclasses import dataclass

import numpy as np

from data.market.demand import Days
from data.market.draws import Bools, Draws, Floats, Ints
from data.market.parameters import MarketParameters
from data.market.traits import BrandTraits

REVIEW_DAYS = 7
UNLIMITED = 1e9
FILL_WHEN_SHORT = (0.2, 0.8)
SOLD_OUT = 1e-6  # less than this is nothing on the shelf


@dataclass(frozen=True)
class Supply:
    """How a retailer reorders, each evening: up to `level`, if it is the SKU's review day, of which `filled` is shipped
    and arrives `lead_days` later, in the morning. Leading axes are the SKUs', days last."""

    level_T: Floats
    is_review_T: Bools
    filled_T: Floats
    lead_days: Ints
    forecast_T: Floats

    def of(self, retailer: int, skus: Ints) -> "Supply":
        return Supply(
            self.level_T[retailer, skus],
            self.is_review_T[retailer, skus],
            self.filled_T[retailer, skus],
            self.lead_days[retailer, skus],
            self.forecast_T[retailer, skus],
        )


@dataclass(frozen=True)
class Trade:
    """`arriving_T` reaches past the last day by the longest lead time: what is already on its way."""

    sales_T: Floats
    closing_T: Floats
    arriving_T: Floats


def build_supply(parameters: MarketParameters, traits: BrandTraits, days: Days, draws: Draws, last: int) -> Supply:
    """For days up to `last` (exclusive); `days` must reach `longest_order` days further."""
    usual_sales_RS = traits.size_RS * traits.retail_price_RS
    added_RS = (traits.return_RSP * traits.reference_spend_RSP).sum(axis=2)
    forecast_RST = days.forecast_RST * (1 + added_RS / usual_sales_RS)[..., None]
    if parameters.stock_limits:
        level_RST = np.stack([_order_up_to(traits, forecast_RST, day + 1) for day in range(last)], axis=-1)
    else:
        level_RST = np.full((*traits.size_RS.shape, last), UNLIMITED)
    return Supply(
        level_T=level_RST,
        is_review_T=traits.review_weekday_RS[..., None] == np.arange(last) % REVIEW_DAYS,
        filled_T=_filled(parameters, draws, traits.size_RS.shape, last),
        lead_days=traits.lead_days_RS,
        forecast_T=forecast_RST,
    )


def longest_order(traits: BrandTraits) -> int:
    """Days an order-up-to level looks ahead, at most."""
    return int(traits.lead_days_RS.max()) + REVIEW_DAYS + 1


def trade(supply: Supply, demand_T: Floats, opening: Floats, arriving_T: Floats | None = None, first: int = 0) -> Trade:
    """Sell and reorder, day by day from `first`. More axes may lead those of `supply`: scenarios run together."""
    last, longest = demand_T.shape[-1], int(supply.lead_days.max())
    due_T = np.zeros((*demand_T.shape[:-1], last + longest))
    if arriving_T is not None:
        due_T[..., : arriving_T.shape[-1]] = arriving_T[..., : due_T.shape[-1]]
    sales_T, closing_T = np.empty_like(demand_T), np.empty_like(demand_T)
    stock = np.broadcast_to(opening, demand_T.shape[:-1]).copy()
    on_order = due_T.sum(axis=-1)
    position = np.indices(supply.lead_days.shape)
    for day in range(last):
        stock += due_T[..., day]
        on_order -= due_T[..., day]
        sales_T[..., day] = np.minimum(demand_T[..., day], stock)
        stock -= sales_T[..., day]
        closing_T[..., day] = stock
        at = first + day
        wanted = np.maximum(supply.level_T[..., at] - stock - on_order, 0) * supply.is_review_T[..., at]
        shipped = wanted * supply.filled_T[..., at]
        due_T[(..., *position, day + supply.lead_days)] += shipped
        on_order += shipped
    return Trade(sales_T, closing_T, due_T)


def sell(demand_T: Floats, arriving_T: Floats, opening: Floats) -> tuple[Floats, Floats]:
    """(sales, closing stock) per day when deliveries are settled."""
    sales_T, closing_T = np.empty_like(demand_T), np.empty_like(demand_T)
    stock = opening.copy()
    for day in range(demand_T.shape[-1]):
        stock += arriving_T[..., day]
        sales_T[..., day] = np.minimum(demand_T[..., day], stock)
        stock -= sales_T[..., day]
        closing_T[..., day] = stock
    return sales_T, closing_T


def whole_units(sales_RST: Floats) -> Ints:
    """Real-valued sales as whole units whose running total never runs ahead of the real one."""
    total = np.floor(np.cumsum(sales_RST, axis=-1) + SOLD_OUT)
    return np.diff(total, axis=-1, prepend=0).astype(np.int64)


def whole_stock(closing_RST: Floats) -> Ints:
    """Whole units on the shelf; 0 exactly when sold out."""
    return np.ceil(closing_RST - SOLD_OUT).astype(np.int64)


def _order_up_to(traits: BrandTraits, forecast_RST: Floats, day: int) -> Floats:
    """Forecast demand until the next order could arrive, and the safety days on top."""
    ahead_RS = traits.lead_days_RS + REVIEW_DAYS
    window_RST = forecast_RST[..., day : day + int(ahead_RS.max())]
    covered = np.arange(window_RST.shape[-1]) < ahead_RS[..., None]
    return np.asarray(
        (window_RST * covered).sum(axis=-1) + traits.safety_days_RS * window_RST[..., :REVIEW_DAYS].mean(axis=-1)
    )


def _filled(parameters: MarketParameters, draws: Draws, shape: tuple[int, ...], days: int) -> Floats:
    low, high = FILL_WHEN_SHORT
    is_short = draws.uniform_by_day("short shipment", shape, days) < parameters.short_shipment_share
    return np.where(is_short, low + (high - low) * draws.uniform_by_day("fill", shape, days), 1.0)
