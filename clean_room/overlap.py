"""Keeps two partitions of the same events from telling, together, what neither may tell alone.

With placements and SKUs both released, an attacker can subtract: the placement blocks that cover some SKU blocks, less
those SKU blocks, leave the sum of a remainder. Every set of whole events whose sum two partitions determine is a
disjoint union of blocks and such remainders: the blocks are the vertices of a bipartite graph whose edges are their
overlaps, and the combinations of sums that count each event once or not at all are its directed cuts.

A remainder that takes away SKU block `s` but not `t` includes every event of `t` in a placement block that `s` touches.
Where this core alone is enough, and so is the core the other way round, no cut between `s` and `t` tells too little; we
ask that such pairs link all blocks of each component of the graph, since every cut then parts a pair.
Sufficient, not necessary: some SKUs are withheld that could be told.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clean_room.calendar import Keys
from clean_room.disclosure import DisclosureRule, Rows
from clean_room.partition import POOLED, Block, partition


def blocks_safe_beside(released: Sequence[Block], ladder: Sequence[Keys], rule: DisclosureRule) -> list[Block]:
    """A partition along `ladder` that reveals nothing small beside the `released` one; possibly without any key told.

    Where a block could be cut out, its first key (a SKU) is split less finely by a step, in the end not told at all.
    """
    every_row = np.arange(len(rule.events))
    steps = [keys.copy() for keys in ladder]
    while True:
        blocks = partition(every_row, steps, rule.permits)
        exposed = [block for block in _exposed(released, blocks, rule) if block.depth]
        if not exposed:
            return blocks
        for block in exposed:
            of_first_key = ladder[0] == ladder[0][block.rows[0]]
            steps[block.depth - 1][of_first_key] = POOLED


def _exposed(released: Sequence[Block], blocks: Sequence[Block], rule: DisclosureRule) -> list[Block]:
    """The blocks that a difference of sums could part from the rest of their component."""
    of_released, of_block = _block_numbers(released, rule), _block_numbers(blocks, rule)
    touches = np.zeros((len(blocks), len(released)), dtype=np.bool_)
    touches[of_block, of_released] = True
    universe = rule.contributions(np.arange(len(rule.events)))

    def is_enough(taken: int, kept: int) -> bool:
        rows = blocks[kept].rows
        return rule.permits_every_set_around(rows[touches[taken][of_released[rows]]], universe)

    def are_linked(one: int, other: int) -> bool:
        return is_enough(one, other) and is_enough(other, one)

    exposed = []
    for component in _components(touches):
        # What is pooled over all keys cannot be withheld; the largest blocks touch most and link fastest.
        component.sort(key=lambda number: (blocks[number].depth == 0, len(blocks[number].rows)), reverse=True)
        exposed += [blocks[number] for number in _not_linked_to_first(component, are_linked)]
    return exposed


def _not_linked_to_first(numbers: Sequence[int], are_linked: Callable[[int, int], bool]) -> list[int]:
    """The numbers no chain of links joins to the first."""
    linked, waiting = [numbers[0]], list(numbers[1:])
    for one in linked:
        found = [other for other in waiting if are_linked(one, other)]
        linked += found
        waiting = [other for other in waiting if other not in found]
    return waiting


def _block_numbers(blocks: Sequence[Block], rule: DisclosureRule) -> Rows:
    numbers = np.empty(len(rule.events), dtype=np.int64)
    for number, block in enumerate(blocks):
        numbers[block.rows] = number
    return numbers


def _components(touches: npt.NDArray[np.bool_]) -> list[list[int]]:
    """The blocks (rows of `touches`) that are joined through what they touch."""
    first, second = np.nonzero(touches)
    size = sum(touches.shape)
    graph = coo_array((np.ones(len(first)), (first, second + touches.shape[0])), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    of_blocks = labels[: touches.shape[0]]
    return [np.flatnonzero(of_blocks == label).tolist() for label in np.unique(of_blocks)]
