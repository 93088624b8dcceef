"""Why a problem has no answer: irreducible sets of constraints that cannot hold together, in a planner's words."""

from collections.abc import Sequence

import numpy as np

from orchestrator.tools.optimizer.curves import Flags
from orchestrator.tools.optimizer.limits import AT_LEAST, AT_MOST, Bounds, Row, cell_bounds, rows_of
from orchestrator.tools.optimizer.program import Pieces, cut, solve
from schemas.optimization import Problem

MOST_CONFLICTS = 5


def crossed_bounds(problem: Problem, bounds: Bounds) -> list[str]:
    """Limits of a single cell or group that contradict each other, found without a solver."""
    found = [
        f"{bounds.low_names[i]} is {bounds.low[i]:g} but {bounds.high_names[i]} is {bounds.high[i]:g}"
        for i in bounds.crossed()
    ]
    found += [
        f"group {group.name!r} needs at least {group.min:g} but allows at most {group.max:g}"
        for group in problem.groups
        if group.max is not None and group.min > group.max
    ]
    return found


def explained(problem: Problem) -> tuple[str, ...]:
    """One sentence per conflict; each names constraints of which any one, loosened, would dissolve it."""
    bounds = cell_bounds(problem)
    crossed = crossed_bounds(problem, bounds)
    if crossed:
        return tuple(crossed)
    coarse = problem.model_copy(update={"options": problem.options.model_copy(update={"segments": 4})})
    cuts = cut(coarse, bounds)
    rows = list(rows_of(problem))
    found: list[str] = []
    while len(found) < MOST_CONFLICTS and solve(coarse, bounds, rows, cuts) is None:
        conflict = _irreducible(coarse, bounds, rows, cuts)
        found.append(_sentence(coarse, bounds, conflict))
        rows = [row for row in rows if row not in conflict] if len(conflict) < len(rows) else []
    return tuple(found)


def _irreducible(problem: Problem, bounds: Bounds, rows: Sequence[Row], cuts: Pieces) -> list[Row]:
    """Deletion filter, halving first: drops every row without which the rest still conflicts."""
    kept = list(rows)
    size = max(1, len(kept) // 2)
    while size >= 1:
        start = 0
        while start < len(kept):
            without = kept[:start] + kept[start + size :]
            if solve(problem, bounds, without, cuts) is None:
                kept = without
            else:
                start += size
        size //= 2
    return kept


def _sentence(problem: Problem, bounds: Bounds, conflict: Sequence[Row]) -> str:
    demands = [row.words for row in conflict if row.sense == AT_LEAST]
    allowances = [row.words for row in conflict if row.sense == AT_MOST]
    halves = [" and ".join(half) for half in (demands, allowances) if half]
    if len(halves) == 1 or not _holds_without_cell_limits(conflict):
        halves.append(_cell_limits(problem, bounds, conflict))
    return " but ".join(halves)


def _holds_without_cell_limits(conflict: Sequence[Row]) -> bool:
    """Whether the rows conflict even if cells had no limits of their own, for rows over one set of money.

    Minimums of disjoint groups inside one maximum conflict by themselves once they add up to more than it.
    """
    if not all(row.is_on_spend_only for row in conflict):
        return False
    demands = [row for row in conflict if row.sense == AT_LEAST]
    overlap = sum((row.members.astype(float) for row in demands), start=np.zeros(len(conflict[0].spend_weights)))
    allowed = [row for row in conflict if row.sense == AT_MOST]
    inside = all(any(_inside(row, outer) for outer in allowed) for row in demands)
    return inside and overlap.max(initial=0) <= 1 and sum(row.rhs for row in demands) > sum(row.rhs for row in allowed)


def _inside(row: Row, outer: Row) -> bool:
    return bool(np.all(outer.members[row.members]))


def _cell_limits(problem: Problem, bounds: Bounds, conflict: Sequence[Row]) -> str:
    members = np.any([row.members for row in conflict], axis=0)
    lows, highs = bounds.low[members], bounds.high[members]
    share = problem.options.max_change_share
    reason = "" if share is None else f" with a change limit of {share:.0%}"
    return f"the limits of their {_cells(members)}{reason} leave {lows.sum():g} to {highs.sum():g} in all"


def _cells(members: Flags) -> str:
    count = int(members.sum())
    return "1 cell" if count == 1 else f"{count} cells"
