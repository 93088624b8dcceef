"""The allocation: solve over concave pieces, refine round the answer, settle it exactly, certify it."""

import math
import time

import numpy as np

from orchestrator.tools.optimizer.certify import Prices, binding, shadow_prices, upper_bound
from orchestrator.tools.optimizer.conflicts import crossed_bounds, explained
from orchestrator.tools.optimizer.curves import Floats, piece_width, value_at
from orchestrator.tools.optimizer.limits import Bounds, Row, cell_bounds, rows_of, values_of, within_own_stock
from orchestrator.tools.optimizer.program import cut, solve
from orchestrator.tools.optimizer.settle import oversold_rows, rows_hold, settled, within_stock
from orchestrator.tools.optimizer.solver import SOLVER_NAME
from schemas.optimization import Allocation, Certificate, Problem

CLOSE_ENOUGH = 1e-5  # certified relative gap: a cent in a thousand, below what any curve is known to


def optimize(problem: Problem) -> Allocation:
    """The spend per cell with the most value under every limit, or the limits that conflict. Never raises for limits.

    Rounds of linear programs whose pieces get finer round the last answer; the gap is certified by the dual bound
    over the curves themselves, not over their pieces.
    """
    started = time.perf_counter()
    bounds = cell_bounds(problem)
    if crossed_bounds(problem, bounds):
        return Allocation(status="infeasible", conflicts=explained(problem))
    rows = rows_of(problem)
    bounds = within_own_stock(problem, bounds, rows)
    best: tuple[float, Floats, Prices] | None = None
    bound = math.inf
    near: Floats | None = None
    widths: Floats | None = None
    tangent_at: Floats | None = None
    oversold: tuple[str, ...] = ()
    for _ in range(problem.options.refinements + 2):
        solution = solve(problem, bounds, rows, cut(problem, bounds, near, widths), tangent_at)
        if solution is None:
            break
        raw = np.clip(solution.columns[: len(problem.cells)], bounds.low, bounds.high)
        prices = Prices.from_duals(rows, solution.dual)
        bound = min(bound, upper_bound(problem, bounds, rows, prices))
        near, widths = raw, _next_widths(problem, bounds, raw, widths)
        if tangent_at is None:
            oversold = tuple(row.words for row in oversold_rows(problem, bounds, rows, raw))
            if oversold:
                tangent_at = near = within_stock(problem, bounds, rows, raw)
                continue
        spend = settled(problem, bounds, rows, raw)
        if rows_hold(rows, spend):
            value = _value(problem, spend)
            if best is None or value >= best[0]:
                best = value, spend, prices
            if tangent_at is not None:
                tangent_at = spend
        if best is not None and bound - best[0] <= CLOSE_ENOUGH * max(abs(bound), 1e-12):
            break
    if best is None:
        return Allocation(status="infeasible", conflicts=explained(problem) or _stock_conflict(oversold))
    return _answer(problem, bounds, rows, best[2], best[1], bound, time.perf_counter() - started)


def _next_widths(problem: Problem, bounds: Bounds, near: Floats, widths: Floats | None) -> Floats:
    """(cells,) how far either side of `near` the next round looks closely: one and a half of the last pieces."""
    segments = problem.options.segments
    if widths is not None:
        return widths * (3.0 / segments)
    pieces = [
        piece_width(cell.curve, float(low), float(high), float(x), segments)
        for cell, low, high, x in zip(problem.cells, bounds.low, bounds.high, near, strict=True)
    ]
    return 1.5 * np.array(pieces)


def _value(problem: Problem, spend: Floats) -> float:
    return math.fsum(value_at(cell.curve, float(x)) for cell, x in zip(problem.cells, spend, strict=True))


def _answer(
    problem: Problem, bounds: Bounds, rows: tuple[Row, ...], prices: Prices, spend: Floats, bound: float, seconds: float
) -> Allocation:
    value = _value(problem, spend)
    shadow = shadow_prices(problem, bounds, rows, prices, spend)
    gap = max(0.0, (bound - value) / bound) if bound > 0 else 0.0
    return Allocation(
        status="optimal",
        allocation={cell.id: float(x) for cell, x in zip(problem.cells, spend, strict=True)},
        predicted_value=value,
        certificate=Certificate(gap=gap, bound=max(bound, value), seconds=seconds, solver=SOLVER_NAME),
        binding=binding(problem, bounds, rows, shadow, spend),
        shadow_prices=shadow,
        chords=_on_chords(problem, bounds, spend),
    )


def _on_chords(problem: Problem, bounds: Bounds, spend: Floats) -> tuple[str, ...]:
    envelope = values_of(problem, bounds, spend)
    return tuple(
        cell.id
        for cell, x, above in zip(problem.cells, spend, envelope, strict=True)
        if above - value_at(cell.curve, float(x)) > 1e-9 * max(abs(above), 1.0)
    )


def _stock_conflict(oversold: tuple[str, ...], most: int = 3) -> tuple[str, ...]:
    """The pieces alone admit an answer but no spend was found: only stock rows tell the two apart."""
    named = " and ".join(oversold[:most])
    more = f" (and {len(oversold) - most} more)" if len(oversold) > most else ""
    return (f"{named}{more} but the spending that the other limits ask for sells more",)
