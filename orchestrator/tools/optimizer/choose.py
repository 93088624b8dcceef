"""Which lines are launched and which labels are active: a mixed-integer program over pieces that lie above the curves.

Above, so that the solver's own bound is one on the plan's true value; the plan itself is then refined with the choices
fixed.
"""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from orchestrator.tools.optimizer.bounds import Bounds
from orchestrator.tools.optimizer.certify import upper_bound
from orchestrator.tools.optimizer.curves import Flags, Ints
from orchestrator.tools.optimizer.model import Model
from orchestrator.tools.optimizer.pieces import Focus, Pieces, cut, cut_above, spread_in
from orchestrator.tools.optimizer.program import Round, program_of, round_of
from orchestrator.tools.optimizer.refine import Found, NotFound, is_close, refined, slopes
from orchestrator.tools.optimizer.rounding import guessed
from orchestrator.tools.optimizer.rows import AT_LEAST, AT_MOST
from orchestrator.tools.optimizer.solver import LinearRow, Program, solved
from orchestrator.tools.optimizer.timing import Deadline, OutOfTime

LAUNCHES = "minimum launch spends"
ACTIVE = "active limit"
MOST_GUESSES = 4
MOST_SEARCHES = 3
SEARCH_GAP = 1e-4  # relative: what is promised of a plan, and where a mixed-integer search may stop


def chosen(model: Model, deadline: Deadline) -> Found | NotFound:
    """Raises OutOfTime when the time is up before the first plan.

    Prices guess first: where the guess is proven close enough, nothing is searched.
    """
    relaxed = refined(model.without_choices(), deadline)
    if isinstance(relaxed, NotFound):
        return relaxed
    if model.choices.most is not None and len(set(model.choices.label[model.bounds.low > 0])) > model.choices.most:
        return NotFound()
    best, bound = _by_prices(model, relaxed)
    if best is not None and is_close(best.value, bound, SEARCH_GAP):
        return replace(best, bound=bound, is_finished=True)
    try:
        best, bound = _by_search(model, best, relaxed, bound, deadline)
    except OutOfTime:
        if best is None:
            raise
        return replace(best, bound=bound, is_finished=False)
    return NotFound() if best is None else replace(best, bound=bound)


def _by_prices(model: Model, relaxed: Found) -> tuple[Found | None, float]:
    """The best plan with guessed choices, and the least bound on any plan."""
    best: Found | None = None
    bound, prices = relaxed.bound, relaxed.prices
    tried: set[bytes] = set()
    for _ in range(MOST_GUESSES):
        guess = guessed(model, prices)
        bound = min(bound, guess.bound)
        if guess.is_open.tobytes() in tried:
            break
        tried.add(guess.is_open.tobytes())
        plan = refined(_with_choices_fixed(model, guess.is_open), Deadline())
        if isinstance(plan, NotFound):
            break
        if best is None or plan.value > best.value:
            best = plan
        bound, prices = min(bound, upper_bound(model, plan.prices)), plan.prices
    return best, bound


def _by_search(
    model: Model, best: Found | None, relaxed: Found, bound: float, deadline: Deadline
) -> tuple[Found | None, float]:
    """Mixed-integer programs, their pieces finer and finer round the best plan. Raises OutOfTime if the first fails."""
    is_finished = False
    for number in range(MOST_SEARCHES):
        near = relaxed if best is None else best
        focus = Focus(slopes(model, near.prices), spread_in(number + 1), near.spend)
        try:
            found = _search(model, focus, deadline)
        except OutOfTime:
            if number == 0:
                raise
            is_finished = False
            break
        if found is None:
            break
        is_open, search = found
        bound, is_finished = min(bound, search.bound), search.is_finished
        plan = refined(_with_choices_fixed(model, is_open), Deadline())
        is_better = isinstance(plan, Found) and (best is None or plan.value > best.value * (1 + SEARCH_GAP / 10))
        if isinstance(plan, Found) and (best is None or plan.value > best.value):
            best = plan
        if not is_better or not is_finished or best is None or is_close(best.value, bound, SEARCH_GAP):
            break
    return None if best is None else replace(best, is_finished=is_finished), bound


