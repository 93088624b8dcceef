"""A problem's constraints under their names: bounds per cell, and rows over spend and value."""

from dataclasses import dataclass

import numpy as np

from orchestrator.tools.optimizer.curves import Flags, Floats, envelope_at
from schemas.optimization import Cell, Problem, matches

AT_MOST = -1
AT_LEAST = 1


@dataclass(frozen=True)
class Row:
    """sum of spend_weights * spend + value_weights * value, at most or at least `rhs`; weights: (cells,)."""

    name: str
    spend_weights: Floats
    value_weights: Floats
    sense: int
    rhs: float
    words: str

    @property
    def members(self) -> Flags:
        found: Flags = (self.spend_weights != 0) | (self.value_weights != 0)
        return found

    @property
    def is_on_spend_only(self) -> bool:
        return not self.value_weights.any()

    @property
    def is_stock(self) -> bool:
        return not self.spend_weights.any()


@dataclass(frozen=True)
class Bounds:
    """`low` and `high`: (cells,), currency units; the names say which limit set each."""

    low: Floats
    high: Floats
    low_names: tuple[str, ...]
    high_names: tuple[str, ...]

    def crossed(self) -> list[int]:
        return [int(i) for i in np.flatnonzero(self.low > self.high)]


def cell_bounds(problem: Problem) -> Bounds:
    """The tightest of each cell's own limits, its change limit, and the budget."""
    lows, highs, low_names, high_names = [], [], [], []
    for cell in problem.cells:
        floors, ceilings = _limits_of(cell, problem)
        low, low_name = max(floors, key=lambda limit: limit[0])
        high, high_name = min(ceilings, key=lambda limit: limit[0])
        lows.append(low)
        highs.append(high)
        low_names.append(low_name)
        high_names.append(high_name)
    return Bounds(np.array(lows), np.array(highs), tuple(low_names), tuple(high_names))


def _limits_of(cell: Cell, problem: Problem) -> tuple[list[tuple[float, str]], list[tuple[float, str]]]:
    floors = [(cell.min, f"cell {cell.id!r} minimum")]
    ceilings = [(problem.budget, "budget")] if cell.max is None else [(cell.max, f"cell {cell.id!r} maximum")]
    share = problem.options.max_change_share
    if share is not None:
        name = f"cell {cell.id!r} change limit"
        floors.append((cell.current * max(0.0, 1 - share), name))
        ceilings.append((cell.current * (1 + share), name))
    return floors, ceilings


def rows_of(problem: Problem) -> tuple[Row, ...]:
    count = len(problem.cells)
    every, none = np.ones(count), np.zeros(count)
    budget = problem.budget
    rows = [Row("budget", every, none, AT_MOST, budget, f"the budget is {budget:g}")]
    if problem.options.spend_all:
        rows.append(Row("whole budget", every, none, AT_LEAST, budget, f"the whole budget of {budget:g} must be spent"))
    for group in problem.groups:
        members = _members(problem, group.where)
        if group.min > 0:
            words = f"group {group.name!r} needs at least {group.min:g}"
            rows.append(Row(f"group {group.name!r} minimum", members, none, AT_LEAST, group.min, words))
        if group.max is not None:
            words = f"group {group.name!r} allows at most {group.max:g}"
            rows.append(Row(f"group {group.name!r} maximum", members, none, AT_MOST, group.max, words))
    rows += _stock_rows(problem, none)
    rows += _margin_rows(problem)
    return tuple(rows)


def _members(problem: Problem, where: dict[str, str]) -> Floats:
    return np.array([1.0 if matches(cell, where) else 0.0 for cell in problem.cells])


def _stock_rows(problem: Problem, none: Floats) -> list[Row]:
    units = np.array([cell.units_per_value or 0.0 for cell in problem.cells])
    return [
        Row(
            f"stock {stock.name!r}",
            none,
            _members(problem, stock.where) * units,
            AT_MOST,
            stock.units,
            f"stock {stock.name!r} covers at most {stock.units:g} units sold by advertising",
        )
        for stock in problem.options.stock
    ]


def _margin_rows(problem: Problem) -> list[Row]:
    floor = problem.options.margin_floor
    if floor is None:
        return []
    margins = np.array([cell.margin_share or 0.0 for cell in problem.cells])
    words = f"the margin floor asks for {floor:g} of margin, net of spend, per unit of spend"
    return [Row("margin floor", np.full(len(problem.cells), -(1 + floor)), margins, AT_LEAST, 0.0, words)]


def within_own_stock(problem: Problem, bounds: Bounds, rows: tuple[Row, ...]) -> Bounds:
    """Bounds with each cell's maximum lowered to what stock lets it sell by itself, the others at their minimums.

    No allowed plan is lost, and pieces are cut where the plan can be: a scarce SKU's range may be a thousandth of the
    budget. Bisection on the envelope.
    """
    high, names = bounds.high.copy(), list(bounds.high_names)
    least = values_of(problem, bounds, bounds.low)
    for row in rows:
        if not row.is_stock:
            continue
        left = row.rhs - float(row.value_weights @ least)
        for i in map(int, np.flatnonzero(row.value_weights)):
            curve, low = problem.cells[i].curve, float(bounds.low[i])
            most = float(least[i]) + left / float(row.value_weights[i])
            if left < 0 or envelope_at(curve, float(high[i]), low, float(high[i])) <= most:
                continue
            keep, too_much = low, float(high[i])
            for _ in range(60):
                middle = (keep + too_much) / 2
                if envelope_at(curve, middle, low, float(bounds.high[i])) > most:
                    too_much = middle
                else:
                    keep = middle
            # The upper end: the bound must not cut off a plan that the row itself allows.
            high[i], names[i] = too_much, row.name
    return Bounds(bounds.low, high, bounds.low_names, tuple(names))


def values_of(problem: Problem, bounds: Bounds, spend: Floats) -> Floats:
    """(cells,) value of each cell on the concave envelope the LP works with."""
    return np.array(
        [
            envelope_at(cell.curve, float(x), float(low), float(high))
            for cell, x, low, high in zip(problem.cells, spend, bounds.low, bounds.high, strict=True)
        ]
    )
