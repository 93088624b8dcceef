"""Takes the solver's tolerance out of an answer: the limits hold exactly in what is returned."""

import math
from collections.abc import Sequence

import numpy as np

from orchestrator.tools.optimizer.curves import Floats
from orchestrator.tools.optimizer.limits import AT_MOST, Bounds, Row, values_of
from schemas.optimization import Problem

PASSES = 30


def settled(problem: Problem, bounds: Bounds, rows: Sequence[Row], spend: Floats) -> Floats:
    spend = np.clip(spend, bounds.low, bounds.high)
    high = bounds.high.copy()
    for row in rows:
        if row.is_stock and _units(problem, bounds, row, spend) > row.rhs:
            spend = _scaled_back(problem, bounds, row, spend)
            high = np.where(row.members, spend, high)
    on_spend = [row for row in rows if row.is_on_spend_only]
    # Maximums last and by themselves: lowering spend cannot break another maximum, so they all hold in the end. Where
    # a minimum and a maximum meet, it is the minimum that may miss by the last bit.
    for chosen in (on_spend, [row for row in on_spend if row.sense == AT_MOST]):
        for _ in range(PASSES):
            broken = [row for row in chosen if _excess(row, spend) > 0]
            if not broken:
                break
            for row in broken:
                spend = _nudged(row, spend, bounds.low, high)
    return spend


def within_stock(problem: Problem, bounds: Bounds, rows: Sequence[Row], spend: Floats) -> Floats:
    """Spend scaled back towards the cells' minimums until every stock row holds."""
    for row in oversold_rows(problem, bounds, rows, spend):
        spend = _scaled_back(problem, bounds, row, spend)
    return spend


def oversold_rows(problem: Problem, bounds: Bounds, rows: Sequence[Row], spend: Floats) -> tuple[Row, ...]:
    return tuple(
        row for row in rows if row.is_stock and _units(problem, bounds, row, spend) > row.rhs * (1 + 1e-9) + 1e-9
    )


def rows_hold(rows: Sequence[Row], spend: Floats) -> bool:
    """Whether the rows over spend survived the scaling back of others."""
    return all(_excess(row, spend) <= 1e-6 * max(abs(row.rhs), 1.0) for row in rows if row.is_on_spend_only)


def _units(problem: Problem, bounds: Bounds, row: Row, spend: Floats) -> float:
    return float(row.value_weights @ values_of(problem, bounds, spend))


def _scaled_back(problem: Problem, bounds: Bounds, row: Row, spend: Floats) -> Floats:
    """The largest share of the way from `low` to `spend`, over the row's cells, that the stock covers (bisection)."""
    keep, too_much = 0.0, 1.0
    for _ in range(60):
        share = (keep + too_much) / 2
        tried = np.where(row.members, bounds.low + share * (spend - bounds.low), spend)
        if _units(problem, bounds, row, tried) > row.rhs:
            too_much = share
        else:
            keep = share
    return np.where(row.members, bounds.low + keep * (spend - bounds.low), spend)


def _excess(row: Row, spend: Floats) -> float:
    """By how much the row is broken; both ways of adding up, because a reader may use either."""
    chosen = [float(x) for x in spend[row.members]]
    totals = (math.fsum(chosen), sum(chosen))
    return max(totals) - row.rhs if row.sense == AT_MOST else row.rhs - min(totals)


def _nudged(row: Row, spend: Floats, low: Floats, high: Floats) -> Floats:
    """Moves the excess onto the row's cells in proportion to the room each has."""
    excess = _excess(row, spend)
    if excess <= 0:
        return spend
    room = np.where(row.members, spend - low if row.sense == AT_MOST else high - spend, 0.0)
    if room.sum() <= 0:
        return spend
    step = max(excess, 4 * math.ulp(max(row.rhs, 1e-12)))
    moved = np.minimum(room, step * room / room.sum())
    nudged: Floats = np.clip(spend - moved if row.sense == AT_MOST else spend + moved, low, high)
    return nudged
