"""Shadow prices mean what they say, and a problem without an answer names what conflicts."""

import pytest

from orchestrator.tools.optimizer import optimize
from schemas.optimization import Group, Options, Problem, StockCover
from tests.orchestrator.optimizer.problems import hill, hill_problem, with_groups

FINE = {"segments": 60, "refinements": 6}


def value(problem: Problem) -> float:
    answer = optimize(problem)
    assert answer.status == "optimal"
    return answer.predicted_value


def test_the_price_of_the_budget_is_what_one_more_unit_brings() -> None:
    problem = hill_problem(30, **FINE)
    step = problem.budget * 1e-2

    price = optimize(problem).shadow_prices["budget"]

    more, less = (problem.model_copy(update={"budget": problem.budget + d}) for d in (step, -step))
    assert price == pytest.approx((value(more) - value(less)) / (2 * step), rel=0.02)
    assert price > 0


@pytest.mark.parametrize(("bound", "share", "sign"), [("min", 0.8, -1), ("max", 0.2, 1)])
def test_the_price_of_a_group_limit_has_the_sign_of_its_effect(bound: str, share: float, sign: int) -> None:
    problem = hill_problem(30, **FINE)
    limit, step = share * problem.budget, problem.budget * 1e-2

    def limited(at: float) -> Problem:
        group = Group.model_validate({"name": "a", "where": {"retailer_id": "a"}, bound: at})
        return with_groups(problem, group)

    answer = optimize(limited(limit))

    name = {"min": "group 'a' minimum", "max": "group 'a' maximum"}[bound]
    by_differences = (value(limited(limit + step)) - value(limited(limit - step))) / (2 * step)
    assert name in answer.binding
    assert answer.shadow_prices[name] * sign > 0
    assert answer.shadow_prices[name] == pytest.approx(by_differences, rel=0.05)


def test_the_price_of_a_cell_maximum_is_what_one_more_unit_there_brings() -> None:
    cells = (hill("tight", 100, 10, max=5), hill("wide", 20, 50, max=200))
    problem = Problem(budget=50, cells=cells, options=Options.model_validate(FINE))
    wider = problem.model_copy(update={"cells": (hill("tight", 100, 10, max=5.05), cells[1])})

    answer = optimize(problem)

    assert "cell 'tight' maximum" in answer.binding
    assert answer.shadow_prices["cell 'tight' maximum"] == pytest.approx(
        (value(wider) - value(problem)) / 0.05, rel=0.02
    )


def test_a_limit_that_does_not_bind_has_no_price() -> None:
    problem = with_groups(hill_problem(12), Group(name="a", where={"retailer_id": "a"}, min=0.01))

    answer = optimize(problem)

    assert answer.shadow_prices["group 'a' minimum"] == pytest.approx(0, abs=1e-9)
    assert "group 'a' minimum" not in answer.binding
    assert "budget" in answer.binding


def test_a_minimum_above_the_budget_is_named_with_both_numbers() -> None:
    problem = hill_problem(12).model_copy(update={"budget": 400.0})
    problem = with_groups(problem, Group(name="retailer_a", where={"retailer_id": "a"}, min=450))

    answer = optimize(problem)

    assert answer.status == "infeasible"
    assert answer.allocation == {}
    assert answer.conflicts == ("group 'retailer_a' needs at least 450 but the budget is 400",)


def test_only_the_constraints_that_conflict_are_named() -> None:
    cells = tuple(hill(f"c{i}", 10, 10, max=300, tags={"r": "ab"[i % 2], "p": "xy"[i // 2]}) for i in range(4))
    groups = (
        Group(name="a", where={"r": "a"}, min=60),
        Group(name="b", where={"r": "b"}, min=50),
        Group(name="x", where={"p": "x"}, max=80),
        Group(name="y", where={"p": "y"}, min=5),
    )

    answer = optimize(Problem(budget=100, cells=cells, groups=groups))

    assert answer.conflicts == ("group 'a' needs at least 60 and group 'b' needs at least 50 but the budget is 100",)


def test_a_minimum_that_the_cells_cannot_take_names_their_limits() -> None:
    problem = with_groups(
        Problem(budget=1000, cells=(hill("c", 10, 10, max=20, tags={"r": "a"}),)),
        Group(name="a", where={"r": "a"}, min=50),
    )

    answer = optimize(problem)

    assert answer.conflicts == ("group 'a' needs at least 50 but the limits of their 1 cell leave 0 to 20 in all",)


def test_two_separate_conflicts_are_both_named() -> None:
    cells = (hill("c", 10, 10, max=20, tags={"r": "a"}), hill("d", 10, 10, max=20, tags={"r": "b"}))
    groups = (Group(name="a", where={"r": "a"}, min=50), Group(name="b", where={"r": "b"}, min=60))

    answer = optimize(Problem(budget=1000, cells=cells, groups=groups))

    assert len(answer.conflicts) == 2
    assert "'a'" in answer.conflicts[0] + answer.conflicts[1] and "'b'" in answer.conflicts[0] + answer.conflicts[1]


def test_a_cell_whose_limits_cross_is_named() -> None:
    crossed = optimize(Problem(budget=10, cells=(hill("c", 1, 1, min=5, max=3),)))
    frozen = optimize(
        Problem(budget=100, cells=(hill("c", 1, 1, min=50, max=90, current=10),), options=Options(max_change_share=0.3))
    )

    assert crossed.conflicts == ("cell 'c' minimum is 5 but cell 'c' maximum is 3",)
    assert frozen.conflicts == ("cell 'c' minimum is 50 but cell 'c' change limit is 13",)


def test_stock_too_small_for_the_minimums_is_named() -> None:
    cell = hill("c", 100, 10, min=30, max=100, units_per_value=1.0, tags={"sku_id": "s"})
    problem = Problem(
        budget=100, cells=(cell,), options=Options(stock=(StockCover(name="s", where={"sku_id": "s"}, units=10),))
    )

    answer = optimize(problem)

    assert answer.status == "infeasible"
    assert "stock 's' covers at most 10 units" in answer.conflicts[0]


def test_a_stock_that_forced_spending_would_break_is_infeasible_and_named() -> None:
    cell = hill("c", 100, 10, max=100, units_per_value=1.0, tags={"sku_id": "s"})
    problem = Problem(
        budget=80,
        cells=(cell,),
        options=Options(spend_all=True, stock=(StockCover(name="s", where={"sku_id": "s"}, units=10),)),
    )

    answer = optimize(problem)

    assert answer.status == "infeasible"
    assert "stock 's'" in answer.conflicts[0]


def test_a_margin_floor_nothing_reaches_is_named_when_money_must_be_spent() -> None:
    cell = hill("c", 10, 100, min=10, max=50, margin_share=0.1)

    answer = optimize(Problem(budget=50, cells=(cell,), options=Options(margin_floor=0.5)))

    assert answer.status == "infeasible"
    assert "the margin floor asks for 0.5" in answer.conflicts[0]
