"""A problem's constraints over many lines of the plan, each under its name."""

from collections.abc import Iterator

import numpy as np

from orchestrator.tools.optimizer.lines import Lines
from orchestrator.tools.optimizer.periods import period_rows
from orchestrator.tools.optimizer.rows import AT_LEAST, AT_MOST, Row, between, spend_row
from schemas.optimization import Group, Problem


def rows_of(lines: Lines) -> tuple[Row, ...]:
    return (
        *_budget_rows(lines),
        *(row for group in lines.problem.groups for row in _group_rows(lines, group)),
        *_stock_rows(lines),
        *_margin_rows(lines),
        *_experiment_rows(lines),
        *period_rows(lines, spendable(lines.problem)),
    )


def held_back(problem: Problem) -> float:
    """The part of the budget that no cell gets."""
    reserve = problem.options.experiment
    return 0.0 if reserve is None or reserve.cells else reserve.money(problem.budget)


def spendable(problem: Problem) -> float:
    return problem.budget - held_back(problem)


def _budget_rows(lines: Lines) -> Iterator[Row]:
    problem, every = lines.problem, np.arange(len(lines.curves))
    left, reserved = spendable(problem), held_back(problem)
    less = f" less {reserved:g} held back for experiments" if reserved else ""
    yield spend_row("budget", every, AT_MOST, left, f"the budget is {problem.budget:g}{less}")
    if problem.options.spend_all:
        words = f"the whole budget of {problem.budget:g}{less} must be spent"
        yield spend_row("whole budget", every, AT_LEAST, left, words)


def _group_rows(lines: Lines, group: Group) -> Iterator[Row]:
    inside, name = lines.where(group.where), f"group {group.name!r}"
    yield from between(
        name,
        inside,
        group.min,
        group.max,
        f"{name} needs at least {group.min:g}",
        f"{name} allows at most {group.max or 0:g}",
    )
    count = len(inside)
    if group.min_roas is not None:
        words = f"{name} needs a value of at least {group.min_roas:g} per unit of spend"
        yield Row(f"{name} ROAS", inside, np.full(count, -group.min_roas), np.ones(count), AT_LEAST, 0.0, words)
    if group.max_cpa is not None:
        words = f"{name} allows at most {group.max_cpa:g} of spend per conversion"
        bought = lines.of_field("conversions_per_value")[inside] * group.max_cpa
        yield Row(f"{name} CPA", inside, np.full(count, -1.0), bought, AT_LEAST, 0.0, words)
    if group.available_impressions is not None:
        per_spend = lines.of_field("impressions_per_spend")[inside]
        share = group.max_share_of_voice
        most = group.available_impressions * (1.0 if share is None else share)
        of = "" if share is None else f", {share:.0%} of {group.available_impressions:g}"
        what = "inventory" if share is None else "share of voice"
        words = f"{name} allows at most {most:g} impressions{of}"
        yield spend_row(f"{name} {what}", inside, AT_MOST, most, words, per_spend)


def _stock_rows(lines: Lines) -> Iterator[Row]:
    units = lines.of_field("units_per_value")
    for stock in lines.problem.options.stock:
        inside, name = lines.where(stock.where), f"stock {stock.name!r}"
        words = f"{name} covers at most {stock.units:g} units sold by advertising"
        yield Row(name, inside, np.zeros(len(inside)), units[inside], AT_MOST, stock.units, words)


def _margin_rows(lines: Lines) -> Iterator[Row]:
    floor = lines.problem.options.margin_floor
    if floor is not None:
        words = f"the margin floor asks for {floor:g} of margin, net of spend, per unit of spend"
        count = len(lines.curves)
        spend, margins = np.full(count, -(1 + floor)), lines.of_field("margin_share")
        yield Row("margin floor", np.arange(count), spend, margins, AT_LEAST, 0.0, words)


def _experiment_rows(lines: Lines) -> Iterator[Row]:
    reserve = lines.problem.options.experiment
    if reserve is not None and reserve.cells:
        money = reserve.money(lines.problem.budget)
        chosen = np.array([cell.id in reserve.cells for cell in lines.problem.cells])
        yield from between(
            "experiment reserve",
            np.flatnonzero(chosen[lines.cell]),
            money,
            money,
            f"the experiments need at least {money:g}",
            f"the experiments allow at most {money:g}",
        )
