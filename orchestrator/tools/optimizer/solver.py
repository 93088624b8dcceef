"""The only module that speaks to PuLP and HiGHS: build, solve, read duals with one meaning."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import pulp

from orchestrator.tools.optimizer.curves import Floats

SOLVER_NAME = f"PuLP {pulp.__version__} / HiGHS"


@dataclass(frozen=True)
class LinearRow:
    """sum of coefficients * columns, at most (`sense` -1) or at least (+1) or exactly (0) `rhs`."""

    name: str
    terms: Mapping[int, float]
    sense: int
    rhs: float


@dataclass(frozen=True)
class LinearSolution:
    """`dual` per row name: how much the maximum rises per extra unit of that row's right-hand side."""

    columns: Floats
    dual: Mapping[str, float]


def maximise(
    objective: Floats, low: Floats, high: Floats, rows: Sequence[LinearRow], solver: pulp.LpSolver | None = None
) -> LinearSolution | None:
    """None when no point satisfies the rows. `objective`, `low`, `high`: (columns,).

    Minimises -objective, because for a maximisation PuLP's HiGHS returns duals of the opposite sign to CBC's. HiGHS
    spends most of its time in presolve on such programs, so it is off.
    """
    program = pulp.LpProblem("allocation", pulp.LpMinimize)
    columns = [
        program.add_variable(f"c{i}", float(lower), float(upper))
        for i, (lower, upper) in enumerate(zip(low, high, strict=True))
    ]
    used = np.flatnonzero(objective)
    program.setObjective(pulp.LpAffineExpression([(columns[i], -float(objective[i])) for i in used]))
    for number, row in enumerate(rows):
        expression = pulp.LpAffineExpression([(columns[i], weight) for i, weight in row.terms.items()])
        program.addConstraint(pulp.LpConstraint(expression, row.sense, f"r{number}", row.rhs))
    program.solve(solver or pulp.HiGHS(msg=False, threads=1, presolve="off"))
    # An infeasible program leaves values in its variables too, so the status is read before anything else.
    if program.status == pulp.LpStatusInfeasible:
        return None
    if program.status != pulp.LpStatusOptimal:
        raise RuntimeError(f"the solver ended with {pulp.LpStatus[program.status]!r} on a bounded linear program")
    values = np.array([column.value() or 0.0 for column in columns])
    dual = {row.name: -(program.get_constraint_by_name(f"r{i}").pi or 0.0) for i, row in enumerate(rows)}
    return LinearSolution(values, dual)


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
