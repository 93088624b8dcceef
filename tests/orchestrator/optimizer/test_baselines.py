"""The baselines are what their names say, and none beats the oracle."""

from collections.abc import Callable

import pytest

from orchestrator.tools.optimizer import optimize
from orchestrator.tools.optimizer.baselines import (
    BASELINES,
    BaselinePlan,
    best_in_box,
    equal_split,
    linear_roas,
    oracle,
    slsqp,
    status_quo,
    value_of,
)
from schemas.errors import InputInvalid, PlanInfeasible
from schemas.optimization import Cell, Group, PointsCurve, Problem
from tests.orchestrator.optimizer.problems import hill, hill_problem, with_groups, with_options


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES.keys())
@pytest.mark.parametrize("seed", range(3))
def test_no_baseline_beats_the_oracle_and_none_overspends(
    baseline: Callable[[Problem], BaselinePlan], seed: int
) -> None:
    problem = hill_problem(40, seed)

    plan = baseline(problem)

    assert plan.value <= oracle(problem).value * (1 + 1e-9)
    assert plan.value == pytest.approx(value_of(problem, plan.allocation))
    assert plan.breaks == ()
    assert sum(plan.allocation.values()) <= problem.budget * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_linear_program_is_within_its_certified_gap_of_the_oracle(seed: int) -> None:
    problem = hill_problem(80, seed)

    answer, best = optimize(problem), oracle(problem).value

    assert answer.certificate is not None
    assert answer.predicted_value >= best * (1 - answer.certificate.gap - 1e-9)
    assert answer.predicted_value <= best * (1 + 1e-9) <= answer.certificate.bound * (1 + 2e-9)


def test_the_oracle_equalises_slopes_by_hand() -> None:
    """x = sqrt(top * half / price) - half: with tops 400 and 100 and half 10, budget 40 gives 30 and 10."""
    problem = Problem(budget=40, cells=(hill("big", 400, 10, max=100), hill("small", 100, 10, max=100)))

    assert oracle(problem).allocation == {"big": pytest.approx(30), "small": pytest.approx(10)}


def test_the_oracle_spends_what_is_left_on_a_straight_stretch() -> None:
    line = PointsCurve(kind="points", points=((0, 0), (100, 50)))
    problem = Problem(budget=60, cells=tuple(Cell(id=name, curve=line) for name in "ab"))

    assert sum(oracle(problem).allocation.values()) == pytest.approx(60)


def test_the_oracle_refuses_limits_it_does_not_know() -> None:
    problem = with_groups(hill_problem(6), Group(name="a", where={"retailer_id": "a"}, max=10))

    with pytest.raises(InputInvalid, match="group 'a' maximum"):
        oracle(problem)


def test_the_status_quo_is_todays_spend_scaled_down_to_the_budget() -> None:
    problem = hill_problem(6)
    poorer = problem.model_copy(update={"budget": problem.budget / 2})

    kept, scaled = status_quo(problem), status_quo(poorer)

    assert kept.allocation == {cell.id: pytest.approx(cell.current) for cell in problem.cells}
    assert sum(scaled.allocation.values()) == pytest.approx(poorer.budget)


def test_a_baseline_names_the_limits_it_breaks() -> None:
    problem = with_groups(hill_problem(6), Group(name="a", where={"retailer_id": "a"}, max=1))

    assert status_quo(problem).breaks == ("group 'a' maximum",)
    assert best_in_box(hill_problem(6)).breaks == ()
    assert "group 'a' maximum" not in slsqp(problem).breaks


def test_an_equal_split_is_equal_where_no_limit_says_otherwise() -> None:
    problem = Problem(budget=90, cells=(hill("a", 1, 1, max=10), hill("b", 1, 1, max=99), hill("c", 1, 1, max=99)))

    assert equal_split(problem).allocation == {"a": pytest.approx(10), "b": pytest.approx(40), "c": pytest.approx(40)}


def test_the_linear_program_on_roas_fills_the_highest_return_first() -> None:
    cells = (hill("steep", 100, 10, max=50, current=10), hill("flat", 300, 100, max=50, current=10))
    problem = Problem(budget=60, cells=cells)

    by_average, by_report = linear_roas(problem), linear_roas(problem, {"steep": 1.0, "flat": 9.0})

    assert by_average.allocation == {"steep": pytest.approx(50), "flat": pytest.approx(10)}
    assert by_report.allocation == {"steep": pytest.approx(10), "flat": pytest.approx(50)}


def test_the_box_moves_no_cell_by_more_than_30_percent() -> None:
    problem = hill_problem(12)

    moves = [best_in_box(problem).allocation[cell.id] / cell.current for cell in problem.cells]

    assert min(moves) >= 0.7 - 1e-9 and max(moves) <= 1.3 + 1e-9
    assert max(moves) > 1.29


def test_a_baseline_without_a_plan_says_what_conflicts() -> None:
    problem = with_options(hill_problem(6, budget_share=0.9), spend_all=True)

    with pytest.raises(PlanInfeasible, match="whole budget"):
        best_in_box(problem)
