"""The lines of a plan: its cells, or each cell in each period, with their curves and bounds."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestrator.tools.optimizer.bounds import Bounds, cell_bounds
from orchestrator.tools.optimizer.curves import Flags, Floats, Ints, over_part
from schemas.optimization import Curve, Problem


@dataclass(frozen=True)
class Lines:
    """`cell` and `period`: (lines,) indices into the problem's cells and periods; `share` (periods,) of the campaign.

    `of_cells`: the bounds of whole cells. Where there are periods, those become rows over each cell's lines.
    """

    problem: Problem
    cell: Ints
    period: Ints
    share: Floats
    curves: tuple[Curve, ...]
    bounds: Bounds
    of_cells: Bounds

    def of_cell(self, cell: int) -> Ints:
        return np.arange(len(self.share)) * len(self.problem.cells) + cell

    def of_period(self, period: int) -> Ints:
        return np.flatnonzero(self.period == period)

    def where(self, tags: dict[str, str]) -> Ints:
        return np.flatnonzero(self._cells_where(tags)[self.cell])

    def of_field(self, field: str) -> Floats:
        """(lines,) a number that every cell has, 0 where it has none."""
        return np.array([getattr(cell, field) or 0.0 for cell in self.problem.cells])[self.cell]

    def _cells_where(self, tags: dict[str, str]) -> Flags:
        chosen = np.ones(len(self.problem.cells), dtype=bool)
        for tag, value in tags.items():
            chosen &= self._tags.get((tag, value), False)
        return chosen

    @cached_property
    def _tags(self) -> dict[tuple[str, str], Flags]:
        """Cells by tag and value, read once: every group asks."""
        found: dict[tuple[str, str], Flags] = {}
        for i, cell in enumerate(self.problem.cells):
            for item in cell.tags.items():
                if item not in found:
                    found[item] = np.zeros(len(self.problem.cells), dtype=bool)
                found[item][i] = True
        return found


def lines_of(problem: Problem) -> Lines:
    """Lines in the order of the periods, and in each in the order of the cells."""
    bounds = cell_bounds(problem)
    count, periods = len(problem.cells), problem.options.periods
    if not periods:
        every, none = np.arange(count), np.zeros(count, dtype=int)
        curves = tuple(cell.curve for cell in problem.cells)
        return Lines(problem, every, none, np.ones(1), curves, bounds, bounds)
    lengths = np.array([period.length for period in periods])
    share = lengths / lengths.sum()
    cell, period = np.tile(np.arange(count), len(periods)), np.repeat(np.arange(len(periods)), count)
    curves = tuple(over_part(problem.cells[c].curve, float(share[t])) for c, t in zip(cell, period, strict=True))
    return Lines(problem, cell, period, share, curves, _in_periods(problem, bounds, cell, period, share), bounds)


def _in_periods(problem: Problem, of_cells: Bounds, cell: Ints, period: Ints, share: Floats) -> Bounds:
    """A frozen cell runs at an even pace; every other line is free between nothing and what its cell may get."""
    whole = of_cells.taken(cell)
    frozen = np.array([one.frozen for one in problem.cells])[cell]
    even = share[period] * np.where(frozen, whole.low, 0.0)
    bounds = Bounds(even, np.where(frozen, even, whole.high), whole.low_names, whole.high_names)
    names = [problem.options.periods[t].name for t in period]
    reasons = [problem.cells[c].excluded_in.get(name) for c, name in zip(cell, names, strict=True)]
    nothing = np.array([np.inf if reason is None else 0.0 for reason in reasons])
    said = tuple(
        f"cell {problem.cells[c].id!r} exclusion in {name!r} ({reason})"
        for c, name, reason in zip(cell, names, reasons, strict=True)
    )
    return bounds.lowered(nothing, said)
