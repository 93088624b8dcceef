"""Why a problem has no answer: sets of constraints that cannot hold together, and how far each would have to move."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.bounds import Bounds
from orchestrator.tools.optimizer.choose import ACTIVE, LAUNCHES, program_with_choices
from orchestrator.tools.optimizer.curves import Floats, Ints
from orchestrator.tools.optimizer.model import Model
from orchestrator.tools.optimizer.pieces import Pieces, cut
from orchestrator.tools.optimizer.program import program_of, with_slack
from orchestrator.tools.optimizer.rows import AT_LEAST, AT_MOST, Row
from orchestrator.tools.optimizer.solver import LinearRow, Program, Solution, solved
from orchestrator.tools.optimizer.timing import Deadline

MOST_CONFLICTS = 5
NO_SLACK = 1e-9


@dataclass(frozen=True)
class Conflict:
    """One sentence, and by constraint how far its right-hand side would have to move for the conflict to dissolve, if
    the others stayed where they are."""

    words: str
    slack_needed: Mapping[str, float]


def crossed(bounds: Bounds) -> list[Conflict]:
    """Limits of a single cell that contradict each other, found without a solver."""
    found = []
    for i in bounds.crossed():
        low, high, apart = bounds.low[i], bounds.high[i], float(bounds.low[i] - bounds.high[i])
        words = f"{bounds.low_names[i]} is {low:g} but {bounds.high_names[i]} is {high:g}"
        found.append(Conflict(words, {bounds.low_names[i]: apart, bounds.high_names[i]: apart}))
    return found


def explained(model: Model) -> list[Conflict]:
    """Each conflict names constraints of which any one, loosened by its slack, would dissolve it."""
    pieces = cut(model.curves, model.options.segments)
    rows = list(model.rows)
    found: list[Conflict] = []
    while len(found) < MOST_CONFLICTS and _solution(model, pieces, rows) is None:
        conflict = _irreducible(model, pieces, _suspects(model, pieces, rows))
        slack = {row.name: _slack(model, pieces, conflict, row) for row in conflict}
        found.append(Conflict(_sentence(model, conflict), slack))
        named = {row.name for row in conflict}
        rows = [row for row in rows if row.name not in named]
    return found or _of_choices(model, pieces)


def oversold(model: Model, spend: Floats, rows: Sequence[Row], most: int = 3) -> Conflict:
    """The pieces alone admit an answer but no spend was found: only rows that cap value tell the two apart."""
    named = " and ".join(row.words for row in rows[:most])
    more = f" (and {len(rows) - most} more)" if len(rows) > most else ""
    values = model.curves.envelope(spend)
    slack = {row.name: row.total(spend, values) - row.rhs for row in rows}
    return Conflict(f"{named}{more} but the spending that the other limits ask for sells more", slack)


def _solution(model: Model, pieces: Pieces, rows: Sequence[Row]) -> Solution | None:
    return _solved(model, program_of(model, pieces, rows))


def _solved(model: Model, program: Program) -> Solution | None:
    return solved(program, model.options.solver, Deadline())


def _suspects(model: Model, pieces: Pieces, rows: Sequence[Row]) -> list[Row]:
    """Rows with a price once every row may be broken at a cost: by Farkas' lemma these conflict by themselves."""
    costs = {row.name: 1 / max(abs(row.rhs), 1.0) for row in rows}
    solution = _solved(model, with_slack(program_of(model, pieces, rows), costs))
    assert solution is not None
    priced = [row for row in rows if abs(solution.dual[row.name]) > NO_SLACK]
    return priced if priced and _solution(model, pieces, priced) is None else list(rows)


def _irreducible(model: Model, pieces: Pieces, rows: Sequence[Row]) -> list[Row]:
    """Deletion filter, halving first: drops every row without which the rest still conflicts."""
    kept = list(rows)
    size = max(1, len(kept) // 2)
    while size >= 1:
        start = 0
        while start < len(kept):
            without = kept[:start] + kept[start + size :]
            if without and _solution(model, pieces, without) is None:
                kept = without
            else:
                start += size
        size //= 2
    return kept


def _slack(model: Model, pieces: Pieces, conflict: Sequence[Row], row: Row) -> float:
    """The least by which `row` must be broken for the rest of the conflict to hold."""
    solution = _solved(model, with_slack(program_of(model, pieces, conflict), {row.name: 1.0}))
    assert solution is not None, "without any one of its rows the conflict is none"
    return float(solution.columns[-1])


def _of_choices(model: Model, pieces: Pieces) -> list[Conflict]:
    """The linear limits can be kept: launches and the number of active labels cannot, or nothing is wrong."""
    if not model.choices.are_needed:
        return []
    program, launched, labels = program_with_choices(model, pieces)
    if _solved(model, program) is not None:
        return []
    launches = {row.name: 1.0 for row in program.rows if row.name is not None and row.name.startswith(LAUNCHES)}
    kinds = {LAUNCHES: launches, ACTIVE: {ACTIVE: 1.0} if len(labels) else {}}
    slack = {}
    for name, costs in kinds.items():
        solution = _solved(model, with_slack(program, costs)) if costs else None
        if solution is not None:
            slack[name] = float(solution.columns[len(program.low) :].sum())
    said = [model.choices.words] if len(labels) else []
    said += ["cells that get anything must get their minimum launch spend"] if len(launched) else []
    return [
        Conflict(f"{' and '.join(said)} but the other limits, which can be kept by themselves, do not allow it", slack)
    ]


def _sentence(model: Model, conflict: Sequence[Row]) -> str:
    demands = [row.words for row in conflict if row.sense == AT_LEAST]
    allowances = [row.words for row in conflict if row.sense == AT_MOST]
    halves = [" and ".join(half) for half in (demands, allowances) if half]
    if len(halves) == 1 or not _holds_without_cell_limits(model, conflict):
        halves.append(_cell_limits(model, conflict))
    return " but ".join(halves)


def _holds_without_cell_limits(model: Model, conflict: Sequence[Row]) -> bool:
    """Whether rows over spend would conflict even if cells had no limits of their own."""
    if not all(row.is_on_spend_only for row in conflict):
        return False
    rows = (LinearRow(row.name, row.lines, row.spend_weights, row.sense, row.rhs) for row in conflict)
    count = len(model.bounds.low)
    free = Program(np.zeros(count), np.zeros(count), np.full(count, np.inf), tuple(rows))
    return _solved(model, free) is None


def _cell_limits(model: Model, conflict: Sequence[Row]) -> str:
    members: Ints = np.unique(np.concatenate([row.lines for row in conflict]))
    lows, highs = model.bounds.low[members], model.bounds.high[members]
    share = model.options.max_change_share
    reason = "" if share is None else f" with a change limit of {share:.0%}"
    count = len(np.unique(model.lines.cell[members]))
    cells = "1 cell" if count == 1 else f"{count} cells"
    return f"the limits of their {cells}{reason} leave {lows.sum():g} to {highs.sum():g} in all"
