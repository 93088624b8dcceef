"""Prices of the rows that cap value, found on the curves themselves: tangents alone close in on them only slowly."""

from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.certify import Prices
from orchestrator.tools.optimizer.curves import Floats
from orchestrator.tools.optimizer.model import Model

HALVINGS = 60
NEARLY_ALL = 1e-6  # relative: by how much a row with a price may be undersold


@dataclass(frozen=True)
class Sold:
    """`spend` (lines,): each line's best answer to `prices`, at which every row that caps value holds."""

    prices: Prices
    spend: Floats


def priced_by_stock(model: Model, prices: Prices) -> Sold | None:
    """The least prices of such rows at which they hold, the other rows' prices as given; by bisection on all at once.

    None where there is no such row, two of them share a line, or spend jumps past what a row allows: where money has
    no price of its own, as long as the budget is not used up, the best answer is all or nothing.
    """
    rows = [row for row in model.rows if row.caps_value]
    count = len(model.bounds.low)
    owner, units = np.full(count, len(rows)), np.zeros(count)
    for number, row in enumerate(rows):
        if np.any(owner[row.lines] < len(rows)):
            return None
        owner[row.lines], units[row.lines] = number, row.value_weights
    if not rows:
        return None
    weight, price = Prices(dict(prices.by_row) | {row.name: 0.0 for row in rows}).on_lines(model.rows, count)
    most = np.array([row.rhs for row in rows])
    per_unit = np.divide(weight, units, out=np.zeros(count), where=units > 0)
    low, high = np.zeros(len(rows)), np.array([max(0.0, float(per_unit[row.lines].max())) for row in rows])
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        spend = _answers(model, weight - np.append(middle, 0.0)[owner] * units, price)
        sold = np.bincount(owner, units * model.curves.envelope(spend), minlength=len(rows) + 1)[:-1]
        low, high = np.where(sold > most, middle, low), np.where(sold > most, high, middle)
    spend = _answers(model, weight - np.append(high, 0.0)[owner] * units, price)
    sold = np.bincount(owner, units * model.curves.envelope(spend), minlength=len(rows) + 1)[:-1]
    if np.any((low > 0) & (sold < most * (1 - NEARLY_ALL))):
        return None
    found = {row.name: float(of_row) for row, of_row in zip(rows, high, strict=True)}
    return Sold(Prices(dict(prices.by_row) | found), spend)


def _answers(model: Model, weight: Floats, price: Floats) -> Floats:
    return model.curves.best(weight, price)[0]
