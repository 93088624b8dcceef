"""Rounds of linear programs whose pieces get finer where the money is, with a bound over the curves themselves."""

import math
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.certify import Prices, upper_bound
from orchestrator.tools.optimizer.curves import Floats
from orchestrator.tools.optimizer.model import Model
from orchestrator.tools.optimizer.pieces import Focus, cut, spread_in
from orchestrator.tools.optimizer.program import solve
from orchestrator.tools.optimizer.rows import Row
from orchestrator.tools.optimizer.settle import oversold_rows, rows_hold, settled, within_stock
from orchestrator.tools.optimizer.stock_prices import priced_by_stock
from orchestrator.tools.optimizer.timing import Deadline, OutOfTime

CLOSE_ENOUGH = 1e-5  # certified relative gap: a cent in a thousand, below what any curve is known to
HALVINGS = 100


@dataclass(frozen=True)
class Found:
    """The best plan of the rounds. `bound`: nothing that keeps the limits is worth more."""

    spend: Floats
    value: float
    prices: Prices
    bound: float
    is_finished: bool


@dataclass(frozen=True)
class NotFound:
    """No spend keeps the limits, or, with `oversold` rows, none was found that also keeps those."""

    spend: Floats | None = None
    oversold: tuple[Row, ...] = ()


def refined(model: Model, deadline: Deadline) -> Found | NotFound:
    """Raises OutOfTime when the time is up before the first plan.

    Each round cuts the pieces where the last round's prices would put the money: that is where the optimum is, once
    the prices are right, and an interpolation between knots a share d of the price apart is wrong by d squared.
    """
    options = model.options
    best: tuple[float, Floats, Prices] | None = None
    bound, is_finished = math.inf, True
    tangent_at: Floats | None = None
    missed, is_priced = NotFound(), True
    focus = Focus(_budget_alone(model), spread_in(0))
    coarse = max(2, options.segments // 3)  # even pieces; the rest of them are where the prices point
    for round_number in range(options.refinements + 2):
        try:
            solution = solve(model, cut(model.curves, coarse, focus), model.rows, deadline, tangent_at)
        except OutOfTime:
            is_finished = False
            break
        if solution is None:
            if missed.spend is None or not is_priced:
                break
            # Tangents where the prices point may cut off every plan that keeps the minimums.
            is_priced = False
            tangent_at = within_stock(model, missed.spend) if best is None else best[1]
            continue
        prices = Prices.from_duals(model.rows, solution.dual)
        bound = min(bound, upper_bound(model, prices))
        focus = Focus(slopes(model, prices), spread_in(round_number + 1), solution.spend)
        sold = priced_by_stock(model, prices) if is_priced else None
        if sold is not None:
            bound = min(bound, upper_bound(model, sold.prices))
            focus = Focus(slopes(model, sold.prices), spread_in(round_number + 1), solution.spend)
        if tangent_at is None:
            oversold = oversold_rows(model, solution.spend)
            if oversold:
                missed = NotFound(solution.spend, oversold)
                tangent_at = within_stock(model, solution.spend) if sold is None else sold.spend
                focus = Focus(focus.slope, spread_in(round_number + 1), tangent_at)
                continue
        spend = settled(model, solution.spend)
        if rows_hold(model, spend):
            value = math.fsum(model.curves.value(spend))
            if best is None or value >= best[0]:
                best = value, spend, prices
            if tangent_at is not None:
                tangent_at = spend if sold is None else sold.spend
        if best is not None and is_close(best[0], bound):
            break
    if best is None:
        if not is_finished:
            raise OutOfTime
        return missed
    return Found(best[1], best[0], best[2], bound, is_finished)


def is_close(value: float, bound: float, gap: float = CLOSE_ENOUGH) -> bool:
    return bound - value <= gap * max(abs(bound), 1e-12)


def slopes(model: Model, prices: Prices) -> Floats:
    """(lines,) the slope at which each line's money stops at these prices."""
    weight, price = prices.on_lines(model.rows, len(model.bounds.low))
    slope = np.divide(price, weight, out=np.full(len(price), np.inf), where=weight > 0)
    stops: Floats = np.maximum(slope, 0.0)
    return stops


def _budget_alone(model: Model) -> Floats:
    """(lines,) the slope at which the budget would be spent if it were the only limit: water-filling, by bisection."""
    budget = next(row.rhs for row in model.rows if row.name == "budget")
    return np.full(len(model.bounds.low), water_level(model, budget))


def water_level(model: Model, budget: float) -> float:
    """The slope at which every line's spend adds up to `budget`, each within its bounds; 0 when all are full before."""
    if model.bounds.high.sum() <= budget:
        return 0.0
    count = len(model.bounds.low)

    def spent(level: float) -> float:
        return float(model.curves.spend_at(np.full(count, level)).sum())

    steepest = 1.0
    while spent(steepest) > budget and steepest < 1e300:
        steepest *= 16
    flattest = steepest
    while spent(flattest) <= budget and flattest > 1e-300:
        flattest /= 16
    for _ in range(HALVINGS):
        middle = math.sqrt(flattest * steepest)
        if spent(middle) > budget:
            flattest = middle
        else:
            steepest = middle
    return steepest
