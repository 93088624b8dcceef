"""What a plan is compared with: how budgets are split without this optimiser, and the best that any plan could do.

Each takes a problem and returns a whole plan, valued on the problem's own curves; an evaluation that knows the truth
values the same spend again with `value_of`. None of them splits the campaign into periods.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import LinearConstraint, minimize

from orchestrator.tools.optimizer.allocate import optimize
from orchestrator.tools.optimizer.curves import Floats, value_at
from orchestrator.tools.optimizer.limits import spendable
from orchestrator.tools.optimizer.lines import lines_of
from orchestrator.tools.optimizer.model import Model, model_of
from orchestrator.tools.optimizer.refine import water_level
from orchestrator.tools.optimizer.rows import AT_MOST
from schemas.errors import InputInvalid, PlanInfeasible
from schemas.optimization import PointsCurve, Problem

HALVINGS = 100
BOX_SHARE = 0.3  # Meridian's and Robyn's usual reach; Meridian 2.1.0 defaults to it for a fixed budget
SLSQP_OPTIONS = {"ftol": 1e-9, "maxiter": 1000}  # pymc-marketing 0.19.2, mmm/budget_optimizer.py


@dataclass(frozen=True)
class BaselinePlan:
    """`breaks`: the problem's limits that the plan does not keep. `note`: what its method said about itself."""

    name: str
    allocation: dict[str, float]
    value: float
    breaks: tuple[str, ...] = ()
    note: str = ""


def status_quo(problem: Problem) -> BaselinePlan:
    """Today's spend, scaled down where it is more than the budget."""
    current = np.array([cell.current for cell in problem.cells])
    total = float(current.sum())
    return _plan("status quo", problem, current * min(1.0, spendable(problem) / total if total > 0 else 1.0))


def equal_split(problem: Problem) -> BaselinePlan:
    """The same amount for every cell, as far as each cell's own limits let it."""
    model = _model(problem)
    low, high = model.bounds.low, model.bounds.high
    least, most = 0.0, spendable(problem)
    for _ in range(HALVINGS):
        amount = (least + most) / 2
        fits = float(np.clip(amount, low, high).sum()) <= spendable(problem)
        least, most = (amount, most) if fits else (least, amount)
    return _plan("equal split", problem, np.clip(least, low, high))


def linear_roas(problem: Problem, roas: Mapping[str, float] | None = None) -> BaselinePlan:
    """A linear program that takes each cell's return for constant: `roas` by cell id (a report's attributed ROAS), or
    the curve's average at today's spend. Raises PlanInfeasible."""
    found = {
        cell.id: value_at(cell.curve, cell.current) / cell.current if cell.current else 0.0 for cell in problem.cells
    }
    returns = found if roas is None else roas
    straight = tuple(
        cell.model_copy(
            update={
                "curve": PointsCurve(
                    kind="points", points=((0, 0), (problem.budget + 1, returns[cell.id] * (problem.budget + 1)))
                )
            }
        )
        for cell in problem.cells
    )
    return _optimised("linear ROAS", problem, problem.model_copy(update={"cells": straight}))


def best_in_box(problem: Problem) -> BaselinePlan:
    """The best plan that moves no cell by more than 30 %. Raises PlanInfeasible."""
    share = problem.options.max_change_share
    narrow = {"max_change_share": BOX_SHARE if share is None else min(share, BOX_SHARE)}
    return _optimised(
        "best in a 30 % box", problem, problem.model_copy(update={"options": problem.options.model_copy(update=narrow)})
    )


def slsqp(problem: Problem) -> BaselinePlan:
    """SciPy's SLSQP from an equal split, the budget an equality, as PyMC-Marketing's BudgetOptimizer calls it.

    Rows over spend are kept; those over value are left to be broken. It reports success at a local optimum too.
    """
    model = _model(problem)
    low, high = model.bounds.low, model.bounds.high
    total = min(spendable(problem), float(high.sum()))
    step = 1e-6 * np.maximum(high - low, 1e-9)

    def loss(spend: Floats) -> float:
        return -math.fsum(model.curves.value(np.clip(spend, low, high)))

    def gradient(spend: Floats) -> Floats:
        before, after = np.clip(spend - step, low, high), np.clip(spend + step, low, high)
        width = np.maximum(after - before, 1e-300)
        slope: Floats = (model.curves.value(before) - model.curves.value(after)) / width
        return slope

    everything = np.ones(len(low))
    constraints = [LinearConstraint(everything, total, total)]
    for row in model.rows:
        if row.is_on_spend_only and row.name not in ("budget", "whole budget"):
            weights = np.zeros(len(low))
            weights[row.lines] = row.spend_weights
            ends = (-np.inf, row.rhs) if row.sense == AT_MOST else (row.rhs, np.inf)
            constraints.append(LinearConstraint(weights, *ends))
    start = np.clip(everything * total / len(low), low, high)
    bounds = np.column_stack([low, high])
    found = minimize(
        loss, start, jac=gradient, bounds=bounds, constraints=constraints, method="SLSQP", options=SLSQP_OPTIONS
    )
    return _plan("SLSQP", problem, np.clip(found.x, low, high), "" if found.success else str(found.message))


