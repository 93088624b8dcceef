"""Attributed revenue per unit of spend, cell by cell, shrunk to placement pools."""

from collections.abc import Sequence

import numpy as np

from orchestrator.evidence.arrays import Flags, Floats
from orchestrator.evidence.shrinkage import Shrunk, shrink

BASKET_VARIATION = 0.5  # sd over mean of the revenue of one attributed order; orders of one SKU differ little in value


def attributed_returns(
    revenue: Floats, cost: Floats, conversions: Floats, pools: Sequence[str]
) -> tuple[Shrunk, Flags]:
    """Posterior returns, and which cells were seen (had spend). All arrays: (cells,); money in currency units.

    The variance is that of a Poisson number of orders of varying value. It uses the pool's return, not the cell's own:
    a cell with no order yet is not certain to return nothing.
    """
    seen: Flags = cost > 0
    returns = np.divide(revenue, cost, out=np.zeros_like(revenue), where=seen)
    order_value = _mean_where(revenue, conversions, pools)
    pool_return = _mean_where(revenue, cost, pools)
    expected_orders = np.maximum(pool_return * cost / np.maximum(order_value, 1e-9), conversions)
    relative = np.sqrt((1 + BASKET_VARIATION**2) / np.maximum(expected_orders, 0.5))
    typical = np.maximum((returns + pool_return) / 2, 1e-6)
    return shrink(returns, relative * typical, seen, pools), seen


def _mean_where(top: Floats, bottom: Floats, pools: Sequence[str]) -> Floats:
    """(cells,) total of `top` per total of `bottom` in the cell's pool, or over all cells where that is 0."""
    names = np.array(pools)
    whole = top.sum() / bottom.sum() if bottom.sum() > 0 else 0.0
    means = np.full(len(top), whole)
    for name in np.unique(names):
        inside = names == name
        if bottom[inside].sum() > 0:
            means[inside] = top[inside].sum() / bottom[inside].sum()
    return means
