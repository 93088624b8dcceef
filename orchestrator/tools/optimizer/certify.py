"""What proves an answer good: the dual bound, the constraints that hold it back, and their prices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats
from orchestrator.tools.optimizer.model import Model
from orchestrator.tools.optimizer.rows import AT_MOST, Row

NEAR = 1e-6


@dataclass(frozen=True)
class Prices:
    """Lagrange multipliers in the sign "value gained per extra unit of the right-hand side", by row name."""

    by_row: Mapping[str, float]

    @classmethod
    def from_duals(cls, rows: Sequence[Row], duals: Mapping[str, float]) -> "Prices":
        """A loosening never loses value: the wrong sign is solver noise, and would void the bound."""
        return cls({row.name: _signed(row, duals[row.name]) for row in rows})

    def on_lines(self, rows: Sequence[Row], count: int) -> tuple[Floats, Floats]:
        """(lines,) weight of a unit of value, and price of a unit of spend, once every row is paid for."""
        weight, price = np.ones(count), np.zeros(count)
        for row in rows:
            if self.by_row[row.name] != 0:
                weight[row.lines] -= self.by_row[row.name] * row.value_weights
                price[row.lines] += self.by_row[row.name] * row.spend_weights
        return weight, price

    def scaled(self, factor: float) -> "Prices":
        return Prices({name: price * factor for name, price in self.by_row.items()})

    def gains(self, model: Model) -> Floats:
        """(lines,) what the best spend that is at least the launch is worth over the minimum; 0 where it is less."""
        weight, price = self.on_lines(model.rows, len(model.bounds.low))
        low = model.bounds.low
        idle = weight * model.curves.envelope(low) - price * low
        least = np.clip(model.choices.launch, low, model.bounds.high)
        gain: Floats = np.maximum(model.curves.best(weight, price, least)[1] - idle, 0.0)
        return gain


def _signed(row: Row, dual: float) -> float:
    # Adding 0 turns -0.0, which reads like a price, into 0.0.
    return (max(dual, 0.0) if row.sense == AT_MOST else min(dual, 0.0)) + 0.0


def upper_bound(model: Model, prices: Prices) -> float:
    """Lagrangian dual: no plan that keeps the rows is worth more, whatever the prices are (weak duality).

    Choices stay choices in it: a line gets nothing or at least its launch, and only the best labels are active.
    """
    weight, price = prices.on_lines(model.rows, len(model.bounds.low))
    idle = weight * model.curves.envelope(model.bounds.low) - price * model.bounds.low
    gains = prices.gains(model)
    if model.choices.most is not None:
        of_labels = np.bincount(model.choices.label, gains).astype(float)
        gains = np.sort(of_labels)[-model.choices.most :]
    return math.fsum(idle) + math.fsum(gains) + math.fsum(prices.by_row[row.name] * row.rhs for row in model.rows)


def shadow_prices(model: Model, prices: Prices, spend: Floats) -> dict[str, float]:
    """Every row's price, then the price of each bound of a line that the answer rests on, dearest first."""
    weight, price = prices.on_lines(model.rows, len(spend))
    low, high = model.bounds.low, model.bounds.high
    slope = np.where(high > low, weight * model.curves.slope(spend) - price, 0.0)
    at_high = (spend >= high - NEAR * np.maximum(high, 1.0)) & (slope > 0)
    at_low = (spend <= low + NEAR * np.maximum(low, 1.0)) & (slope < 0) & (low > 0)
    of_bounds: dict[str, float] = {}
    for i in map(int, np.flatnonzero(at_high | at_low)):
        name = model.bounds.high_names[i] if at_high[i] else model.bounds.low_names[i]
        if name != "budget":
            of_bounds[name] = float(slope[i])
    return dict(prices.by_row) | dict(sorted(of_bounds.items(), key=lambda item: -abs(item[1])))


def binding(model: Model, shadow: Mapping[str, float], spend: Floats) -> tuple[str, ...]:
    """Names of the constraints that hold with equality and cost value, in the order of `shadow`."""
    values = model.curves.envelope(spend)
    tight = set(shadow) - {row.name for row in model.rows}
    for row in model.rows:
        if abs(shadow[row.name]) <= 1e-9:
            continue
        # Value terms are settled to the solver's tolerance and tangents, spend terms to the last bit.
        near = NEAR if row.is_on_spend_only else 1e-3
        if abs(row.total(spend, values) - row.rhs) <= near * max(abs(row.rhs), 1.0):
            tight.add(row.name)
    return tuple(name for name in shadow if name in tight)
