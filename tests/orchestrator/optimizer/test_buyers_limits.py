"""Every limit a buyer may set is kept by the plan, and is what holds the plan back."""

import pytest

from orchestrator.tools.optimizer import optimize, value_at
from schemas.optimization import Allocation, Cell, Group, HillCurve, Options, Problem
from tests.orchestrator.optimizer.problems import (
    changed_cells,
    hill,
    hill_problem,
    spend_where,
    with_groups,
    with_options,
)


def spent(answer: Allocation) -> float:
    return sum(answer.allocation.values())


def active(problem: Problem, answer: Allocation) -> set[str]:
    return {cell.tags["sku_id"] for cell in problem.cells if answer.allocation[cell.id] > 0}


def with_skus(problem: Problem, per_sku: int = 3) -> Problem:
    cells = enumerate(problem.cells)
    tagged = tuple(c.model_copy(update={"tags": c.tags | {"sku_id": f"s{i // per_sku}"}}) for i, c in cells)
    return problem.model_copy(update={"cells": tagged})


def test_a_frozen_cell_keeps_its_spend_and_the_rest_moves() -> None:
    problem = hill_problem(12)
    frozen = changed_cells(problem, lambda cell: {"frozen": cell.id == "c3"})

    answer = optimize(frozen)

    assert answer.allocation["c3"] == frozen.cells[3].current
    assert answer.allocation["c3"] != pytest.approx(optimize(problem).allocation["c3"], rel=0.01)


def test_an_excluded_cell_gets_nothing() -> None:
    problem = changed_cells(hill_problem(12), lambda c: {"excluded": "creative not approved" if c.id == "c0" else None})

    answer = optimize(problem)

    assert answer.allocation["c0"] == 0
    assert answer.certificate is not None and answer.certificate.gap < 1e-4


def test_an_exclusion_against_a_minimum_says_why_it_was_excluded() -> None:
    cell = hill("c", 10, 10, min=5, excluded="creative not approved")

    answer = optimize(Problem(budget=10, cells=(cell,)))

    assert answer.conflicts == ("cell 'c' minimum is 5 but cell 'c' exclusion (creative not approved) is 0",)
    assert answer.slack_needed == {"cell 'c' minimum": 5, "cell 'c' exclusion (creative not approved)": 5}


def test_with_incremental_budget_only_no_cell_falls_below_today() -> None:
    problem = hill_problem(12, budget_share=0.27)
    shrinking = [c.id for c in problem.cells if optimize(problem).allocation[c.id] < c.current * 0.99]

    answer = optimize(with_options(problem, incremental_only=True))

    assert shrinking, "the limit would otherwise hold nothing back"
    assert all(answer.allocation[cell.id] >= cell.current for cell in problem.cells)


@pytest.mark.parametrize("reserve", [{"share": 0.1}, {"amount": 40.0}])
def test_money_held_back_for_experiments_is_not_spent(reserve: dict[str, float]) -> None:
    problem = hill_problem(12, spend_all=True)
    held = reserve.get("amount", 0.1 * problem.budget)

    answer = optimize(with_options(problem, experiment=reserve))

    assert spent(answer) == pytest.approx(problem.budget - held, rel=1e-9)


def test_an_experiment_on_named_cells_gets_exactly_its_money() -> None:
    problem = hill_problem(12)
    reserved = with_options(problem, experiment={"share": 0.15, "cells": ["c1", "c2"]})

    answer = optimize(reserved)

    assert answer.allocation["c1"] + answer.allocation["c2"] == pytest.approx(0.15 * problem.budget, rel=1e-9)
    assert spent(answer) == pytest.approx(problem.budget, rel=1e-9)


def test_a_roas_floor_keeps_the_value_per_unit_of_spend() -> None:
    problem = hill_problem(12, budget_share=1.0)
    free = optimize(problem)
    floor = 1.5 * free.predicted_value / spent(free)
    floored = with_groups(problem, Group(name="all", min_roas=floor))

    answer = optimize(floored)

    assert answer.predicted_value / spent(answer) == pytest.approx(floor, rel=1e-3)
    assert answer.predicted_value / spent(answer) >= floor * (1 - 1e-6)
    assert "group 'all' ROAS" in answer.binding
    assert answer.certificate is not None and answer.certificate.gap < 1e-4


def test_a_cost_per_acquisition_is_capped_in_the_group_that_asks() -> None:
    problem = changed_cells(hill_problem(12, budget_share=1.0), lambda _: {"conversions_per_value": 0.1})
    capped = with_groups(problem, Group(name="a", where={"retailer_id": "a"}, max_cpa=12))

    def cost_per_acquisition(answer: Allocation, retailer: str) -> float:
        cells = [cell for cell in problem.cells if cell.tags["retailer_id"] == retailer]
        conversions = sum(0.1 * value_at(cell.curve, answer.allocation[cell.id]) for cell in cells)
        return spend_where(problem, answer, {"retailer_id": retailer}) / conversions

    answer = optimize(capped)

    assert cost_per_acquisition(optimize(problem), "a") > 12
    assert 12 * 0.999 <= cost_per_acquisition(answer, "a") <= 12 * (1 + 1e-6)
    assert cost_per_acquisition(answer, "b") > 12


