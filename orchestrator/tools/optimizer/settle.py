"""Takes the solver's tolerance out of an answer: the limits hold exactly in what is returned."""

import math

import numpy as np

from orchestrator.tools.optimizer.curves import Floats
from orchestrator.tools.optimizer.model import Model
from orchestrator.tools.optimizer.rows import AT_MOST, Row

PASSES = 30


def settled(model: Model, spend: Floats) -> Floats:
    """Rows that weigh one line's spend against another's, and those over value, keep the solver's tolerance."""
    spend = np.clip(spend, model.bounds.low, model.bounds.high)
    high = model.bounds.high.copy()
    for row in model.rows:
        if row.caps_value and row.total(spend, model.curves.envelope(spend)) > row.rhs:
            spend = _scaled_back(model, row, spend)
            high[row.lines] = spend[row.lines]
    sums = [row for row in model.rows if row.is_on_spend_only and not np.any(row.spend_weights < 0)]
    # Maximums last and by themselves: lowering spend cannot break another maximum, so they all hold in the end. Where
    # a minimum and a maximum meet, it is the minimum that may miss by the last bit.
    for chosen in (sums, [row for row in sums if row.sense == AT_MOST]):
        for _ in range(PASSES):
            broken = [row for row in chosen if _excess(row, spend) > 0]
            if not broken:
                break
            for row in broken:
                _nudge(row, spend, model.bounds.low, high)
    return spend


def within_stock(model: Model, spend: Floats) -> Floats:
    """Spend scaled back towards the lines' minimums until every row that caps value holds."""
    for row in oversold_rows(model, spend):
        spend = _scaled_back(model, row, spend)
    return spend


def oversold_rows(model: Model, spend: Floats) -> tuple[Row, ...]:
    values = model.curves.envelope(spend)
    capped = (row for row in model.rows if row.caps_value)
    return tuple(row for row in capped if row.total(spend, values) > row.rhs * (1 + 1e-9) + 1e-9)


def rows_hold(model: Model, spend: Floats) -> bool:
    """Whether the rows over spend survived the scaling back of others."""
    return all(_excess(row, spend) <= 1e-6 * max(abs(row.rhs), 1.0) for row in model.rows if row.is_on_spend_only)


def _scaled_back(model: Model, row: Row, spend: Floats) -> Floats:
    """The largest share of the way from `low` to `spend`, over the row's lines, that the row allows (bisection)."""
    low, tried = model.bounds.low[row.lines], spend.copy()
    keep, too_much = 0.0, 1.0
    for _ in range(60):
        share = (keep + too_much) / 2
        tried[row.lines] = low + share * (spend[row.lines] - low)
        if row.total(tried, model.curves.envelope(tried)) > row.rhs:
            too_much = share
        else:
            keep = share
    tried[row.lines] = low + keep * (spend[row.lines] - low)
    return tried


def _excess(row: Row, spend: Floats) -> float:
    """By how much the row is broken; both ways of adding up, because a reader may use either."""
    parts = (row.spend_weights * spend[row.lines]).tolist()
    totals: tuple[float, float] = (math.fsum(parts), sum(parts))
    return max(totals) - row.rhs if row.sense == AT_MOST else row.rhs - min(totals)


def _nudge(row: Row, spend: Floats, low: Floats, high: Floats) -> None:
    """Moves the excess onto the row's lines, in place, in proportion to the room each has."""
    excess = _excess(row, spend)
    now = spend[row.lines]
    room = now - low[row.lines] if row.sense == AT_MOST else high[row.lines] - now
    weighted = float(row.spend_weights @ room)
    if excess <= 0 or weighted <= 0:
        return
    step = max(excess, 4 * math.ulp(max(row.rhs, 1e-12)))
    moved = room * min(1.0, step / weighted)
    spend[row.lines] = np.clip(now - moved if row.sense == AT_MOST else now + moved, low[row.lines], high[row.lines])
