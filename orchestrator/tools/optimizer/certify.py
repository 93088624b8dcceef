"""What proves an answer good: the dual bound, the constraints that hold it back, and their prices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, best_spend, envelope_slope
from orchestrator.tools.optimizer.limits import AT_MOST, Bounds, Row, values_of
from schemas.optimization import Problem

NEAR = 1e-6


@dataclass(frozen=True)
class Prices:
    """Lagrange multipliers in the sign "value gained per extra unit of the right-hand side", by row name."""

    by_row: Mapping[str, float]

    @classmethod
    def from_duals(cls, rows: Sequence[Row], duals: Mapping[str, float]) -> "Prices":
        """A loosening never loses value: the wrong sign is solver noise, and would void the bound."""
        return cls({row.name: _signed(row, duals[row.name]) for row in rows})

    def on_cells(self, rows: Sequence[Row], count: int) -> tuple[Floats, Floats]:
        """(cells,) weight of a unit of value, and price of a unit of spend, once every row is paid for."""
        weight, price = np.ones(count), np.zeros(count)
        for row in rows:
            weight = weight - self.by_row[row.name] * row.value_weights
            price = price + self.by_row[row.name] * row.spend_weights
        return weight, price


def _signed(row: Row, dual: float) -> float:
    # Adding 0 turns -0.0, which reads like a price, into 0.0.
    return (max(dual, 0.0) if row.sense == AT_MOST else min(dual, 0.0)) + 0.0


def upper_bound(problem: Problem, bounds: Bounds, rows: Sequence[Row], prices: Prices) -> float:
    """Lagrangian dual: no allocation that keeps the rows is worth more, whatever the prices are (weak duality)."""
    weight, price = prices.on_cells(rows, len(problem.cells))
    best = [
        best_spend(cell.curve, float(weight[i]), float(price[i]), float(bounds.low[i]), float(bounds.high[i]))[1]
        for i, cell in enumerate(problem.cells)
    ]
    return math.fsum(best) + math.fsum(prices.by_row[row.name] * row.rhs for row in rows)


def shadow_prices(
    problem: Problem, bounds: Bounds, rows: Sequence[Row], prices: Prices, spend: Floats
) -> dict[str, float]:
    """Every row's price, then the price of each cell bound that the answer rests on, dearest first."""
    found = dict(prices.by_row)
    weight, price = prices.on_cells(rows, len(problem.cells))
    of_bounds: dict[str, float] = {}
    for i, cell in enumerate(problem.cells):
        low, high, x = float(bounds.low[i]), float(bounds.high[i]), float(spend[i])
        slope = weight[i] * envelope_slope(cell.curve, x, low, high) - price[i] if high > low else 0.0
        if x >= high - NEAR * max(high, 1.0) and slope > 0 and bounds.high_names[i] != "budget":
            of_bounds[bounds.high_names[i]] = float(slope)
        elif x <= low + NEAR * max(high, 1.0) and slope < 0 and low > 0:
            of_bounds[bounds.low_names[i]] = float(slope)
    return found | dict(sorted(of_bounds.items(), key=lambda item: -abs(item[1])))


def binding(
    problem: Problem, bounds: Bounds, rows: Sequence[Row], shadow: Mapping[str, float], spend: Floats
) -> tuple[str, ...]:
    """Names of the constraints that hold with equality and cost value, in the order of `shadow`."""
    values = values_of(problem, bounds, spend)
    tight = set(shadow) - {row.name for row in rows}
    for row in rows:
        total = float(row.spend_weights @ spend + row.value_weights @ values)
        # Value terms are settled to the solver's tolerance and tangents, spend terms to the last bit.
        slack = abs(total - row.rhs) <= (NEAR if row.is_on_spend_only else 1e-3) * max(abs(row.rhs), 1.0)
        if slack and abs(shadow[row.name]) > 1e-9:
            tight.add(row.name)
    return tuple(name for name in shadow if name in tight)