@pytest.mark.parametrize(("share", "name"), [(None, "inventory"), (0.4, "share of voice")])
def test_impressions_of_a_group_stay_within_what_it_may_buy(share: float | None, name: str) -> None:
    problem = changed_cells(hill_problem(12), lambda cell: {"impressions_per_spend": 100 + 10 * len(cell.id)})
    available = 4000.0
    limit = Group(name="x", where={"placement_type": "x"}, available_impressions=available, max_share_of_voice=share)

    answer = optimize(with_groups(problem, limit))

    def impressions(of: Allocation) -> float:
        cells = [cell for cell in problem.cells if cell.tags["placement_type"] == "x"]
        return sum((cell.impressions_per_spend or 0) * of.allocation[cell.id] for cell in cells)

    most = available * (share or 1)
    assert impressions(optimize(problem)) > most
    assert most * (1 - 1e-6) <= impressions(answer) <= most
    assert f"group 'x' {name}" in answer.binding


def test_no_cell_is_funded_past_its_break_even() -> None:
    cells = (
        hill("good", 100, 20, max=200, margin_share=0.5),
        hill("hopeless", 100, 200, max=200, margin_share=0.5),
        hill("unprofitable", 500, 20, max=200, margin_share=-0.1),
    )
    problem = Problem(budget=400, cells=cells, options=Options(exclude_below_break_even=True))

    answer = optimize(problem)

    # 0.5 * 100 * 20 / (x + 20)^2 = 1 at x = 11.6; the second brings 0.25 of margin even with its first unit.
    assert answer.allocation["good"] == pytest.approx(1000**0.5 - 20, rel=1e-6)
    assert answer.allocation["hopeless"] == 0
    assert answer.allocation["unprofitable"] == 0


def test_a_minimum_launch_spend_is_all_or_nothing() -> None:
    problem = changed_cells(hill_problem(24), lambda cell: {"min_launch": (cell.max or 0) / 2})

    answer = optimize(problem)

    shares = [answer.allocation[cell.id] / (cell.max or 1) for cell in problem.cells]
    assert all(share == 0 or share >= 0.5 for share in shares)
    assert 0 < sum(share > 0 for share in shares) < 24
    assert answer.certificate is not None and 0 <= answer.certificate.gap <= 1e-4
    assert answer.predicted_value < optimize(hill_problem(24)).predicted_value


def test_a_launch_of_two_that_the_budget_allows_one_of_is_proven_best() -> None:
    """By hand: all the money on the better of the two, 100 * 60 / 90; the price of money alone could not prove it."""
    cells = (hill("better", 100, 30, max=100, min_launch=40), hill("worse", 90, 30, max=100, min_launch=40))

    answer = optimize(Problem(budget=60, cells=cells))

    assert answer.status == "optimal"
    assert answer.allocation == {"better": pytest.approx(60), "worse": 0}
    assert answer.predicted_value == pytest.approx(100 * 60 / 90)
    assert answer.certificate is not None and answer.certificate.gap < 1e-4


def test_at_most_so_many_skus_are_active_and_they_are_the_best_ones() -> None:
    problem = with_skus(hill_problem(15, seed=4), per_sku=3)

    answer = optimize(with_options(problem, max_active={"tag": "sku_id", "most": 2}))

    def value_with(skus: tuple[str, str]) -> float:
        return optimize(
            changed_cells(problem, lambda cell: {"excluded": None if cell.tags["sku_id"] in skus else "no"})
        ).predicted_value

    by_trying_all = max(value_with((f"s{i}", f"s{j}")) for i in range(5) for j in range(i))
    assert len(active(problem, answer)) == 2
    assert len(active(problem, optimize(problem))) == 5
    assert answer.predicted_value == pytest.approx(by_trying_all, rel=1e-4)


def test_launches_nothing_can_meet_are_named_with_what_they_lack() -> None:
    cells = tuple(hill(f"c{i}", 10, 10, max=20, min_launch=20, tags={"r": "a"}) for i in range(2))
    problem = Problem(budget=100, cells=cells, groups=(Group(name="a", where={"r": "a"}, min=25, max=30),))

    answer = optimize(problem)

    assert answer.status == "infeasible"
    assert "minimum launch spend" in answer.conflicts[0]
    assert answer.slack_needed == {"minimum launch spends": pytest.approx(10)}


def test_too_few_active_skus_for_the_minimums_are_named_with_how_many_more_it_takes() -> None:
    cells = tuple(hill(f"c{i}", 10, 10, min=1, max=20, tags={"sku_id": f"s{i}"}) for i in range(3))
    problem = Problem(budget=100, cells=cells, options=Options.model_validate({"max_active": {"most": 1}}))

    answer = optimize(problem)

    assert answer.status == "infeasible"
    assert "at most 1 different 'sku_id' may be active" in answer.conflicts[0]
    assert answer.slack_needed == {"active limit": pytest.approx(2)}


def test_an_s_shaped_hill_is_optimised_over_its_exact_envelope() -> None:
    """Four equal S-curves share 120. From 0 the tangent of 100 x^2 / (x^2 + 900) touches at x = 30."""
    curve = HillCurve(kind="hill", top=100, half=30, slope=2)
    cells = tuple(Cell(id=f"c{i}", curve=curve, max=100) for i in range(4))

    plenty, scarce = (optimize(Problem(budget=budget, cells=cells)) for budget in (160, 45))

    assert sorted(plenty.allocation.values()) == pytest.approx([40] * 4)
    assert plenty.predicted_value == pytest.approx(4 * 64)
    assert plenty.certificate is not None and plenty.certificate.gap < 1e-4
    assert scarce.certificate is not None
    assert scarce.certificate.bound == pytest.approx(45 * 50 / 30), "45 units at the chord's slope"
    assert len(scarce.chords) == 1
