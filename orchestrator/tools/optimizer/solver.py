"""The only module that speaks to PuLP, HiGHS and CBC: build, solve, read status and duals with one meaning."""

import contextlib
import ctypes
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import highspy
import numpy as np
import pulp

from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.timing import Deadline, OutOfTime

MIP_GAP = 5e-5  # relative: where a mixed-integer search stops, half of the gap that is promised


@dataclass(frozen=True)
class LinearRow:
    """sum of weights * columns, at most (`sense` -1) or at least (+1) or exactly (0) `rhs`; without a name, no dual."""

    name: str | None
    columns: Ints
    weights: Floats
    sense: int
    rhs: float

    def extended(self, column: int, weight: float) -> "LinearRow":
        return replace(self, columns=np.append(self.columns, column), weights=np.append(self.weights, weight))


@dataclass(frozen=True)
class Program:
    """Maximise `objective` (columns,) over `low` <= columns <= `high` and the rows; `integers` are whole numbers."""

    objective: Floats
    low: Floats
    high: Floats
    rows: tuple[LinearRow, ...]
    integers: Sequence[int] = ()


@dataclass(frozen=True)
class Solution:
    """`dual` per row name: how much the maximum rises per extra unit of that row's right-hand side.

    `bound`: the solver's proof that no solution is worth more; infinite where it gives none. `is_finished` is False for
    the best of a mixed-integer search that was stopped.
    """

    columns: Floats
    dual: Mapping[str, float]
    bound: float
    is_finished: bool


def solver_name(solver: str) -> str:
    return f"PuLP {pulp.__version__} / {'HiGHS' if solver == 'highs' else 'CBC'}"


def solved(program: Program, solver: str, deadline: Deadline) -> Solution | None:
    """None when no point satisfies the rows. Raises OutOfTime when stopped without a usable point.

    Minimises -objective, because for a maximisation PuLP's HiGHS returns duals of the opposite sign to CBC's.
    """
    model, columns = _built(program)
    seconds = deadline.seconds_left()
    model.solve(_solver(solver, bool(program.integers), seconds))
    # An infeasible program leaves values in its variables too, so the status is read before anything else.
    if model.status == pulp.LpStatusInfeasible:
        return None
    is_finished = model.sol_status == pulp.LpSolutionOptimal
    # PuLP calls a stopped search "Optimal"; only the solution's own status tells. A stopped LP's point breaks rows.
    if not is_finished and seconds is not None and (model.status != pulp.LpStatusOptimal or not program.integers):
        raise OutOfTime
    if model.status != pulp.LpStatusOptimal:
        raise RuntimeError(f"the solver ended with {pulp.LpStatus[model.status]!r} on a bounded program")
    values = np.array([column.value() or 0.0 for column in columns])
    named = ((row.name, f"r{i}") for i, row in enumerate(program.rows) if row.name is not None)
    dual = {name: -(model.get_constraint_by_name(row).pi or 0.0) for name, row in named}
    return Solution(values, dual, _bound(model, program, solver, values), is_finished)


def _built(program: Program) -> tuple[pulp.LpProblem, list[pulp.LpVariable]]:
    model = pulp.LpProblem("allocation", pulp.LpMinimize)
    whole = set(program.integers)
    columns = [
        model.add_variable(
            f"c{i}", low, None if math.isinf(high) else high, pulp.LpInteger if i in whole else pulp.LpContinuous
        )
        for i, (low, high) in enumerate(zip(program.low.tolist(), program.high.tolist(), strict=True))
    ]
    costs = (-program.objective).tolist()
    model.setObjective(pulp.LpAffineExpression([(columns[i], costs[i]) for i in np.flatnonzero(program.objective)]))
    for number, row in enumerate(program.rows):
        terms = [(columns[i], weight) for i, weight in zip(row.columns.tolist(), row.weights.tolist(), strict=True)]
        model.addConstraint(pulp.LpConstraint(pulp.LpAffineExpression(terms), row.sense, f"r{number}", row.rhs))
    return model, columns


def _solver(solver: str, has_integers: bool, seconds: float | None) -> pulp.LpSolver:
    """HiGHS spends most of its time in presolve on the linear programs, so there it is off."""
    if solver == "cbc":
        return pulp.COIN_CMD(
            path=pulp.PULP_CBC_CMD.pulp_cbc_path, msg=False, threads=1, timeLimit=seconds, gapRel=MIP_GAP
        )
    presolve = "choose" if has_integers else "off"
    return pulp.HiGHS(msg=False, threads=1, timeLimit=seconds, gapRel=MIP_GAP, presolve=presolve)


def _bound(model: pulp.LpProblem, program: Program, solver: str, values: Floats) -> float:
    """CBC does not tell PuLP how far its search had proven anything."""
    if not program.integers:
        return float(program.objective @ values)
    return math.inf if solver == "cbc" else -float(model.solverModel.getInfo().mip_dual_bound)


def _print_banner_nowhere() -> None:
    """HiGHS prints its banner to the process's stdout when the first model is made, whatever it was told.

    It is made here, once, with stdout pointing nowhere, so that a command's last line stays its result.
    """
    with contextlib.suppress(OSError, AttributeError, ValueError):
        flush = ctypes.CDLL(None).fflush
        sys.stdout.flush()
        flush(None)
        kept = os.dup(1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 1)
            highspy.Highs()  # type: ignore[no-untyped-call]
            flush(None)
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(nowhere)


_print_banner_nowhere()