def program_with_choices(model: Model, pieces: Pieces) -> tuple[Program, Ints, Ints]:
    """The program, and the columns of the launches (of the lines that have one) and of the labels' activity."""
    choices, high = model.choices, model.bounds.high
    launched = np.flatnonzero(choices.launch)
    program = program_of(model, pieces, model.rows, idle_price_share=0.0)
    first = len(program.low)
    launch_columns = first + np.arange(len(launched))
    label_columns = first + len(launched) + np.arange(len(choices.labels) if choices.most is not None else 0)
    more = len(launched) + len(label_columns)
    rows = [*program.rows, *_launch_rows(model, pieces, launched, launch_columns)]
    if choices.most is not None:
        everything = np.arange(len(high))
        rows += _switch_rows(model, pieces, everything, label_columns[choices.label])
        rows.append(LinearRow(ACTIVE, label_columns, np.ones(len(label_columns)), AT_MOST, float(choices.most)))
    grown = Program(
        objective=np.append(program.objective, np.zeros(more)),
        low=np.append(program.low, np.zeros(more)),
        high=np.append(program.high, np.ones(more)),
        rows=tuple(rows),
        integers=tuple(range(first, first + more)),
    )
    return grown, launch_columns, label_columns


def _search(model: Model, focus: Focus, deadline: Deadline) -> tuple[Flags, Round] | None:
    """Which lines may get money, and the solved program. Where no pieces can lie above, its bound is no use."""
    coarse = max(2, model.options.segments // 3)
    above = cut_above(model.curves, coarse, focus)
    pieces = cut(model.curves, coarse, focus) if above is None else above
    program, launch_columns, label_columns = program_with_choices(model, pieces)
    solution = solved(program, model.options.solver, deadline)
    if solution is None:
        return None
    found = round_of(model, pieces, solution)
    is_open = np.ones(len(model.bounds.low), dtype=bool)
    is_open[np.flatnonzero(model.choices.launch)] = solution.columns[launch_columns] > 0.5
    if model.choices.most is not None:
        is_open &= (solution.columns[label_columns] > 0.5)[model.choices.label]
    return is_open, found if above is not None else replace(found, bound=math.inf)


def _with_choices_fixed(model: Model, is_open: Flags) -> Model:
    bounds, choices = model.bounds, model.choices
    launched = is_open & (choices.launch > bounds.low)
    cells = [model.lines.problem.cells[c].id for c in model.lines.cell]
    low_names = (
        f"cell {cell!r} minimum launch" if new else old
        for cell, new, old in zip(cells, launched, bounds.low_names, strict=True)
    )
    high_names = (
        name if kept else f"cell {cell!r} not launched"
        for cell, kept, name in zip(cells, is_open, bounds.high_names, strict=True)
    )
    fixed = Bounds(
        np.where(launched, choices.launch, bounds.low),
        np.where(is_open, bounds.high, bounds.low),
        tuple(low_names),
        tuple(high_names),
    )
    return model.within(fixed).without_choices()


def _launch_rows(model: Model, pieces: Pieces, lines: Ints, columns: Ints) -> Iterator[LinearRow]:
    """launch * on <= spend <= high * on."""
    yield from _switch_rows(model, pieces, lines, columns)
    for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
        inside = np.flatnonzero(pieces.line == line)
        weights = np.append(np.ones(len(inside)), -model.choices.launch[line])
        low = float(model.bounds.low[line])
        yield LinearRow(f"{LAUNCHES} {line}", np.append(inside, column), weights, AT_LEAST, -low)


def _switch_rows(model: Model, pieces: Pieces, lines: Ints, columns: Ints) -> Iterator[LinearRow]:
    for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
        inside = np.flatnonzero(pieces.line == line)
        weights = np.append(np.ones(len(inside)), -float(model.bounds.high[line]))
        yield LinearRow(None, np.append(inside, column), weights, AT_MOST, -float(model.bounds.low[line]))
