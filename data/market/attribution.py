"""What the networks report: purchases credited to exposures, incremental or not.

Of every unit really sold, a placement is credited with its incremental part and with the organic buyers its ads
reached and who clicked; each credited unit goes to one household's exposure at most 30 days back, recent and clicked
ones first. So attributed sales never exceed sales, and exposures of the last days of history have not matured yet.
"""

from dataclasses import dataclass

import numpy as np

from data.market.draws import Draws, Floats, Ints
from data.market.exposures import Exposures
from data.market.response import AdEffect
from data.market.traits import BrandTraits
from schemas.units import MICROS_PER_UNIT

WINDOWS = (7, 14, 30)
LONGEST_WINDOW = max(WINDOWS)
RECENCY_DAYS = 4.0  # an exposure's pull on a purchase falls by 1/e in this many days
CLICK_WEIGHT = 5  # a click pulls as much as five exposures that were only seen
CHUNK = 200_000  # credited units looked at together


@dataclass(frozen=True)
class Credit:
    """Per event, in the order of Exposures: whole units, orders and revenue within each window of WINDOWS."""

    units_E: dict[int, Ints]
    orders_E: dict[int, Ints]
    revenue_micros_E: dict[int, Ints]


@dataclass(frozen=True)
class _Purchases:
    """Credited units, each with the event that got it and the days in between; both of equal length."""

    event_U: Ints
    gap_U: Ints
    price_micros_U: Ints


def credit(
    traits: BrandTraits,
    draws: Draws,
    exposures: Exposures,
    sold_RST: Ints,
    organic_RST: Floats,
    effect: AdEffect,
    price_RST: Floats,
) -> Credit:
    random = draws.generator("attribution")
    units_RSPT = _credited_units(traits, random, sold_RST, organic_RST, effect)
    purchases = _assigned(random, exposures, units_RSPT, price_RST)
    return _by_window(purchases, len(exposures.day_E))


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


def _assigned(random: np.random.Generator, exposures: Exposures, units_RSPT: Ints, price_RST: Floats) -> _Purchases:
    """Each credited unit's event; units without an exposure in the longest window go to nobody."""
    days, placements = units_RSPT.shape[-1], units_RSPT.shape[2]
    weight_E = 1 + CLICK_WEIGHT * exposures.clicks_E
    ends = np.cumsum(weight_E)
    cell_days = units_RSPT.size
    weight_D = np.zeros(cell_days, dtype=np.int64)
    np.add.at(weight_D, exposures.cell_E * days + exposures.day_E, weight_E)
    start_D = np.cumsum(weight_D) - weight_D
    cell_day_U = np.repeat(np.arange(cell_days), units_RSPT.ravel())
    parts = [
        _assigned_chunk(random, part, days, weight_D, start_D, ends)
        for part in np.array_split(cell_day_U, max(1, -(-len(cell_day_U) // CHUNK)))
    ]
    kept_U, gap_U, event_U = (np.concatenate(column) for column in zip(*parts, strict=True))
    cell_U, day_U = np.divmod(kept_U, days)
    price_micros = np.rint(price_RST * MICROS_PER_UNIT).astype(np.int64).reshape(-1, days)
    return _Purchases(event_U, gap_U, price_micros[cell_U // placements, day_U])


def _assigned_chunk(
    random: np.random.Generator, cell_day_U: Ints, days: int, weight_D: Ints, start_D: Ints, ends: Ints
) -> tuple[Ints, Ints, Ints]:
    """(cell-day of purchase, gap, event) of the units that some exposure gets."""
    gap_G = np.arange(LONGEST_WINDOW)
    exposed_UG = cell_day_U[:, None] - gap_G
    within = gap_G <= (cell_day_U % days)[:, None]
    pull_UG = np.cumsum(np.where(within, weight_D[exposed_UG], 0) * np.exp(-gap_G / RECENCY_DAYS), axis=1)
    total_U = pull_UG[:, -1]
    target_U = random.random(len(cell_day_U)) * total_U
    gap_U = (pull_UG <= target_U[:, None]).sum(axis=1)
    found = (total_U > 0) & (gap_U < LONGEST_WINDOW)
    cell_day_U, gap_U = cell_day_U[found], gap_U[found]
    exposed_U = cell_day_U - gap_U
    place_U = start_D[exposed_U] + random.integers(0, weight_D[exposed_U])
    event_U = np.searchsorted(ends, place_U, side="right")
    return cell_day_U, gap_U, event_U


def _by_window(purchases: _Purchases, events: int) -> Credit:
    units, orders, revenue = {}, {}, {}
    order_key = purchases.event_U * LONGEST_WINDOW + purchases.gap_U  # one household's basket of one day
    for window in WINDOWS:
        inside = purchases.gap_U < window
        event_U = purchases.event_U[inside]
        units[window] = np.bincount(event_U, minlength=events)
        orders[window] = np.bincount(np.unique(order_key[inside]) // LONGEST_WINDOW, minlength=events)
        revenue[window] = np.zeros(events, dtype=np.int64)
        np.add.at(revenue[window], event_U, purchases.price_micros_U[inside])
    return Credit(units, orders, revenue)
