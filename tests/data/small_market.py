"""A market small enough to simulate in a blink, and history run again by the longest way round."""

from functools import cache

import numpy as np

from data.market import Market, MarketParameters, simulate
from data.market.draws import Floats
from data.market.response import ad_effect, steady_state
from data.market.stock import trade
from data.market.world import BrandWorld, demand

SMALL = {"seed": 3, "events": 2_000, "skus": 14, "days": 35, "outlook_days": 14}


@cache
def small_market(**changes: object) -> Market:
    return simulate(MarketParameters.model_validate({**SMALL, **changes}))


def sales_given(world: BrandWorld, spend_RSPT: Floats) -> Floats:
    """(R, S, T): every SKU of the brand simulated from the first day with this spend, the same draws."""
    environment, last = world.environment, world.parameters.days
    start = steady_state(world.parameters, world.traits)
    effect = ad_effect(world.parameters, world.traits, environment.days, start, spend_RSPT, first=0)
    wanted = demand(environment.days.organic_RST[..., :last], effect.lift_RSPT, environment.spill_RSS)
    return trade(environment.supply, wanted, environment.opening_RS).sales_T


def without_cell(spend_RSPT: Floats, retailer: int, sku: int, placement: int) -> Floats:
    changed = np.array(spend_RSPT)
    changed[retailer, sku, placement] = 0
    return changed
