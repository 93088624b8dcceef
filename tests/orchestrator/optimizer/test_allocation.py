"""The allocation is optimal, and keeps every limit exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize

from orchestrator.tools.optimizer import optimize, value_at
from schemas.optimization import (
    Cell,
    Group,
    HillCurve,
    LogCurve,
    Options,
    PointsCurve,
    Problem,
    RootCurve,
    StockCover,
)
from tests.orchestrator.optimizer.problems import hill, hill_problem, spend_where, with_groups


def water_filling_value(problem: Problem) -> float:
    """Closed form for hill curves under one budget: x = sqrt(top half / price) - half, clipped to the maximums."""
    tops = np.array([cell.curve.top for cell in problem.cells if isinstance(cell.curve, HillCurve)])
    halves = np.array([cell.curve.half for cell in problem.cells if isinstance(cell.curve, HillCurve)])
    highs = np.array([cell.max for cell in problem.cells])

    def spend(price: float) -> np.ndarray:
        return np.clip(np.sqrt(tops * halves / price) - halves, 0, highs)

    price = brentq(lambda price: spend(price).sum() - problem.budget, 1e-9, float((tops / halves).max()))
    x = spend(price)
    return float((tops * x / (x + halves)).sum())


def slsqp_value(problem: Problem, constraints: list[dict[str, object]]) -> float:
    def value(x: np.ndarray) -> float:
        return sum(value_at(cell.curve, max(0.0, float(xi))) for cell, xi in zip(problem.cells, x, strict=True))

    bounds = [(cell.min, cell.max) for cell in problem.cells]
    start = np.full(len(problem.cells), problem.budget / len(problem.cells) / 2)
    found = minimize(lambda x: -value(x), start, bounds=bounds, constraints=constraints, method="SLSQP", tol=1e-10)
    assert found.success
    return value(found.x)


@pytest.mark.parametrize("seed", range(3))
def test_the_value_is_that_of_water_filling(seed: int) -> None:
    problem = hill_problem(60, seed)

    answer = optimize(problem)

    best = water_filling_value(problem)
    assert answer.certificate is not None
    assert answer.predicted_value == pytest.approx(best, rel=1e-4)
    assert answer.predicted_value <= best * (1 + 1e-9)
    assert answer.certificate.bound >= best * (1 - 1e-9), "the bound must be one"
    assert answer.certificate.gap < 1e-4


def test_mixed_curves_and_groups_agree_with_a_general_solver() -> None:
    cells = (
        hill("hill", 100, 40, max=200, tags={"retailer_id": "a"}),
        Cell(id="log", curve=LogCurve(kind="log", scale=30, half=10), max=200, tags={"retailer_id": "a"}),
        Cell(id="root", curve=RootCurve(kind="root", scale=6), max=200, tags={"retailer_id": "b"}),
    )
    groups = (Group(name="a", where={"retailer_id": "a"}, max=70), Group(name="b", where={"retailer_id": "b"}, min=35))
    problem = Problem(budget=100, cells=cells, groups=groups)

    answer = optimize(problem)

    oracle = slsqp_value(
        problem,
        [
            {"type": "ineq", "fun": lambda x: 100 - x.sum()},
            {"type": "ineq", "fun": lambda x: 70 - x[:2].sum()},
            {"type": "ineq", "fun": lambda x: x[2] - 35},
        ],
    )
    assert answer.predicted_value == pytest.approx(oracle, rel=1e-4)
    assert spend_where(problem, answer, {"retailer_id": "b"}) >= 35


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 12),
    budget_share=st.floats(0.01, 1.2),
    minimum_share=st.floats(0, 1),
    maximum_share=st.floats(0, 1),
    spend_all=st.booleans(),
)
def test_no_limit_is_ever_broken_not_even_in_the_last_digit(
    seed: int, count: int, budget_share: float, minimum_share: float, maximum_share: float, spend_all: bool
) -> None:
    problem = hill_problem(count, seed, budget_share, spend_all=spend_all, refinements=1)
    minimum, maximum = minimum_share * problem.budget, maximum_share * problem.budget
    groups = [Group(name="a", where={"retailer_id": "a"}, min=minimum)]
    if count > 1:
        groups.append(Group(name="b", where={"retailer_id": "b"}, max=maximum))
    problem = with_groups(problem, *groups)

    answer = optimize(problem)

    if answer.status == "infeasible":
        assert answer.conflicts
        return
    spent = sum(answer.allocation.values())
    assert spent <= problem.budget
    # A minimum equal to the budget cannot hold to the last bit together with it; then it may miss by rounding.
    assert spend_where(problem, answer, {"retailer_id": "a"}) >= minimum * (1 - 1e-12)
    assert spend_where(problem, answer, {"retailer_id": "b"}) <= maximum
    assert all(cell.min <= answer.allocation[cell.id] <= (cell.max or 0) for cell in problem.cells)
    if spend_all:
        assert spent >= problem.budget * (1 - 1e-12)


def test_a_change_limit_holds_for_every_cell_and_freezes_it_at_zero() -> None:
    loose = hill_problem(12, budget_share=0.2, max_change_share=0.3)
    frozen = hill_problem(12, budget_share=0.25, max_change_share=0.0)

    moved, kept = optimize(loose), optimize(frozen)

    for cell in loose.cells:
        assert 0.7 * cell.current <= moved.allocation[cell.id] <= 1.3 * cell.current
    assert kept.allocation == {cell.id: cell.current for cell in frozen.cells}


def test_stock_cover_bounds_the_units_that_the_plan_sells() -> None:
    cells = tuple(hill(f"c{i}", 100, 50, max=400, units_per_value=0.5, tags={"sku_id": "s"}) for i in range(3))
    free = Problem(budget=600, cells=cells)
    stock = StockCover(name="s", where={"sku_id": "s"}, units=40)
    covered = free.model_copy(update={"options": Options(stock=(stock,))})

    unbounded, answer = optimize(free), optimize(covered)

    assert unbounded.predicted_value * 0.5 > 40
    assert answer.predicted_value * 0.5 <= 40
    assert answer.predicted_value * 0.5 == pytest.approx(40, rel=1e-3)
    assert "stock 's'" in answer.binding
    assert sum(answer.allocation.values()) < 250, "money past the stock is not spent"


def test_a_stock_row_does_not_spoil_the_rest_of_the_plan() -> None:
    scarce = hill("scarce", 100, 50, max=400, units_per_value=1.0, tags={"sku_id": "s"})
    other = hill("other", 100, 50, max=400, units_per_value=1.0, tags={"sku_id": "t"})
    stock = StockCover(name="s", where={"sku_id": "s"}, units=20)
    problem = Problem(budget=200, cells=(scarce, other), options=Options(stock=(stock,)))

    answer = optimize(problem)

    # 100 x / (x + 50) = 20 at x = 12.5; the rest of the budget goes to the other cell.
    assert answer.allocation["scarce"] == pytest.approx(12.5, rel=1e-3)
    assert answer.allocation["other"] == pytest.approx(187.5, rel=1e-3)
    assert answer.certificate is not None and answer.certificate.gap < 1e-3


def test_a_minimum_spend_is_met_where_it_sells_least_when_stock_is_short() -> None:
    """A relaxation that only counts sold units would spend anywhere and call the excess unsold."""
    steep = hill("steep", 100, 10, max=800, units_per_value=1.0, tags={"sku_id": "s"})
    flat = hill("flat", 100, 1000, max=1500, units_per_value=1.0, tags={"sku_id": "s"})
    stock = StockCover(name="s", where={"sku_id": "s"}, units=60)
    minimum = Group(name="s", where={"sku_id": "s"}, min=700)
    problem = Problem(budget=1000, cells=(steep, flat), groups=(minimum,), options=Options(stock=(stock,)))

    answer = optimize(problem)

    assert answer.status == "optimal"
    assert sum(answer.allocation.values()) >= 700 * (1 - 1e-9)
    assert answer.predicted_value <= 60 * (1 + 1e-9)
    assert answer.predicted_value == pytest.approx(60, rel=1e-3)
    assert answer.certificate is not None and answer.certificate.gap < 1e-3


def test_a_margin_floor_keeps_the_net_margin_of_the_whole_plan() -> None:
    cells = (hill("rich", 400, 100, max=500, margin_share=0.5), hill("poor", 400, 100, max=500, margin_share=0.1))
    free = Problem(budget=600, cells=cells)
    floored = free.model_copy(update={"options": Options(margin_floor=0.2)})

    def net_margin_per_spend(allocation: dict[str, float]) -> float:
        spent = sum(allocation.values())
        margin = sum((c.margin_share or 0) * value_at(c.curve, allocation[c.id]) for c in cells)
        return (margin - spent) / spent

    assert net_margin_per_spend(optimize(free).allocation) < 0.2
    answer = optimize(floored)
    assert net_margin_per_spend(answer.allocation) >= 0.2 - 1e-6
    assert sum(answer.allocation.values()) > 0


def test_s_shaped_points_are_optimised_over_their_concave_envelope() -> None:
    spends = np.linspace(0, 100, 41)
    s_curve = tuple((float(x), float(100 * x**2 / (x**2 + 30**2))) for x in spends)
    cells = tuple(Cell(id=f"c{i}", curve=PointsCurve(kind="points", points=s_curve), max=100) for i in range(4))
    problem = Problem(budget=120, cells=cells)

    answer = optimize(problem)

    by_hand = max(funded * value_at(cells[0].curve, 120 / funded) for funded in (2, 3, 4))
    assert answer.certificate is not None
    assert answer.predicted_value <= answer.certificate.bound
    assert answer.predicted_value >= by_hand * (1 - answer.certificate.gap) - 1e-9
    assert len(answer.chords) <= 1, "only the marginal cell may land on a chord"
    assert answer.predicted_value == pytest.approx(
        sum(value_at(cell.curve, answer.allocation[cell.id]) for cell in cells)
    ), "the value reported is the curve's own, not the envelope's"


def test_money_is_not_spent_where_it_brings_nothing() -> None:
    problem = Problem(budget=100, cells=(hill("dead", 0, 10, max=100), hill("alive", 10, 1, max=20)))

    answer = optimize(problem)

    assert answer.allocation == {"dead": 0.0, "alive": pytest.approx(20)}


def test_the_whole_budget_is_spent_when_asked() -> None:
    cells = (hill("dead", 0, 10, max=100), hill("alive", 10, 1, max=20))
    problem = Problem(budget=100, cells=cells, options=Options(spend_all=True))

    answer = optimize(problem)

    assert sum(answer.allocation.values()) == 100
    assert answer.allocation["alive"] == pytest.approx(20)


def test_a_zero_budget_is_an_answer() -> None:
    answer = optimize(hill_problem(3).model_copy(update={"budget": 0.0}))

    assert answer.status == "optimal"
    assert set(answer.allocation.values()) == {0.0}
