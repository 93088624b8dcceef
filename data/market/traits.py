"""What does not change from day to day: how big, how dear, how responsive and how well stocked each cell is.

Axes, also in array names: R retailer, S SKU of one brand, P placement, T day. Money in arrays is in currency units.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import beta

from data.market.draws import Draws, Floats, Ints
from data.market.parameters import MarketParameters, PlacementTraits
from schemas.units import MICROS_PER_UNIT

SIZE_ELASTICITY = 0.9  # spend grows a little slower than sales: big SKUs are a smaller share of spend than of sales
SIZE_SHARED_BY_RETAILERS = 0.9  # of the log-size's sd; the rest is each retailer's own
LONE_EXPOSURES_PER_DAY = 0.25


@dataclass(frozen=True)
class BrandTraits:
    """One brand. `reference_spend_RSP` is per day; `half_RSP` is the daily spend that halves the return."""

    brand_id: str
    retailer_ids: tuple[str, ...]
    sku_ids: tuple[str, ...]
    events: int
    category_S: Ints
    line_S: Ints
    list_price_S: Floats
    retail_price_RS: Floats
    cost_price_RS: Floats
    size_RS: Floats
    reference_spend_RSP: Floats
    return_RSP: Floats
    half_RSP: Floats
    credit_RSP: Floats
    lead_days_RS: Ints
    safety_days_RS: Floats
    review_weekday_RS: Ints
    forecast_bias_RS: Floats

    @property
    def shape_RSP(self) -> tuple[int, int, int]:
        retailers, skus, placements = self.reference_spend_RSP.shape
        return retailers, skus, placements


def cost_per_event(placement: PlacementTraits) -> float:
    return placement.impressions_per_event * placement.click_rate * placement.cost_per_click


def build_traits(
    parameters: MarketParameters, catalogue: pd.DataFrame, brand_id: str, events: int, draws: Draws
) -> BrandTraits:
    own = catalogue[catalogue["brand_id"] == brand_id]
    retailers, skus, placements = parameters.retailers, len(own), len(parameters.placement_traits)
    list_price_S = own["list_price_micros"].to_numpy(dtype=np.float64) / MICROS_PER_UNIT
    sku_return_S = draws.normal("sku return", (skus,))
    retail_price_RS = _retail_price(list_price_S, draws.normal("retail price", (retailers, skus)))
    spend_P = daily_spend(parameters, events)
    size_RS = _size(
        parameters, draws, retail_price_RS, organic_sales=spend_P.sum() * parameters.organic_sales_per_spend
    )
    return_RSP = _return(parameters, draws, sku_return_S, (retailers, skus, placements))
    reference_spend_RSP = _reference_spend(parameters, size_RS * retail_price_RS, return_RSP, spend_P)
    return BrandTraits(
        brand_id=brand_id,
        retailer_ids=parameters.retailer_ids,
        sku_ids=tuple(own["sku_id"]),
        events=events,
        category_S=_codes(own["category"]),
        line_S=_codes(own["category"] + "/" + own["product_line"]),
        list_price_S=list_price_S,
        retail_price_RS=retail_price_RS,
        cost_price_RS=retail_price_RS * (1 - _margin(parameters, draws, sku_return_S)),
        size_RS=size_RS,
        reference_spend_RSP=reference_spend_RSP,
        return_RSP=return_RSP,
        half_RSP=_half_saturation(parameters, draws, reference_spend_RSP),
        credit_RSP=_credit(parameters, draws, spend_P, (retailers, skus, placements)),
        lead_days_RS=draws.generator("lead days").integers(4, 11, (retailers, skus)),
        safety_days_RS=parameters.safety_days_median * np.exp(0.6 * draws.normal("safety days", (retailers, skus))),
        review_weekday_RS=draws.generator("review weekday").integers(0, 7, (retailers, skus)),
        forecast_bias_RS=draws.log_normal("forecast", (retailers, skus), parameters.forecast_sigma),
    )


def daily_spend(parameters: MarketParameters, events: int) -> Floats:
    """Expected spend per placement and day of a brand with so many events."""
    per_event_P = np.array([cost_per_event(placement) for placement in parameters.placement_traits])
    share_P = np.array([placement.event_share for placement in parameters.placement_traits])
    return np.asarray(events / parameters.days * share_P * per_event_P)


def retailer_weights(retailers: int) -> Floats:
    """The first retailer is a little larger than the next; adds up to 1."""
    weights = 0.92 ** np.arange(retailers)
    return np.asarray(weights / weights.sum())


def _retail_price(list_price_S: Floats, normal_RS: Floats) -> Floats:
    return np.maximum(np.round(list_price_S * (1 + 0.03 * normal_RS), 2), 0.5)


def _size(parameters: MarketParameters, draws: Draws, price_RS: Floats, organic_sales: float) -> Floats:
    """Mean organic units per day: log-normal, scaled so that a day's organic sales are `organic_sales`."""
    retailers, skus = price_RS.shape
    own_share = np.sqrt(1 - SIZE_SHARED_BY_RETAILERS**2)
    normal_RS = SIZE_SHARED_BY_RETAILERS * draws.normal("sku size", (skus,)) + own_share * draws.normal(
        "retailer size", (retailers, skus)
    )
    raw_RS = np.exp(parameters.size_sigma * normal_RS) / price_RS
    sales_R = (raw_RS * price_RS).sum(axis=1)
    scale_R = organic_sales * retailer_weights(retailers) / sales_R
    return np.asarray(raw_RS * scale_R[:, None])