def oracle(problem: Problem) -> BaselinePlan:
    """The exact optimum by water-filling: every cell is funded until its slope falls to one price for all.

    Exact for concave curves; of an S-shaped one it takes the envelope. Knows a budget and the cells' own limits only:
    raises InputInvalid naming any other.
    """
    model = _model(problem)
    others = [row.name for row in model.rows if row.name != "budget"]
    if others or model.choices.are_needed:
        named = others[0] if others else "minimum launches or an active limit"
        raise InputInvalid(
            f"water-filling knows a budget and the limits of cells only, and the problem has {named!r}; use optimize"
        )
    level = water_level(model, spendable(problem))
    count = len(model.bounds.low)
    filled = model.curves.spend_at(np.full(count, level))
    # Straight stretches all end at one price; what is left of the budget fills them in order.
    room = model.curves.spend_at(np.full(count, level * (1 - 1e-9))) - filled
    left = max(0.0, spendable(problem) - float(filled.sum()))
    return _plan("oracle", problem, filled + np.clip(left - (np.cumsum(room) - room), 0.0, room))


BASELINES: Mapping[str, Callable[[Problem], BaselinePlan]] = {
    "status quo": status_quo,
    "equal split": equal_split,
    "linear ROAS": linear_roas,
    "best in a 30 % box": best_in_box,
    "SLSQP": slsqp,
    "oracle": oracle,
}


def value_of(problem: Problem, allocation: Mapping[str, float]) -> float:
    """What an allocation is worth on the problem's curves, spent evenly over the campaign."""
    return math.fsum(value_at(cell.curve, allocation[cell.id]) for cell in problem.cells)


def _whole(problem: Problem) -> Problem:
    options = problem.options.model_copy(update={"periods": (), "pacing": None, "max_step": None})
    return problem.model_copy(update={"options": options})


def _model(problem: Problem) -> Model:
    """Raises PlanInfeasible where a cell's own limits cross."""
    lines = lines_of(_whole(problem))
    if lines.bounds.crossed():
        answer = optimize(problem)
        raise PlanInfeasible(f"no plan keeps the limits: {'; '.join(answer.conflicts)}", answer.conflicts)
    return model_of(lines)


def _optimised(name: str, problem: Problem, changed: Problem) -> BaselinePlan:
    answer = optimize(_whole(changed))
    if not answer.allocation:
        raise PlanInfeasible(f"{name}: no plan keeps the limits: {'; '.join(answer.conflicts)}", answer.conflicts)
    return _plan(name, problem, np.array([answer.allocation[cell.id] for cell in problem.cells]))


def _plan(name: str, problem: Problem, spend: Floats, note: str = "") -> BaselinePlan:
    model = _model(problem)
    allocation = dict(zip((cell.id for cell in problem.cells), spend.tolist(), strict=True))
    return BaselinePlan(name, allocation, value_of(problem, allocation), _broken(model, spend), note)


def _broken(model: Model, spend: Floats) -> tuple[str, ...]:
    values = model.curves.value(spend)
    broken = [
        row.name
        for row in model.rows
        if row.sense * (row.rhs - row.total(spend, values)) > 1e-6 * max(abs(row.rhs), 1.0)
    ]
    margin = 1e-6 * np.maximum(model.bounds.high, 1.0)
    over = np.flatnonzero(spend > model.bounds.high + margin)
    under = np.flatnonzero(spend < model.bounds.low - margin)
    named = [model.bounds.high_names[i] for i in over] + [model.bounds.low_names[i] for i in under]
    return tuple(dict.fromkeys(broken + named))
