"""Constraints that only a plan by periods has: budgets by period, pacing, and each cell's limits over all of them."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.lines import Lines
from orchestrator.tools.optimizer.rows import AT_LEAST, AT_MOST, Row, between, spend_row
from schemas.tasks import Pacing


def period_rows(lines: Lines, spendable: float) -> Iterator[Row]:
    """`spendable`: the budget less what is held back."""
    if not lines.problem.options.periods:
        return
    yield from _cell_rows(lines)
    for number, period in enumerate(lines.problem.options.periods):
        yield from between(
            f"period {period.name!r}",
            lines.of_period(number),
            period.min,
            period.max,
            f"period {period.name!r} needs at least {period.min:g}",
            f"period {period.name!r} allows at most {period.max or 0:g}",
        )
    pacing = lines.problem.options.pacing
    if pacing is Pacing.ASAP:
        yield from _as_soon_as_possible(lines, spendable)
    elif pacing is not None:
        yield from _never_rising(lines)
        if pacing is Pacing.EVEN:
            yield from _never_falling(lines)
    yield from _steps(lines)


def _cell_rows(lines: Lines) -> Iterator[Row]:
    bounds = lines.of_cells
    for i, cell in enumerate(lines.problem.cells):
        if cell.frozen or bounds.high[i] <= 0:
            continue
        low, high, low_name, high_name = bounds.low[i], bounds.high[i], bounds.low_names[i], bounds.high_names[i]
        both = " (at least)" if low_name == high_name else ""
        if low > 0:
            words = f"{low_name} is {low:g}"
            yield spend_row(f"{low_name}{both}", lines.of_cell(i), AT_LEAST, float(low), words)
        if high_name != "budget":
            words = f"{high_name} is {high:g}"
            yield spend_row(f"{high_name}{both and ' (at most)'}", lines.of_cell(i), AT_MOST, float(high), words)


def _never_rising(lines: Lines) -> Iterator[Row]:
    for before, after, names in _neighbours(lines):
        weights = _per_length(lines, before, after)
        words = f"pacing keeps the spend of {names[1]!r}, for its length, at or below that of {names[0]!r}"
        yield spend_row(f"pacing of {names[1]!r} (at most)", np.append(before, after), AT_MOST, 0.0, words, weights)


def _never_falling(lines: Lines) -> Iterator[Row]:
    for before, after, names in _neighbours(lines):
        weights = _per_length(lines, before, after)
        words = f"pacing keeps the spend of {names[1]!r}, for its length, at or above that of {names[0]!r}"
        yield spend_row(f"pacing of {names[1]!r} (at least)", np.append(before, after), AT_LEAST, 0.0, words, weights)


def _as_soon_as_possible(lines: Lines, spendable: float) -> Iterator[Row]:
    """All that the periods so far can take, until nothing is left."""
    taken, so_far = 0.0, np.array([], dtype=int)
    for number, period in enumerate(lines.problem.options.periods):
        inside = lines.of_period(number)
        room = float(lines.bounds.high[inside].sum())
        taken = min(spendable, taken + (room if period.max is None else min(period.max, room)))
        so_far = np.append(so_far, inside)
        words = f"asap pacing needs at least {taken:g} by the end of {period.name!r}"
        yield spend_row(f"pacing up to {period.name!r}", so_far, AT_LEAST, taken, words)


def _steps(lines: Lines) -> Iterator[Row]:
    most = lines.problem.options.max_step
    if most is None:
        return
    for before, after, names in _neighbours(lines):
        for cell, pair in zip(lines.problem.cells, np.column_stack([before, after]), strict=True):
            step = f"cell {cell.id!r} step from {names[0]!r} to {names[1]!r}"
            words = f"cell {cell.id!r} may move by at most {most:g} from {names[0]!r} to {names[1]!r}"
            yield spend_row(f"{step} (up)", pair, AT_MOST, most, words, np.array([-1.0, 1.0]))
            yield spend_row(f"{step} (down)", pair, AT_MOST, most, words, np.array([1.0, -1.0]))


def _neighbours(lines: Lines) -> Iterator[tuple[Ints, Ints, tuple[str, str]]]:
    for (first, before), (second, after) in pairwise(enumerate(lines.problem.options.periods)):
        yield lines.of_period(first), lines.of_period(second), (before.name, after.name)


def _per_length(lines: Lines, before: Ints, after: Ints) -> Floats:
    """Weights of the later period's spend less the earlier's, each per unit of an average period's length."""
    average = 1 / len(lines.share)
    per_line = average / lines.share[lines.period[np.append(before, after)]]
    weights: Floats = per_line * np.append(np.full(len(before), -1.0), np.full(len(after), 1.0))
    return weights
