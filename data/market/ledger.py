"""The truth ledger: history run again with one cell's spend taken away, or scaled, and every draw the same."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.market.draws import Floats, Ints
from data.market.keys import cell_columns
from data.market.response import ad_effect, steady_state
from data.market.stock import trade
from data.market.world import BrandWorld, added_demand
from schemas.units import MICROS_PER_UNIT

MARGINAL_STEP = 0.1
SCALES = (0.0, 1 - MARGINAL_STEP, 1.0, 1 + MARGINAL_STEP)
WITHOUT, LESS, ACTUAL, MORE = range(len(SCALES))
CHUNK_NUMBERS = 4_000_000  # array entries simulated together


@dataclass(frozen=True)
class _Totals:
    """Sales of a whole category at one retailer while one of its cells is scaled.

    Axes: (R, S, P) of the scaled cell, then SCALES. `own_revenue` is of the cell's own SKU.
    """

    units: Floats
    revenue: Floats
    margin: Floats
    own_revenue: Floats


def truth_ledger(world: BrandWorld) -> pd.DataFrame:
    """One row per cell. Incremental amounts are the brand's (the SKU and its category neighbours at the retailer), over
    history; `own_incremental_revenue_micros` is the SKU's alone; `marginal_*_up` and `_down` are per unit of
    spend added at x1.1 and lost at x0.9, NaN without spend. Attributed without a suffix: within 14 days."""
    history, traits, totals = world.history, world.traits, _scaled_totals(world)
    spend_RSP = history.spend_RSPT.sum(axis=-1)
    step = np.where(spend_RSP > 0, spend_RSP, np.nan) * MARGINAL_STEP
    return pd.DataFrame(
        {
            **cell_columns(world),
            "spend_micros": _micros(spend_RSP),
            "incremental_units": knocked_out(totals.units).ravel(),
            "incremental_revenue_micros": _micros(knocked_out(totals.revenue)),
            "incremental_margin_micros": _micros(knocked_out(totals.margin)),
            "own_incremental_revenue_micros": _micros(knocked_out(totals.own_revenue)),
            **{
                f"attributed_{name}": history.delivered.over_history(name, traits.shape_RSP).ravel()
                for name in ("revenue_micros", "revenue_micros_7d", "revenue_micros_30d")
            },
            "marginal_revenue_up": ((totals.revenue[..., MORE] - totals.revenue[..., ACTUAL]) / step).ravel(),
            "marginal_revenue_down": ((totals.revenue[..., ACTUAL] - totals.revenue[..., LESS]) / step).ravel(),
            "marginal_margin_up": ((totals.margin[..., MORE] - totals.margin[..., ACTUAL]) / step).ravel(),
            "marginal_margin_down": ((totals.margin[..., ACTUAL] - totals.margin[..., LESS]) / step).ravel(),
        }
    )


def knocked_out(totals: Floats) -> Floats:
    """What the spend brought; SCALES on the last axis."""
    return np.asarray(totals[..., ACTUAL] - totals[..., WITHOUT])


def _micros(amounts: Floats) -> Ints:
    return np.rint(amounts.ravel() * MICROS_PER_UNIT).astype(np.int64)


def _scaled_totals(world: BrandWorld) -> _Totals:
    """Only the category of the scaled cell is run again: nothing else can change."""
    shape = (*world.traits.shape_RSP, len(SCALES))
    totals = _Totals(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape))
    change = _lift_changes(world)
    for retailer in range(shape[0]):
        for category in np.unique(world.traits.category_S):
            skus = np.flatnonzero(world.traits.category_S == category)
            for advertised in _portions(skus, shape[2] * len(SCALES) * len(skus) * world.parameters.days):
                _run_again(world, totals, change[retailer, advertised], retailer, skus, advertised)
    return totals


def _lift_changes(world: BrandWorld) -> Floats:
    """(R, S, P, T, scales): how a cell's own lift differs from history's when its spend is scaled."""
    history, start = world.history, steady_state(world.parameters, world.traits)
    days = world.environment.days
    return np.stack(
        [
            ad_effect(world.parameters, world.traits, days, start, history.spend_RSPT * scale, 0).lift_RSPT
            - history.effect.lift_RSPT
            for scale in SCALES
        ],
        axis=-1,
    )


def _portions(skus: Ints, numbers_per_sku: int) -> Iterator[Ints]:
    at_once = max(1, CHUNK_NUMBERS // numbers_per_sku)
    for start in range(0, len(skus), at_once):
        yield skus[start : start + at_once]


def _run_again(
    world: BrandWorld, totals: _Totals, change_SPTN: Floats, retailer: int, skus: Ints, advertised: Ints
) -> None:
    """Scenario axes: advertised SKU, placement, scale; then the category's SKUs and days."""
    environment, days, last = world.environment, world.environment.days, world.parameters.days
    added = added_demand(world.history.effect.lift_RSPT[[retailer]], environment.spill_RSS[[retailer]])[0, skus]
    spill = environment.spill_RSS[retailer][np.ix_(advertised, skus)]
    changed = np.einsum("iptn,ij->ipnjt", change_SPTN, spill)
    wanted = np.maximum(days.organic_RST[retailer, skus, :last] + added + changed, 0)
    sales = trade(environment.supply.of(retailer, skus), wanted, environment.opening_RS[retailer, skus]).sales_T
    price = days.price_RST[retailer, skus, :last]
    margin = price * days.margin_RST[retailer, skus, :last]
    totals.units[retailer, advertised] = sales.sum(axis=(-1, -2))
    totals.revenue[retailer, advertised] = np.einsum("ipnjt,jt->ipn", sales, price)
    totals.margin[retailer, advertised] = np.einsum("ipnjt,jt->ipn", sales, margin)
    own = np.searchsorted(skus, advertised)
    totals.own_revenue[retailer, advertised] = np.einsum(
        "ipnt,it->ipn", sales[np.arange(len(own)), :, :, own], price[own]
    )
