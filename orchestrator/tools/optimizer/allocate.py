"""The allocation: the best spend under every limit and its certificate, or the limits that conflict."""

import time

import numpy as np

from orchestrator.tools.optimizer.certify import binding, shadow_prices
from orchestrator.tools.optimizer.choose import chosen
from orchestrator.tools.optimizer.conflicts import Conflict, crossed, explained, oversold
from orchestrator.tools.optimizer.curves import Floats
from orchestrator.tools.optimizer.lines import lines_of
from orchestrator.tools.optimizer.model import Model, model_of, within_own_stock
from orchestrator.tools.optimizer.refine import Found, NotFound, refined
from orchestrator.tools.optimizer.solver import solver_name
from orchestrator.tools.optimizer.timing import Clock, Deadline, OutOfTime
from schemas.optimization import Allocation, Certificate, Problem


def optimize(problem: Problem, clock: Clock = time.perf_counter) -> Allocation:
    """The spend per cell with the most value under every limit, or the limits that conflict. Never raises for limits.

    The gap is certified by the dual bound over the curves themselves, not over the pieces that stand for them.
    """
    started = clock()
    deadline = Deadline.after(problem.options.time_limit_seconds, clock)
    lines = lines_of(problem)
    crossing = crossed(lines.of_cells) or crossed(lines.bounds)
    if crossing:
        return _infeasible(crossing)
    whole = model_of(lines)
    crossing = crossed(whole.bounds)
    if crossing:
        return _infeasible(crossing)
    model = within_own_stock(whole)
    try:
        found = (chosen if model.choices.are_needed else refined)(model, deadline)
    except OutOfTime:
        return Allocation(status="time_limit")
    if isinstance(found, NotFound):
        conflicts = explained(whole)
        if not conflicts and found.spend is not None:
            conflicts = [oversold(model, found.spend, found.oversold)]
        return _infeasible(conflicts)
    return _answer(model, found, clock() - started)


def _infeasible(conflicts: list[Conflict]) -> Allocation:
    slack: dict[str, float] = {}
    for conflict in conflicts:
        for name, amount in conflict.slack_needed.items():
            slack[name] = max(amount, slack.get(name, 0.0))
    words = tuple(conflict.words for conflict in conflicts)
    return Allocation(status="infeasible", conflicts=words, slack_needed=slack)


def _answer(model: Model, found: Found, seconds: float) -> Allocation:
    cells = [cell.id for cell in model.lines.problem.cells]
    shadow = shadow_prices(model, found.prices, found.spend)
    gap = max(0.0, (found.bound - found.value) / found.bound) if found.bound > 0 else 0.0
    return Allocation(
        status="optimal" if found.is_finished else "time_limit",
        allocation=dict(zip(cells, _by_cell(model, found.spend), strict=True)),
        periods={
            period.name: dict(zip(cells, found.spend[model.lines.of_period(number)].tolist(), strict=True))
            for number, period in enumerate(model.options.periods)
        },
        predicted_value=found.value,
        certificate=Certificate(
            gap=gap, bound=max(found.bound, found.value), seconds=seconds, solver=solver_name(model.options.solver)
        ),
        binding=binding(model, shadow, found.spend),
        shadow_prices=shadow,
        chords=_on_chords(model, found.spend),
    )


def _by_cell(model: Model, spend: Floats) -> list[float]:
    totals: list[float] = np.bincount(model.lines.cell, spend).tolist()
    return totals


def _on_chords(model: Model, spend: Floats) -> tuple[str, ...]:
    envelope = model.curves.envelope(spend)
    below = envelope - model.curves.value(spend) > 1e-9 * np.maximum(np.abs(envelope), 1.0)
    cells = (model.lines.problem.cells[c].id for c in model.lines.cell[below])
    return tuple(dict.fromkeys(cells))
