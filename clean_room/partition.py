"""Splits events into blocks along a ladder of keys, as finely as the disclosure rule permits.

Every event lands in exactly one block, so nothing small is ever left over. A child that may not be told alone is pooled
with such siblings under the parent; if the pool may not be told either, the smallest block beside it joins
(complementary suppression), until it may. If the whole parent may not be told, it is pooled one step up.
A cell that gave a block to a pool above it is no longer told exactly; `exact_cells` says which cells still are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clean_room.calendar import Keys
from clean_room.disclosure import Rows

POOLED = -1


@dataclass(frozen=True)
class Block:
    """Rows that are told together, and how many leading keys of the ladder they share."""

    rows: Rows
    depth: int


def partition(rows: Rows, ladder: Sequence[Keys], permits: Callable[[Rows], bool]) -> list[Block]:
    """Blocks that together hold every row once, each permitted; none when the rows may not be told even as one.

    `ladder` holds the keys of all events, coarsest first; a key of POOLED is never told alone.
    """
    return _split(rows, ladder, 0, permits) if len(rows) else []


def _split(rows: Rows, ladder: Sequence[Keys], depth: int, permits: Callable[[Rows], bool]) -> list[Block]:
    if depth == len(ladder):
        return [Block(rows, depth)] if permits(rows) else []
    pool: list[Rows] = []
    blocks: list[Block] = []
    for key, child in _children(rows, ladder[depth]):
        of_child = [] if key == POOLED else _split(child, ladder, depth + 1, permits)
        if of_child:
            blocks += of_child
        else:
            pool.append(child)
    while pool and blocks and not permits(np.concatenate(pool)):
        smallest = min(range(len(blocks)), key=lambda number: len(blocks[number].rows))
        pool.append(blocks.pop(smallest).rows)
    if not pool:
        return blocks
    remainder = np.concatenate(pool)
    return [*blocks, Block(remainder, depth)] if permits(remainder) else []


def exact_cells(blocks: Sequence[Block], ladder: Sequence[Keys]) -> npt.NDArray[np.bool_]:
    """Shape (steps, rows): whether all of a row's cell, at each step of the ladder, is in blocks of that step or finer.

    The blocks hold every row.
    """
    depths = np.empty(len(ladder[0]), dtype=np.int64)
    for block in blocks:
        depths[block.rows] = block.depth
    exact = np.empty((len(ladder), len(depths)), dtype=np.bool_)
    cells = np.zeros(len(depths), dtype=np.int64)
    for step, keys in enumerate(ladder):
        found, of_step = np.unique(keys, return_inverse=True)
        _, cells = np.unique(cells * len(found) + of_step, return_inverse=True)
        exact[step] = ~np.isin(cells, cells[depths <= step])
    return exact


def _children(rows: Rows, keys: Keys) -> Iterator[tuple[int, Rows]]:
    of_rows = keys[rows]
    order = np.argsort(of_rows, kind="stable")
    found, starts = np.unique(of_rows[order], return_index=True)
    for key, child in zip(found, np.split(rows[order], starts[1:]), strict=True):
        yield int(key), child
