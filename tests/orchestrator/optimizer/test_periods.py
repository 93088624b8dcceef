"""A plan by periods: budgets, pacing and steps hold in each, and splitting the campaign evenly changes nothing."""

from itertools import pairwise

import pytest

from orchestrator.tools.optimizer import optimize
from schemas.optimization import Allocation, Cell, PointsCurve, Problem, RootCurve
from tests.orchestrator.optimizer.problems import changed_cells, hill, hill_problem, with_options

WEEKS = [{"name": "w1"}, {"name": "w2"}, {"name": "w3", "length": 2}]


def totals(answer: Allocation) -> list[float]:
    return [sum(spends.values()) for spends in answer.periods.values()]


def test_periods_without_limits_are_funded_evenly_and_bring_what_the_whole_does() -> None:
    s_curve = PointsCurve(kind="points", points=((0, 0), (10, 2), (30, 30), (60, 40)))
    cells = (
        *hill_problem(6).cells,
        Cell(id="root", curve=RootCurve(kind="root", scale=8)),
        Cell(id="s", curve=s_curve),
    )
    problem = Problem(budget=200, cells=cells)

    whole, split = optimize(problem), optimize(with_options(problem, periods=WEEKS))

    assert split.predicted_value == pytest.approx(whole.predicted_value, rel=1e-4)
    assert totals(split) == pytest.approx([50, 50, 100], rel=0.05)
    assert {
        name: sum(split.periods[week][name] for week in split.periods) for name in split.allocation
    } == pytest.approx(split.allocation)


def test_a_period_keeps_its_budget() -> None:
    problem = hill_problem(12)
    weeks = [{"name": "w1", "max": 0.1 * problem.budget}, {"name": "w2", "min": 0.5 * problem.budget}, {"name": "w3"}]

    answer = optimize(with_options(problem, periods=weeks))

    first, second, _ = totals(answer)
    assert first <= 0.1 * problem.budget
    assert second >= 0.5 * problem.budget * (1 - 1e-12)
    assert {"period 'w1' maximum", "period 'w2' minimum"} <= set(answer.binding)
    assert answer.shadow_prices["period 'w1' maximum"] > 0 > answer.shadow_prices["period 'w2' minimum"]


def test_a_cells_own_limits_hold_over_all_periods_together() -> None:
    problem = changed_cells(
        hill_problem(6, budget_share=0.5), lambda cell: {"frozen": cell.id == "c2", "min": cell.current / 2}
    )

    answer = optimize(with_options(problem, periods=WEEKS, max_change_share=0.8))

    for cell in problem.cells:
        assert cell.current * 0.5 * (1 - 1e-9) <= answer.allocation[cell.id] <= cell.current * 1.8
    assert answer.allocation["c2"] == pytest.approx(problem.cells[2].current, rel=1e-12)
    assert [answer.periods[week]["c2"] / problem.cells[2].current for week in answer.periods] == [0.25, 0.25, 0.5]


def test_a_cell_excluded_in_one_period_runs_in_the_others() -> None:
    problem = with_options(hill_problem(6), periods=WEEKS)
    problem = changed_cells(
        problem, lambda cell: {"excluded_in": {"w2": "promotion overlaps"}} if cell.id == "c0" else {}
    )

    answer = optimize(problem)

    assert answer.periods["w2"]["c0"] == 0
    assert answer.periods["w1"]["c0"] > 0 and answer.periods["w3"]["c0"] > 0


def test_even_pacing_spends_the_same_per_unit_of_length() -> None:
    problem = hill_problem(12)
    weeks = [{"name": "w1", "max": 0.1 * problem.budget}, *WEEKS[1:]]

    first, second, third = totals(optimize(with_options(problem, periods=weeks, pacing="even")))

    assert (first, second, third / 2) == pytest.approx((0.1 * problem.budget,) * 3, rel=1e-6)


def test_front_loaded_pacing_never_rises() -> None:
    problem = hill_problem(12)
    weeks = [{"name": "w1", "max": 0.2 * problem.budget}, {"name": "w2"}, {"name": "w3", "max": 0.1 * problem.budget}]

    first, second, third = totals(optimize(with_options(problem, periods=weeks, pacing="front_loaded")))

    assert second == pytest.approx(0.2 * problem.budget, rel=1e-6)
    assert first >= second * (1 - 1e-6) and second >= third


def test_asap_pacing_uses_up_each_periods_budget_before_the_next() -> None:
    problem = hill_problem(12)
    weeks = [{"name": "w1", "max": 0.6 * problem.budget}, {"name": "w2", "max": 0.3 * problem.budget}, {"name": "w3"}]

    answer = optimize(with_options(problem, periods=weeks, pacing="asap"))

    assert totals(answer) == pytest.approx([share * problem.budget for share in (0.6, 0.3, 0.1)], rel=1e-6)


def test_no_cell_moves_by_more_than_the_step() -> None:
    problem = with_options(hill_problem(6), periods=[{"name": "w1", "max": 5.0}, {"name": "w2"}, {"name": "w3"}])

    free, stepped = optimize(problem), optimize(with_options(problem, max_step=3.0))

    def largest_move(answer: Allocation) -> float:
        weeks = list(answer.periods.values())
        return max(abs(b[cell] - a[cell]) for a, b in pairwise(weeks) for cell in a)

    assert largest_move(free) > 3
    assert largest_move(stepped) <= 3 + 1e-6


def test_what_pacing_makes_impossible_is_named_with_the_slack_of_each() -> None:
    problem = Problem(budget=100, cells=(hill("c", 10, 10, max=100),))
    weeks = [{"name": "w1", "max": 20.0}, {"name": "w2"}]

    answer = optimize(with_options(problem, periods=weeks, pacing="even", spend_all=True))

    assert answer.status == "infeasible"
    assert "the whole budget of 100 must be spent" in answer.conflicts[0]
    assert answer.slack_needed["whole budget"] == pytest.approx(60)
    assert answer.slack_needed["period 'w1' maximum"] == pytest.approx(30)
