"""Which exposure gets a credited purchase: one of its cell at most 30 days back, recent and clicked ones first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.market.blocks import Block
from data.market.draws import Floats, Ints, generator_at

WINDOWS = (7, 14, 30)
LONGEST_WINDOW = max(WINDOWS)
CHUNK = 200_000  # credited units drawn together
PORTION = 20_000  # of them, looked at together


@dataclass(frozen=True)
class Purchases:
    """Credited units. `exposed_U`: flat cell-day of the exposure that got it; `place_U`: where within that day's
    weight; `gap_U`: days from exposure to purchase."""

    exposed_U: Ints
    place_U: Ints
    gap_U: Ints
    price_micros_U: Ints

    def where(self, chosen: Any) -> "Purchases":
        return Purchases(self.exposed_U[chosen], self.place_U[chosen], self.gap_U[chosen], self.price_micros_U[chosen])

    def and_then(self, later: "Purchases") -> "Purchases":
        return Purchases(
            np.concatenate([self.exposed_U, later.exposed_U]),
            np.concatenate([self.place_U, later.place_U]),
            np.concatenate([self.gap_U, later.gap_U]),
            np.concatenate([self.price_micros_U, later.price_micros_U]),
        )


@dataclass(frozen=True)
class Assignment:
    """Credited units per cell-day of purchase (`units_D`) and what draws them to exposures (`weight_D`), flat over
    (R, S, P, T). `price_micros_CT`: by retailer x SKU and day; `stream`: where the draws of who gets a unit begin."""

    days: int
    placements: int
    units_D: Ints
    weight_D: Ints
    price_micros_CT: Ints
    recency_days: float
    stream: Mapping[str, Any]

    def purchases_of(self, blocks: tuple[Block, ...]) -> Iterator[Purchases]:
        """For each block of exposures the units it gets, in the order of purchase."""
        chunks = self._chunks()
        waiting, reached = _NOTHING, 0
        for block in blocks:
            while reached < block.last_cell_day + LONGEST_WINDOW:
                reached, later = next(chunks, (self.units_D.size + LONGEST_WINDOW, _NOTHING))
                waiting = waiting.and_then(later)
            is_theirs = waiting.exposed_U < block.last_cell_day
            yield waiting.where(is_theirs)
            waiting = waiting.where(~is_theirs)

    def _chunks(self) -> Iterator[tuple[int, Purchases]]:
        """(cell-day of the last purchase, purchases), the former ascending."""
        random = generator_at(self.stream)
        ends_D = np.cumsum(self.units_D)
        total = int(ends_D[-1])
        number = max(1, -(-total // CHUNK))
        sizes = np.full(number, total // number) + (np.arange(number) < total % number)
        first = 0
        for size in sizes.tolist():
            bought_U = np.searchsorted(ends_D, np.arange(first, first + size), side="right")
            first += size
            yield int(bought_U[-1]) if size else 0, self._assigned(random, bought_U)

    def _assigned(self, random: np.random.Generator, bought_U: Ints) -> Purchases:
        """Units without an exposure in the longest window go to nobody."""
        days = self.days
        uniform_U = random.random(len(bought_U))
        portions = [
            self._gaps(bought_U[at : at + PORTION], uniform_U[at : at + PORTION])
            for at in range(0, max(len(bought_U), 1), PORTION)
        ]
        gap_U = np.concatenate(portions)
        found = gap_U < LONGEST_WINDOW
        bought_U, gap_U = bought_U[found], gap_U[found]
        exposed_U = bought_U - gap_U
        place_U = random.integers(0, self.weight_D[exposed_U])
        cell_U, day_U = np.divmod(bought_U, days)
        return Purchases(exposed_U, place_U, gap_U, self.price_micros_CT[cell_U // self.placements, day_U])

    def _gaps(self, bought_U: Ints, uniform_U: Floats) -> Ints:
        """Days from exposure to purchase; LONGEST_WINDOW when there was no exposure."""
        gap_G = np.arange(LONGEST_WINDOW)
        within = gap_G <= (bought_U % self.days)[:, None]
        exposed_UG = bought_U[:, None] - gap_G
        pull_UG = np.cumsum(np.where(within, self.weight_D[exposed_UG], 0) * self._recency_G(), axis=1)
        total_U = pull_UG[:, -1]
        gap_U = (pull_UG <= (uniform_U * total_U)[:, None]).sum(axis=1)
        return np.where(total_U > 0, gap_U, LONGEST_WINDOW)

    def _recency_G(self) -> Floats:
        gap_G = np.arange(LONGEST_WINDOW)
        if self.recency_days == 0:
            return np.where(gap_G == 0, 1.0, 0.0)
        return np.exp(-gap_G / self.recency_days)


_NOTHING = Purchases(*(np.zeros(0, dtype=np.int64) for _ in range(4)))
