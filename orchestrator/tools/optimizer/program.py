"""One round of the allocation as a linear program over pieces.

Lines that occur in the same constraints with the same weights share one column, their summed spend, which equals the
sum of their minimums and pieces. Constraints on spend are written on those sums: the same optimum with a fraction of
the nonzeros, and with as few rows as the plan has kinds of lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.model import Model
from orchestrator.tools.optimizer.pieces import Pieces
from orchestrator.tools.optimizer.rows import AT_MOST, Row
from orchestrator.tools.optimizer.solver import LinearRow, Program, Solution, solved
from orchestrator.tools.optimizer.timing import Deadline

# Keeps money out of lines where it would bring nothing: far below any price that matters, above the solver's tolerance.
IDLE_PRICE_SHARE = 1e-7


@dataclass(frozen=True)
class Round:
    """A solved round. `spend` (lines,); `dual` by row name, see `Solution`; `bound` on the pieces' optimum."""

    spend: Floats
    dual: Mapping[str, float]
    bound: float
    is_finished: bool


def solve(
    model: Model, pieces: Pieces, rows: Sequence[Row], deadline: Deadline, tangent_at: Floats | None = None
) -> Round | None:
    """None when no spend keeps the rows. Raises OutOfTime.

    `tangent_at` (lines,): spends at which rows that cap value are linearised; without it they count chords. Counting
    chords is a relaxation; the tangents lie above the curves, so with them whatever is returned keeps the rows.
    """
    program = program_of(model, pieces, rows, tangent_at)
    solution = solved(program, model.options.solver, deadline)
    return None if solution is None else round_of(model, pieces, solution)


def round_of(model: Model, pieces: Pieces, solution: Solution) -> Round:
    filled = solution.columns[: len(pieces.width)]
    spend = model.bounds.low + np.bincount(pieces.line, filled, minlength=len(model.bounds.low))
    bound = solution.bound + float(pieces.base.sum())
    return Round(np.clip(spend, model.bounds.low, model.bounds.high), solution.dual, bound, solution.is_finished)


def program_of(
    model: Model,
    pieces: Pieces,
    rows: Sequence[Row],
    tangent_at: Floats | None = None,
    idle_price_share: float = IDLE_PRICE_SHARE,
) -> Program:
    """Columns: the pieces' spends, then the sums of each kind of line."""
    kind = kinds_of(len(model.bounds.low), rows)
    sums = len(pieces.width)
    low, high = (_summed(bound, kind) for bound in (model.bounds.low, model.bounds.high))
    idle = idle_price_share * max(float(pieces.slope.max(initial=0.0)), 1e-12)
    return Program(
        objective=np.append(pieces.slope - idle, np.zeros(len(low))),
        low=np.append(np.zeros(sums), low),
        high=np.append(pieces.width, high),
        rows=(
            *_sums_are_their_pieces(kind, pieces, low),
            *(_written(model, row, pieces, kind, tangent_at) for row in rows),
        ),
    )


def _summed(amounts: Floats, kind: Ints) -> Floats:
    return np.bincount(kind, amounts).astype(float)


def kinds_of(count: int, rows: Sequence[Row]) -> Ints:
    """(lines,) equal for lines that every row over spend treats alike."""
    seen: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for number, row in enumerate(rows):
        for line, weight in zip(row.lines.tolist(), row.spend_weights.tolist(), strict=True):
            if weight:
                seen[line].append((number, weight))
    numbers: dict[tuple[tuple[int, float], ...], int] = {}
    return np.array([numbers.setdefault(tuple(where), len(numbers)) for where in seen])


def _sums_are_their_pieces(kind: Ints, pieces: Pieces, low: Floats) -> Iterator[LinearRow]:
    of_piece = kind[pieces.line]
    order = np.argsort(of_piece, kind="stable")
    ends = np.searchsorted(of_piece[order], np.arange(len(low) + 1))
    for number in range(len(low)):
        inside = order[ends[number] : ends[number + 1]]
        columns = np.append(inside, len(kind[pieces.line]) + number)
        yield LinearRow(None, columns, np.append(np.full(len(inside), -1.0), 1.0), 0, float(low[number]))


def _written(model: Model, row: Row, pieces: Pieces, kind: Ints, tangent_at: Floats | None) -> LinearRow:
    sums = len(pieces.width)
    first = np.unique(kind[row.lines[row.spend_weights != 0]], return_index=True)
    columns, weights = sums + first[0], row.spend_weights[row.spend_weights != 0][first[1]]
    if row.is_on_spend_only:
        return LinearRow(row.name, columns, weights, row.sense, row.rhs)
    per_line = np.zeros(len(kind))
    per_line[row.lines] = row.value_weights
    if row.caps_value and tangent_at is not None:
        slope, rhs = _tangents(model, per_line, tangent_at)
        slopes = slope[pieces.line]
        # On the pieces' own columns spend counts from the minimum on.
        rhs = row.rhs - rhs - float(slope @ model.bounds.low)
    else:
        slopes = per_line[pieces.line] * (pieces.chord if row.sense == AT_MOST else pieces.slope)
        rhs = row.rhs - float(per_line @ pieces.base)
    used = np.flatnonzero(slopes)
    return LinearRow(row.name, np.append(columns, used), np.append(weights, slopes[used]), row.sense, rhs)


def _tangents(model: Model, per_line: Floats, at: Floats) -> tuple[Floats, float]:
    """(lines,) slope of weight * value at `at`, and the sum of where those tangents cut spend 0."""
    counted = per_line != 0
    slope = model.curves.slope(at)
    # A root curve at 0. Any other point gives a valid tangent too.
    at = np.where(np.isinf(slope), at + 1e-6 * (model.bounds.high - model.bounds.low), at)
    slope = np.where(counted, model.curves.slope(at), 0.0)
    starts = per_line * (model.curves.envelope(at) - slope * at)
    return per_line * slope, float(starts[counted].sum())


def with_slack(program: Program, names: Mapping[str, float]) -> Program:
    """The same constraints with a slack column for each named row, and their sum, each times its cost, as the loss."""
    rows, columns = [], len(program.low)
    costs: list[float] = []
    for row in program.rows:
        if row.name is not None and row.name in names:
            sign = -1.0 if row.sense == AT_MOST else 1.0
            rows.append(row.extended(columns + len(costs), sign))
            costs.append(names[row.name])
        else:
            rows.append(row)
    more = len(costs)
    return Program(
        objective=np.append(np.zeros(columns), -np.array(costs)),
        low=np.append(program.low, np.zeros(more)),
        high=np.append(program.high, np.full(more, np.inf)),
        rows=tuple(rows),
        integers=program.integers,
    )
