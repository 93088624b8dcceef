"""The household log: exactly as many exposures as asked for, spread over cells and days as spend was intended.

What was delivered (impressions, clicks, cost) is the sum of this log, cell by cell and day by day.
"""

from dataclasses import dataclass

import numpy as np

from data.market.draws import Draws, Floats, Ints
from data.market.parameters import MarketParameters
from data.market.traits import BrandTraits, cost_per_event
from schemas.units import MICROS_PER_UNIT

EVENTS_PER_HOUSEHOLD = 4  # of all events, per household and retailer: a few thousand households at the default size
MIN_HOUSEHOLDS = 500
ACTIVITY_SHAPE = 0.8  # gamma: a fifth of the households make about half of the exposures
CLICK_COST_SIGMA = 0.25
MICROS_PER_CENT = MICROS_PER_UNIT // 100


@dataclass(frozen=True)
class Exposures:
    """One entry per event, sorted by cell and day. `cell_E` is a flat index into (R, S, P), `shopper_E` into
    (R, household): each retailer knows its own customers."""

    cell_E: Ints
    day_E: Ints
    shopper_E: Ints
    impressions_E: Ints
    clicks_E: Ints
    cost_micros_E: Ints

    def daily(self, values_E: Ints, shape_RSP: tuple[int, int, int], days: int) -> Ints:
        """Sums by (R, S, P, T), exact."""
        sums = np.zeros(int(np.prod(shape_RSP)) * days, dtype=np.int64)
        np.add.at(sums, self.cell_E * days + self.day_E, values_E)
        return sums.reshape(*shape_RSP, days)


def draw_exposures(parameters: MarketParameters, traits: BrandTraits, draws: Draws, intended_RSPT: Floats) -> Exposures:
    random = draws.generator("exposures")
    per_event_P = np.array([cost_per_event(placement) for placement in parameters.placement_traits])
    weights = (intended_RSPT / per_event_P[:, None]).ravel()
    count_C = random.multinomial(traits.events, weights / weights.sum())
    cell_day_E = np.repeat(np.arange(count_C.size), count_C)
    cell_E, day_E = np.divmod(cell_day_E, parameters.days)
    _, skus, placements = traits.shape_RSP
    impressions_E, clicks_E, cost_E = _delivery(parameters, random, cell_E % placements)
    household_E = _households(random, cell_day_E, households_per_retailer(parameters))
    shopper_E = cell_E // (skus * placements) * households_per_retailer(parameters) + household_E
    return Exposures(cell_E, day_E, shopper_E, impressions_E, clicks_E, cost_E)


def households_per_retailer(parameters: MarketParameters) -> int:
    return max(MIN_HOUSEHOLDS, parameters.events // EVENTS_PER_HOUSEHOLD)


def _delivery(parameters: MarketParameters, random: np.random.Generator, placement_E: Ints) -> tuple[Ints, Ints, Ints]:
    """(impressions, clicks, cost in micros); cost is a whole number of cents per click."""
    traits = parameters.placement_traits
    seen_P = np.array([placement.impressions_per_event for placement in traits])
    rate_P = np.array([placement.click_rate for placement in traits])
    price_P = np.array([placement.cost_per_click for placement in traits])
    impressions_E = 1 + random.poisson(seen_P[placement_E] - 1)
    clicks_E = random.binomial(impressions_E, rate_P[placement_E])
    noise_E = random.normal(-(CLICK_COST_SIGMA**2) / 2, CLICK_COST_SIGMA, len(placement_E))
    cents_E = np.maximum(np.rint(price_P[placement_E] * np.exp(noise_E) * 100), 1).astype(np.int64)
    return impressions_E, clicks_E, clicks_E * cents_E * MICROS_PER_CENT


def _households(random: np.random.Generator, cell_day_E: Ints, count: int) -> Ints:
    """Active households more often, but each at most once per cell and day."""
    activity = np.cumsum(random.gamma(ACTIVITY_SHAPE, size=count))
    household_E: Ints = np.searchsorted(activity, random.random(len(cell_day_E)) * activity[-1]).astype(np.int64)
    while len(repeated := _repeated(cell_day_E * count + household_E)):
        household_E[repeated] = random.integers(0, count, len(repeated))
    return household_E


def _repeated(keys: Ints) -> Ints:
    """Positions of every occurrence but the first."""
    is_repeat = np.ones(len(keys), dtype=bool)
    is_repeat[np.unique(keys, return_index=True)[1]] = False
    return np.flatnonzero(is_repeat)
