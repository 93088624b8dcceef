"""The least and the most that each line of the plan may get, under the name of the limit that says so."""

from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, Ints
from schemas.optimization import Cell, Problem


@dataclass(frozen=True)
class Bounds:
    """`low` and `high`: (lines,), currency units; the names say which limit set each."""

    low: Floats
    high: Floats
    low_names: tuple[str, ...]
    high_names: tuple[str, ...]

    def crossed(self) -> list[int]:
        return [int(i) for i in np.flatnonzero(self.low > self.high)]

    def lowered(self, high: Floats, names: tuple[str, ...]) -> "Bounds":
        """With each maximum lowered to `high` (lines,) where that is tighter."""
        tighter = high < self.high
        kept = tuple(new if t else old for new, old, t in zip(names, self.high_names, tighter, strict=True))
        return Bounds(self.low, np.where(tighter, high, self.high), self.low_names, kept)

    def taken(self, which: Ints) -> "Bounds":
        names = ([every[i] for i in which] for every in (self.low_names, self.high_names))
        low_names, high_names = map(tuple, names)
        return Bounds(self.low[which], self.high[which], low_names, high_names)


def cell_bounds(problem: Problem) -> Bounds:
    """The tightest of each cell's own limits, what it gets today where that counts, and the budget."""
    lows, highs, low_names, high_names = [], [], [], []
    for cell in problem.cells:
        floors, ceilings = _limits_of(cell, problem)
        low, low_name = max(floors, key=lambda limit: limit[0])
        high, high_name = min(ceilings, key=lambda limit: limit[0])
        lows.append(low)
        highs.append(high)
        low_names.append(low_name)
        high_names.append(high_name)
    return Bounds(np.array(lows), np.array(highs), tuple(low_names), tuple(high_names))


def _limits_of(cell: Cell, problem: Problem) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    named = f"cell {cell.id!r}"
    floors = [(cell.min, f"{named} minimum")]
    ceilings = [(problem.budget, "budget")] if cell.max is None else [(cell.max, f"{named} maximum")]
    share = problem.options.max_change_share
    if share is not None:
        floors.append((cell.current * max(0.0, 1 - share), f"{named} change limit"))
        ceilings.append((cell.current * (1 + share), f"{named} change limit"))
    if cell.frozen:
        floors.append((cell.current, f"{named} frozen spend"))
        ceilings.append((cell.current, f"{named} frozen spend"))
    if problem.options.incremental_only:
        floors.append((cell.current, f"{named} current spend"))
    if cell.excluded is not None:
        ceilings.append((0.0, f"{named} exclusion ({cell.excluded})"))
    return floors, ceilings
