"""Attributed revenue per unit of spend, cell by cell: shrunk to the category within its placement, and placed at the
level of that placement at the retailer.

A retailer's level is known from its totals even where no cell of it is told; how categories differ within a placement
is learnt from the cells that are, wherever they are.
"""

from dataclasses import dataclass

import numpy as np

from orchestrator.evidence.arrays import Flags, Floats
from orchestrator.evidence.seen import Seen
from orchestrator.evidence.shrinkage import shrink
from orchestrator.evidence.sku_days import PLACEMENTS

BASKET_VARIATION = 0.5  # sd over mean of the revenue of one attributed order; orders of one SKU differ little in value
UNSEEN_SPREAD = 0.5  # of its level: how far a cell that nobody told of may lie from it


@dataclass(frozen=True)
class Returns:
    """(cells,) return per unit of spend at the historical spend, posterior mean and sd.

    `common_sd` is the part of the uncertainty that a placement's cells share, relative to the mean: (placements,).
    """

    mean: Floats
    sd: Floats
    common_sd: Floats


ATTRIBUTION_BIAS = 1.0
"""Relative sd of what attribution reports about what ads cause, of a whole placement: observational overstatements of
2.9 to 4.8 times are on record (Gordon, Moakler and Zettelmeyer, "Close Enough?", 2023), and none at all is too."""


def attributed_returns(seen: Seen) -> Returns:
    level = _levels(seen)
    mean, sd = np.zeros(len(seen.keys)), np.zeros(len(seen.keys))
    for place in range(len(PLACEMENTS)):
        inside = np.flatnonzero(seen.placement == place)
        if len(inside):
            relative, spread = _relative(seen, level, inside)
            mean[inside], sd[inside] = level[inside] * relative, level[inside] * spread
    sd = np.where(seen.told, sd, np.maximum(sd, UNSEEN_SPREAD * mean))
    return Returns(mean, sd, np.full(len(PLACEMENTS), ATTRIBUTION_BIAS))


def _levels(seen: Seen) -> Floats:
    """(cells,) with gaps filled: the mean of what is told of the placement elsewhere, then of all placements."""
    level = seen.level.copy()
    known = np.isfinite(level)
    whole = float(level[known].mean()) if known.any() else 0.0
    for place in range(len(PLACEMENTS)):
        inside = seen.placement == place
        told = inside & known
        level[inside & ~known] = float(level[told].mean()) if told.any() else whole
    return level


def _relative(seen: Seen, level: Floats, inside: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> tuple[Floats, Floats]:
    """Mean and sd of one placement's cells relative to their levels."""
    told: Flags = seen.told[inside] & (level[inside] > 0)
    if not told.any():
        return np.ones(len(inside)), np.full(len(inside), UNSEEN_SPREAD)
    cost, revenue, conversions = seen.cost[inside], seen.revenue[inside], seen.conversions[inside]
    scale = np.where(told, level[inside], 1.0)
    relative = np.divide(revenue, cost * scale, out=np.ones_like(cost), where=told)
    ordered = conversions[told].sum()
    order_value = revenue[told].sum() / ordered if ordered > 0 else 1.0
    # Of a Poisson number of orders of varying value. The expected number is the placement's, not the cell's own: a cell
    # with no order yet is not certain to return nothing.
    expected_orders = np.maximum(scale * cost / max(order_value, 1e-9), conversions)
    noise = np.sqrt((1 + BASKET_VARIATION**2) / np.maximum(expected_orders, 0.5)) * (relative + 1) / 2
    categories = [seen.category[i] for i in inside]
    shrunk = shrink(relative, np.maximum(noise, 1e-6), told, categories)
    return shrunk.mean, shrunk.sd
