"""Who sees each exposure: active households more often, but each at most once per cell and day."""

from dataclasses import dataclass, field

import numpy as np

from data.market.blocks import Block, Column, drawn_column
from data.market.draws import Floats, Ints
from data.market.parameters import MarketParameters

EVENTS_PER_HOUSEHOLD = 4  # of all events, per household and retailer: a few thousand households at the default size
MIN_HOUSEHOLDS = 500
ACTIVITY_SHAPE = 0.8  # gamma: a fifth of the households make about half of the exposures


def households_per_retailer(parameters: MarketParameters) -> int:
    return max(MIN_HOUSEHOLDS, parameters.events // EVENTS_PER_HOUSEHOLD)


@dataclass(frozen=True)
class Households:
    """`activity_H` runs up to the total. An event whose household had met the cell that day already is drawn again:
    the `redrawn` events and their households, events ascending. All that grows with the log is 8 bytes a household."""

    events_D: Ints
    activity_H: Floats
    first_draws: Column
    redrawn_events: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    redrawn_households: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def of(self, block: Block) -> Ints:
        """(events of the block)."""
        uniform = self.first_draws.generator(block).random(block.events)
        household_E = np.searchsorted(self.activity_H, uniform * self.activity_H[-1]).astype(np.int64)
        first, last = np.searchsorted(self.redrawn_events, (block.first_event, block.last_event))
        household_E[self.redrawn_events[first:last] - block.first_event] = self.redrawn_households[first:last]
        return np.asarray(household_E)

    def repeats(self, block: Block) -> Ints:
        """Events of the block whose household an earlier event of the same cell and day has."""
        cell_day_E = np.repeat(np.arange(block.first_cell_day, block.last_cell_day), self.events_D[block.cell_days])
        is_repeat = np.ones(block.events, dtype=bool)
        is_repeat[np.unique(cell_day_E * len(self.activity_H) + self.of(block), return_index=True)[1]] = False
        return np.flatnonzero(is_repeat) + block.first_event

    def redraw(self, events: Ints, households: Ints) -> "Households":
        """With these events' households in the place of what they had; `events` ascending."""
        keep = ~np.isin(self.redrawn_events, events)
        all_events = np.concatenate([self.redrawn_events[keep], events])
        order = np.argsort(all_events)
        all_households = np.concatenate([self.redrawn_households[keep], households])
        return Households(
            self.events_D, self.activity_H, self.first_draws, all_events[order], all_households[order].astype(np.int64)
        )


def draw_households(
    random: np.random.Generator, blocks: tuple[Block, ...], events_D: Ints, households: int
) -> Households:
    activity_H = np.cumsum(random.gamma(ACTIVITY_SHAPE, size=households))
    first_draws = drawn_column(random, blocks, lambda block, stream: stream.random(block.events))
    drawn = Households(events_D, activity_H, first_draws)
    suspects = blocks
    while suspects:
        repeats = {block: drawn.repeats(block) for block in suspects}
        suspects = tuple(block for block, events in repeats.items() if len(events))
        if suspects:
            events = np.concatenate([repeats[block] for block in suspects])
            drawn = drawn.redraw(events, random.integers(0, households, len(events)))
    return drawn
