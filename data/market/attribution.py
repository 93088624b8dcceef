"""What the networks report: purchases credited to exposures, incremental or not.

Of every unit really sold, a placement is credited with its incremental part and with the organic buyers its ads
reached and who clicked; each credited unit goes to one household's exposure at most 30 days back, recent and clicked
ones first. So attributed sales never exceed sales, exposures of the last days of history have not matured yet, and
the longer the window the more it claims.
"""

from dataclasses import dataclass

import numpy as np

from data.market.assignment import LONGEST_WINDOW, WINDOWS, Assignment, Purchases
from data.market.blocks import Block
from data.market.draws import Draws, Floats, Ints
from data.market.exposures import Delivery
from data.market.parameters import MarketParameters
from data.market.response import AdEffect
from data.market.traits import BrandTraits
from schemas.units import MICROS_PER_UNIT

CLICK_WEIGHT = 5  # a click pulls as much as five exposures that were only seen


@dataclass(frozen=True)
class Credit:
    """Per event of one block: whole units, orders and revenue within each window of WINDOWS."""

    units_E: dict[int, Ints]
    orders_E: dict[int, Ints]
    revenue_micros_E: dict[int, Ints]


def attribute(
    parameters: MarketParameters,
    traits: BrandTraits,
    draws: Draws,
    sold_RST: Ints,
    organic_RST: Floats,
    effect: AdEffect,
    price_RST: Floats,
    events_D: Ints,
    clicks_D: Ints,
) -> Assignment:
    """`events_D`, `clicks_D`: what was delivered per cell-day, flat over (R, S, P, T)."""
    random = draws.generator("attribution")
    units_RSPT = _credited_units(traits, random, sold_RST, organic_RST, effect)
    price_micros = np.rint(price_RST * MICROS_PER_UNIT).astype(np.int64)
    return Assignment(
        days=parameters.days,
        placements=traits.shape_RSP[2],
        units_D=units_RSPT.ravel(),
        weight_D=events_D + CLICK_WEIGHT * clicks_D,
        price_micros_CT=price_micros.reshape(-1, parameters.days),
        recency_days=parameters.credit_recency_days,
        stream=random.bit_generator.state,
    )


def credited_share(traits: BrandTraits, organic_RST: Floats, effect: AdEffect) -> Floats:
    """(R, S, P, T): chance that a unit sold is credited to the placement; adds up to at most 1 over placements."""
    organic = organic_RST[:, :, None, :]
    claimed = effect.lift_RSPT + traits.credit_RSP[..., None] * effect.reach_RSPT * organic
    total = organic + effect.lift_RSPT.sum(axis=2, keepdims=True)
    share = np.divide(claimed, total, out=np.zeros_like(claimed), where=total > 0)
    return np.asarray(share / np.maximum(share.sum(axis=2, keepdims=True), 1))


def _credited_units(
    traits: BrandTraits, random: np.random.Generator, sold_RST: Ints, organic_RST: Floats, effect: AdEffect
) -> Ints:
    """A multinomial split of each day's units, drawn as a chain of binomials."""
    share = credited_share(traits, organic_RST, effect)
    left, remaining = sold_RST.copy(), np.ones(sold_RST.shape)
    units = np.zeros(share.shape, dtype=np.int64)
    for placement in range(share.shape[2]):
        chance = np.divide(share[:, :, placement], remaining, out=np.zeros_like(remaining), where=remaining > 1e-9)
        units[:, :, placement] = random.binomial(left, np.clip(chance, 0, 1))
        left = left - units[:, :, placement]
        remaining = remaining - share[:, :, placement]
    return units


def credit(block: Block, delivery: Delivery, purchases: Purchases) -> Credit:
    """Each unit to the event on whose stretch of the cell-day's weight its place falls."""
    ends_E = np.cumsum(1 + CLICK_WEIGHT * delivery.clicks_E)
    first_E = np.searchsorted(delivery.cell_day_E, purchases.exposed_U)
    before_U = np.concatenate([[0], ends_E])[first_E]
    event_U = np.searchsorted(ends_E, before_U + purchases.place_U, side="right")
    return _by_window(event_U, purchases, block.events)


def _by_window(event_U: Ints, purchases: Purchases, events: int) -> Credit:
    units, orders, revenue = {}, {}, {}
    order_key = event_U * LONGEST_WINDOW + purchases.gap_U  # one household's basket of one day
    for window in WINDOWS:
        inside = purchases.gap_U < window
        units[window] = np.bincount(event_U[inside], minlength=events)
        orders[window] = np.bincount(np.unique(order_key[inside]) // LONGEST_WINDOW, minlength=events)
        revenue[window] = np.zeros(events, dtype=np.int64)
        np.add.at(revenue[window], event_U[inside], purchases.price_micros_U[inside])
    return Credit(units, orders, revenue)
