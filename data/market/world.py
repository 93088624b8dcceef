"""One brand's world: history as it happened, and the machinery to let it happen otherwise with the same draws."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from data.market.assignment import Assignment
from data.market.attribution import attribute
from data.market.delivery import Delivered, delivered
from data.market.demand import Days, build_days
from data.market.draws import Bools, Draws, Floats
from data.market.exposures import Exposures, draw_exposures
from data.market.parameters import MarketParameters
from data.market.policy import intended_spend, paused_RST
from data.market.response import AdEffect, ad_effect, spill_RSS, steady_state
from data.market.stock import Supply, Trade, build_supply, longest_order, trade, whole_units
from data.market.traits import BrandTraits, build_traits
from schemas.units import MICROS_PER_UNIT


@dataclass(frozen=True)
class Environment:
    """What no plan can change, from the first day of history; `opening_RS` is that morning's stock."""

    days: Days
    supply: Supply
    spill_RSS: Floats

    @property
    def opening_RS(self) -> Floats:
        return np.asarray(self.supply.level_T[..., 0])


@dataclass(frozen=True)
class History:
    """History as it happened."""

    paused_RST: Bools
    exposures: Exposures
    spend_RSPT: Floats
    effect: AdEffect
    trade: Trade
    assignment: Assignment

    @cached_property
    def delivered(self) -> Delivered:
        return delivered(self.exposures, self.assignment)


@dataclass(frozen=True)
class BrandWorld:
    parameters: MarketParameters
    draws: Draws
    traits: BrandTraits
    history: History
    _environments: dict[int, Environment] = field(repr=False, compare=False)

    @property
    def environment(self) -> Environment:
        """Of history."""
        return self.environment_through(self.parameters.days)

    def environment_through(self, last: int) -> Environment:
        """The same days as history's, continued to day `last` (exclusive, counted from the first of history)."""
        if last not in self._environments:
            self._environments[last] = _environment(self.parameters, self.traits, self.draws, last)
        return self._environments[last]


def build_world(parameters: MarketParameters, catalogue: pd.DataFrame, brand_id: str, events: int) -> BrandWorld:
    draws = Draws(parameters.seed, brand_id)
    traits = build_traits(parameters, catalogue, brand_id, events, draws)
    environment = _environment(parameters, traits, draws, parameters.days)
    history = _history(parameters, draws, traits, environment)
    return BrandWorld(parameters, draws, traits, history, {parameters.days: environment})


def added_demand(lift_RSPT: Floats, spill: Floats) -> Floats:
    """(R, S, T): units a day that ads add to an SKU, its own and its neighbours', less what they take from it."""
    return np.asarray(np.einsum("rit,rij->rjt", lift_RSPT.sum(axis=2), spill))


def demand(organic_RST: Floats, lift_RSPT: Floats, spill: Floats) -> Floats:
    """Units wanted per day; never negative."""
    return np.maximum(organic_RST + added_demand(lift_RSPT, spill), 0)


def committed_deliveries(world: BrandWorld, last: int) -> Floats:
    """(R, S, days after history): what is on its way, and what the supply plan of history's last day will order."""
    first, history = world.parameters.days, world.history
    supply = world.environment_through(last).supply
    planned = trade(
        supply,
        supply.forecast_T[..., first:last],
        opening=history.trade.closing_T[..., -1],
        arriving_T=history.trade.arriving_T[..., first:],
        first=first,
    )
    return planned.arriving_T[..., : last - first]


def _environment(parameters: MarketParameters, traits: BrandTraits, draws: Draws, last: int) -> Environment:
    days = build_days(parameters, traits, draws, last + longest_order(traits))
    return Environment(days, build_supply(parameters, traits, days, draws, last), spill_RSS(parameters, traits))


def _history(parameters: MarketParameters, draws: Draws, traits: BrandTraits, environment: Environment) -> History:
    days, last = environment.days, parameters.days
    paused = paused_RST(parameters, traits, draws)
    exposures = draw_exposures(parameters, traits, draws, intended_spend(parameters, traits, days, draws, paused))
    clicks_D, cost_micros_D = exposures.clicks_and_cost()
    spend = (cost_micros_D / MICROS_PER_UNIT).reshape(*traits.shape_RSP, last)
    effect = ad_effect(parameters, traits, days, steady_state(parameters, traits), spend, first=0)
    organic = days.organic_RST[..., :last]
    wanted = demand(organic, effect.lift_RSPT, environment.spill_RSS)
    traded = trade(environment.supply, wanted, environment.opening_RS)
    sold = whole_units(traded.sales_T)
    assignment = attribute(
        parameters,
        traits,
        draws,
        sold,
        organic,
        effect,
        days.price_RST[..., :last],
        events_D=exposures.events_D,
        clicks_D=clicks_D,
    )
    return History(paused, exposures, spend, effect, traded, assignment)