def _return(
    parameters: MarketParameters, draws: Draws, sku_return_S: Floats, shape_RSP: tuple[int, int, int]
) -> Floats:
    mean_P = np.array([placement.mean_return for placement in parameters.placement_traits])
    sku_sigma, cell_sigma = parameters.sku_return_sigma, parameters.cell_return_sigma
    spread_RSP = sku_sigma * sku_return_S[None, :, None] + cell_sigma * draws.normal("cell return", shape_RSP)
    return mean_P * np.exp(spread_RSP - (sku_sigma**2 + cell_sigma**2) / 2)


def _reference_spend(parameters: MarketParameters, sales_RS: Floats, return_RSP: Floats, spend_P: Floats) -> Floats:
    """A planner's habit: with the size of sales, leaning to what has looked good, placement totals fixed."""
    favour_RSP = (return_RSP / return_RSP.mean(axis=(0, 1))) ** parameters.return_following
    raw_RSP = (sales_RS**SIZE_ELASTICITY)[:, :, None] * favour_RSP
    return np.asarray(raw_RSP * spend_P / raw_RSP.sum(axis=(0, 1)))


def _half_saturation(parameters: MarketParameters, draws: Draws, reference_spend_RSP: Floats) -> Floats:
    """Grows with the cell's audience, for which its usual spend stands; a lone exposure saturates nobody, so the
    smallest cells still need a few exposures a week to tire theirs."""
    per_event_P = np.array([cost_per_event(placement) for placement in parameters.placement_traits])
    multiple_RSP = parameters.half_saturation * np.exp(
        parameters.half_saturation_sigma * draws.normal("half saturation", reference_spend_RSP.shape)
    )
    return reference_spend_RSP * multiple_RSP + LONE_EXPOSURES_PER_DAY * per_event_P


def _credit(parameters: MarketParameters, draws: Draws, spend_P: Floats, shape_RSP: tuple[int, int, int]) -> Floats:
    """Share of the organic buyers within reach whom attribution credits: what makes the brand's attributed value
    `over_credit` times the incremental one at the reference spend, where 1 / (1 + half_saturation) are in reach."""
    wanted_P = np.array(
        [(placement.over_credit - 1) * placement.mean_return for placement in parameters.placement_traits]
    )
    organic_sales = spend_P.sum() * parameters.organic_sales_per_spend
    share_P = wanted_P * spend_P * (1 + parameters.half_saturation) / organic_sales
    return np.asarray(np.clip(share_P * draws.log_normal("credit", shape_RSP, 0.3), 0, 0.95))


def _margin(parameters: MarketParameters, draws: Draws, sku_return_S: Floats) -> Floats:
    """Beta-distributed share of the regular price, tied to the SKU's return by a Gaussian copula."""
    if parameters.margin_sd == 0:
        return np.full(sku_return_S.shape, parameters.margin_mean)
    correlation = parameters.margin_return_correlation
    mixed_S = correlation * sku_return_S + np.sqrt(1 - correlation**2) * draws.normal("margin", sku_return_S.shape)
    mean = parameters.margin_mean
    concentration = mean * (1 - mean) / parameters.margin_sd**2 - 1
    return np.asarray(beta.ppf(ndtr(mixed_S), mean * concentration, (1 - mean) * concentration))


def _codes(names: pd.Series) -> Ints:
    codes, _ = pd.factorize(names)
    return np.asarray(codes, dtype=np.int64)
