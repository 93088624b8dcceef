"""One round of the allocation as a linear program over concave pieces.

Columns: x (spend per cell), then s (spend per piece) with x = low + sum of s. Constraints on spend are written on x
only: the same optimum with a tenth of the nonzeros, which HiGHS solves forty times faster at a thousand SKUs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, envelope_at, envelope_slope, pieces
from orchestrator.tools.optimizer.limits import Bounds, Row
from orchestrator.tools.optimizer.solver import LinearRow, LinearSolution, maximise
from schemas.optimization import Problem

# Keeps money out of cells where it would bring nothing: far below any price that matters, above the solver's tolerance.
IDLE_PRICE_SHARE = 1e-7


@dataclass(frozen=True)
class Pieces:
    """Concave interpolation of every cell: `cell` (pieces,) owner, `width` and `slope` (pieces,), `base` (cells,)."""

    cell: Floats
    width: Floats
    slope: Floats
    base: Floats


def cut(problem: Problem, bounds: Bounds, near: Floats | None = None, widths: Floats | None = None) -> Pieces:
    owners: list[Floats] = []
    parts: list[Floats] = []
    slopes: list[Floats] = []
    base = np.zeros(len(problem.cells))
    for i, cell in enumerate(problem.cells):
        window = None if near is None or widths is None else (float(near[i]), float(widths[i]))
        low, high = float(bounds.low[i]), float(bounds.high[i])
        spends, values = pieces(cell.curve, low, high, problem.options.segments, window)
        base[i] = values[0]
        width = np.diff(spends)
        owners.append(np.full(len(width), i))
        parts.append(width)
        slopes.append(np.diff(values) / width)
    return Pieces(np.concatenate(owners), np.concatenate(parts), np.concatenate(slopes), base)


def solve(
    problem: Problem, bounds: Bounds, rows: Sequence[Row], cuts: Pieces, tangent_at: Floats | None = None
) -> LinearSolution | None:
    """`tangent_at` (cells,): spends at which stock rows are linearised; without it they count the pieces' units.

    Units sold rise concavely with spend, so "at most" over them is not convex. Counting pieces is a relaxation; the
    tangents lie above the curves, so with them whatever the LP returns keeps the stock cover.
    """
    count = len(problem.cells)
    idle_price = IDLE_PRICE_SHARE * max(float(cuts.slope.max(initial=0.0)), 1e-12)
    objective = np.concatenate([np.full(count, -idle_price), cuts.slope])
    low = np.concatenate([bounds.low, np.zeros(len(cuts.width))])
    high = np.concatenate([bounds.high, cuts.width])
    written = [*_spend_is_its_pieces(cuts, bounds.low)]
    written += [_written(problem, bounds, row, cuts, tangent_at) for row in rows]
    return maximise(objective, low, high, written)


def _spend_is_its_pieces(cuts: Pieces, low: Floats) -> list[LinearRow]:
    count = len(low)
    terms: list[dict[int, float]] = [{i: 1.0} for i in range(count)]
    for piece, owner in enumerate(cuts.cell):
        terms[int(owner)][count + piece] = -1.0
    return [LinearRow(f"x{i}", terms[i], 0, float(low[i])) for i in range(count)]


def _written(problem: Problem, bounds: Bounds, row: Row, cuts: Pieces, tangent_at: Floats | None) -> LinearRow:
    terms = {int(i): float(row.spend_weights[i]) for i in np.flatnonzero(row.spend_weights)}
    if row.is_on_spend_only:
        return LinearRow(row.name, terms, row.sense, row.rhs)
    if row.is_stock and tangent_at is not None:
        return _tangent(problem, bounds, row, tangent_at)
    count = len(problem.cells)
    weights = row.value_weights[cuts.cell] * cuts.slope
    terms |= {count + int(i): float(weights[i]) for i in np.flatnonzero(weights)}
    return LinearRow(row.name, terms, row.sense, row.rhs - float(row.value_weights @ cuts.base))


def _tangent(problem: Problem, bounds: Bounds, row: Row, tangent_at: Floats) -> LinearRow:
    terms: dict[int, float] = {}
    rhs = row.rhs
    for i in map(int, np.flatnonzero(row.value_weights)):
        low, high = float(bounds.low[i]), float(bounds.high[i])
        at = float(tangent_at[i])
        curve, weight = problem.cells[i].curve, float(row.value_weights[i])
        slope = envelope_slope(curve, at, low, high)
        if math.isinf(slope):
            # A root curve at 0. Any other point gives a valid tangent too.
            at += 1e-6 * (high - low)
            slope = envelope_slope(curve, at, low, high)
        terms[i] = weight * slope
        rhs -= weight * (envelope_at(curve, at, low, high) - slope * at)
    return LinearRow(row.name, terms, row.sense, rhs)
