"""The event log in blocks, so that no more than a block of it is ever in memory.

A column's draws lie one after another on a random stream. Remembering where each block's begin, any block can be drawn
again, alone and the same, and the log as a whole does not depend on how it is cut.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.market.draws import Ints, generator_at

BLOCK_EVENTS = 100_000


@dataclass(frozen=True)
class Block:
    """Consecutive cell-days, as flat indices into (R, S, P, T), and their consecutive events."""

    number: int
    first_cell_day: int
    last_cell_day: int
    first_event: int
    last_event: int

    @property
    def cell_days(self) -> slice:
        return slice(self.first_cell_day, self.last_cell_day)

    @property
    def events(self) -> int:
        return self.last_event - self.first_event


@dataclass(frozen=True)
class Column:
    """Where each block's draws of one column begin."""

    starts: tuple[Mapping[str, Any], ...]

    def generator(self, block: Block) -> np.random.Generator:
        return generator_at(self.starts[block.number])


def blocks_of(events_D: Ints) -> tuple[Block, ...]:
    """As many whole cell-days to a block as `BLOCK_EVENTS` allows, and one with events at least. `events_D`: per
    cell-day, not all 0."""
    ends = np.cumsum(events_D)
    blocks: list[Block] = []
    day, event = 0, 0
    while event < ends[-1]:
        first_with_events = np.searchsorted(ends, event, side="right")
        limit = max(event + BLOCK_EVENTS, int(ends[first_with_events]))
        until = int(np.searchsorted(ends, limit, side="right"))
        blocks.append(Block(len(blocks), day, until, event, int(ends[until - 1])))
        day, event = until, int(ends[until - 1])
    return tuple(blocks)


def drawn_column(
    random: np.random.Generator, blocks: tuple[Block, ...], draw: Callable[[Block, np.random.Generator], Any]
) -> Column:
    """Draws every block of a column once, to find where the next column begins; `random` is left there."""
    starts = []
    for block in blocks:
        starts.append(random.bit_generator.state)
        draw(block, random)
    return Column(tuple(starts))
