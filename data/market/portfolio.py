"""The portfolio's truth: history run again with all of a brand's spend taken away, or scaled, and every draw the same.

It is not the sum of the cells' truths: each of those is one cell less beside all the others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.market.draws import Floats, Ints
from data.market.ledger import ACTUAL, LESS, MARGINAL_STEP, MORE, SCALES, WITHOUT, knocked_out
from data.market.response import ad_effect, steady_state
from data.market.stock import SOLD_OUT, Trade, trade
from data.market.world import BrandWorld, demand
from schemas.units import MICROS_PER_UNIT

ALL_RETAILERS = "all"


@dataclass(frozen=True)
class _Scenarios:
    """Axes: SCALES, then R; the last retailer is all of them together."""

    units: Floats
    revenue: Floats
    margin: Floats
    stockout_sku_days: Ints


def portfolio_truth(world: BrandWorld, ledger: pd.DataFrame) -> pd.DataFrame:
    """One row per retailer, and one for all: amounts over history, as in the truth ledger of cells.

    `ledger` is the brand's own, of cells: `sum_of_cells_*` is what its incremental amounts add up to.
    `wasted_spend_micros` was spent on SKU-days that closed with nothing on the shelf. Marginal amounts are per unit of
    spend added at x1.1 and lost at x0.9.
    """
    scenarios = _scenarios(world)
    spend_RSPT = world.history.spend_RSPT
    spend = _with_total(spend_RSPT.sum(axis=(1, 2, 3)))
    is_out_RST = world.history.trade.closing_T < SOLD_OUT
    wasted = _with_total((spend_RSPT * is_out_RST[:, :, None, :]).sum(axis=(1, 2, 3)))
    cells = ledger.groupby("retailer_id", sort=False)
    step = np.where(spend > 0, spend, np.nan) * MARGINAL_STEP
    return pd.DataFrame(
        {
            "brand_id": world.traits.brand_id,
            "retailer_id": [*world.traits.retailer_ids, ALL_RETAILERS],
            "spend_micros": _micros(spend),
            "incremental_units": knocked_out(scenarios.units.T),
            "incremental_revenue_micros": _micros(knocked_out(scenarios.revenue.T)),
            "incremental_margin_micros": _micros(knocked_out(scenarios.margin.T)),
            "sum_of_cells_revenue_micros": _with_total(cells["incremental_revenue_micros"].sum().to_numpy()),
            "sum_of_cells_margin_micros": _with_total(cells["incremental_margin_micros"].sum().to_numpy()),
            "attributed_revenue_micros": _with_total(cells["attributed_revenue_micros"].sum().to_numpy()),
            "marginal_revenue_up": (scenarios.revenue[MORE] - scenarios.revenue[ACTUAL]) / step,
            "marginal_revenue_down": (scenarios.revenue[ACTUAL] - scenarios.revenue[LESS]) / step,
            "marginal_margin_up": (scenarios.margin[MORE] - scenarios.margin[ACTUAL]) / step,
            "marginal_margin_down": (scenarios.margin[ACTUAL] - scenarios.margin[LESS]) / step,
            "stockout_sku_days": scenarios.stockout_sku_days[ACTUAL],
            "stockout_sku_days_without_spend": scenarios.stockout_sku_days[WITHOUT],
            "wasted_spend_micros": _micros(wasted),
        }
    )


def _scenarios(world: BrandWorld) -> _Scenarios:
    days, last = world.environment.days, world.parameters.days
    price_RST = days.price_RST[..., :last]
    traded = [_traded(world, scale) for scale in SCALES]

    def by_retailer(value_RST: Floats) -> Floats:
        return np.array([_with_total((outcome.sales_T * value_RST).sum(axis=(1, 2))) for outcome in traded])

    return _Scenarios(
        units=by_retailer(np.ones_like(price_RST)),
        revenue=by_retailer(price_RST),
        margin=by_retailer(price_RST * days.margin_RST[..., :last]),
        stockout_sku_days=np.array(
            [_with_total((outcome.closing_T < SOLD_OUT).sum(axis=(1, 2))) for outcome in traded]
        ),
    )


def _traded(world: BrandWorld, scale: float) -> Trade:
    environment, last = world.environment, world.parameters.days
    start = steady_state(world.parameters, world.traits)
    effect = ad_effect(world.parameters, world.traits, environment.days, start, world.history.spend_RSPT * scale, 0)
    wanted = demand(environment.days.organic_RST[..., :last], effect.lift_RSPT, environment.spill_RSS)
    return trade(environment.supply, wanted, environment.opening_RS)


def _with_total(values_R: NDArray[Any]) -> NDArray[Any]:
    """(R + 1): the retailers and their sum."""
    return np.append(values_R, values_R.sum())


def _micros(amounts: Floats) -> Ints:
    return np.rint(amounts * MICROS_PER_UNIT).astype(np.int64)
