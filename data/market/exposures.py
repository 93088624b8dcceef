"""The household log: exactly as many exposures as asked for, spread over cells and days as spend was intended.

What was delivered (impressions, clicks, cost) is the sum of this log, cell by cell and day by day.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from data.market.blocks import Block, Column, blocks_of, drawn_column
from data.market.draws import Draws, Floats, Ints
from data.market.households import Households, draw_households, households_per_retailer
from data.market.parameters import MarketParameters
from data.market.traits import BrandTraits, cost_per_event
from schemas.units import MICROS_PER_UNIT

CLICK_COST_SIGMA = 0.25
MICROS_PER_CENT = MICROS_PER_UNIT // 100


@dataclass(frozen=True)
class Delivery:
    """Per event of one block, in the order of cells and days. `cell_day_E` is a flat index into (R, S, P, T)."""

    cell_day_E: Ints
    impressions_E: Ints
    clicks_E: Ints
    cost_micros_E: Ints


@dataclass(frozen=True)
class Exposures:
    """The log, ready to be drawn block by block. `events_D` and the sums are per cell-day, flat over (R, S, P, T)."""

    parameters: MarketParameters
    shape_RSP: tuple[int, int, int]
    events_D: Ints
    blocks: tuple[Block, ...]
    impressions: Column
    clicks: Column
    click_noise: Column
    households: Households

    def deliveries(self) -> Iterator[tuple[Block, Delivery]]:
        for block in self.blocks:
            yield block, self.delivery(block)

    def delivery(self, block: Block) -> Delivery:
        """Cost is a whole number of cents per click."""
        price_P = np.array([placement.cost_per_click for placement in self.parameters.placement_traits])
        cell_day_E = _cell_days(self.events_D, block)
        placement_E = self._placement(cell_day_E)
        impressions_E = _impressions(self.parameters, self.impressions.generator(block), placement_E)
        clicks_E = _clicks(self.parameters, self.clicks.generator(block), placement_E, impressions_E)
        noise_E = _click_noise(self.click_noise.generator(block), block.events)
        cents_E = np.maximum(np.rint(price_P[placement_E] * np.exp(noise_E) * 100), 1).astype(np.int64)
        return Delivery(cell_day_E, impressions_E, clicks_E, clicks_E * cents_E * MICROS_PER_CENT)

    def clicks_and_cost(self) -> tuple[Ints, Ints]:
        """Clicks, and cost in micros, per cell-day."""
        clicks_D, cost_micros_D = np.zeros_like(self.events_D), np.zeros_like(self.events_D)
        for _, delivery in self.deliveries():
            np.add.at(clicks_D, delivery.cell_day_E, delivery.clicks_E)
            np.add.at(cost_micros_D, delivery.cell_day_E, delivery.cost_micros_E)
        return clicks_D, cost_micros_D

    def shoppers(self, block: Block) -> Ints:
        """Flat index into (R, household): each retailer knows its own customers."""
        _, skus, placements = self.shape_RSP
        retailer_E = _cell_days(self.events_D, block) // (self.parameters.days * placements * skus)
        return retailer_E * households_per_retailer(self.parameters) + self.households.of(block)

    def _placement(self, cell_day_E: Ints) -> Ints:
        return cell_day_E // self.parameters.days % self.shape_RSP[2]


def draw_exposures(parameters: MarketParameters, traits: BrandTraits, draws: Draws, intended_RSPT: Floats) -> Exposures:
    random = draws.generator("exposures")
    per_event_P = np.array([cost_per_event(placement) for placement in parameters.placement_traits])
    weights = (intended_RSPT / per_event_P[:, None]).ravel()
    events_D = random.multinomial(traits.events, weights / weights.sum())
    blocks = blocks_of(events_D)
    placements = traits.shape_RSP[2]

    def placement(block: Block) -> Ints:
        return _cell_days(events_D, block) // parameters.days % placements

    impressions = drawn_column(random, blocks, lambda block, stream: _impressions(parameters, stream, placement(block)))
    clicks = drawn_column(
        random,
        blocks,
        lambda block, stream: _clicks(
            parameters,
            stream,
            placement(block),
            _impressions(parameters, impressions.generator(block), placement(block)),
        ),
    )
    click_noise = drawn_column(random, blocks, lambda block, stream: _click_noise(stream, block.events))
    households = draw_households(random, blocks, events_D, households_per_retailer(parameters))
    return Exposures(parameters, traits.shape_RSP, events_D, blocks, impressions, clicks, click_noise, households)


def _cell_days(events_D: Ints, block: Block) -> Ints:
    return np.repeat(np.arange(block.first_cell_day, block.last_cell_day), events_D[block.cell_days])


def _impressions(parameters: MarketParameters, random: np.random.Generator, placement_E: Ints) -> Ints:
    seen_P = np.array([placement.impressions_per_event for placement in parameters.placement_traits])
    return np.asarray(1 + random.poisson(seen_P[placement_E] - 1))


def _clicks(parameters: MarketParameters, random: np.random.Generator, placement_E: Ints, impressions_E: Ints) -> Ints:
    rate_P = np.array([placement.click_rate for placement in parameters.placement_traits])
    return np.asarray(random.binomial(impressions_E, rate_P[placement_E]))


def _click_noise(random: np.random.Generator, events: int) -> Floats:
    """Of the logarithm of an event's cost per click; the cost's mean is the placement's."""
    return random.normal(-(CLICK_COST_SIGMA**2) / 2, CLICK_COST_SIGMA, events)
