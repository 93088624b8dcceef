"""One path from what was seen to curves, whoever saw it."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.evidence.attributed import UNSEEN_SPREAD, attributed_returns
from orchestrator.evidence.observations import CellKey, ExperimentResult
from orchestrator.evidence.response_curves import evidence
from orchestrator.evidence.seen import Seen, Stock
from schemas.tasks import PlacementType

SEARCH, DISPLAY = PlacementType.SPONSORED_SEARCH, PlacementType.SPONSORED_DISPLAY
KEYS = tuple(
    CellKey(retailer, f"sku_{i}", place)
    for retailer in ("retailer_a", "retailer_b")
    for place in (SEARCH, DISPLAY)
    for i in range(4)
)


def seen(**changed: object) -> Seen:
    """Retailer A tells every cell, retailer B its placements only; coffee returns twice what snacks return."""
    at_a = np.array([key.retailer_id == "retailer_a" for key in KEYS])
    coffee = np.array([key.sku_id in ("sku_0", "sku_1") for key in KEYS])
    cost = np.where(at_a, 1000.0, 0.0)
    level = np.where(at_a, 3.0, 6.0)
    revenue = cost * level * np.where(coffee, 4 / 3, 2 / 3)
    found = Seen(
        keys=KEYS,
        category=tuple("coffee" if is_coffee else "snacks" for is_coffee in coffee),
        history_days=90,
        spend=np.full(len(KEYS), 1000.0),
        cost=cost,
        revenue=revenue,
        conversions=revenue / 10,
        level=level,
    )
    return replace(found, **changed)  # type: ignore[arg-type]


def means(of: Seen) -> dict[CellKey, float]:
    return {cell.estimate.key: cell.estimate.mean for cell in evidence(of, KEYS).cells}


def test_a_cell_that_nobody_told_of_has_its_retailers_level_and_its_categorys_place() -> None:
    found = means(seen())

    coffee_at_b, snacks_at_b = (
        found[CellKey("retailer_b", "sku_0", SEARCH)],
        found[CellKey("retailer_b", "sku_3", SEARCH)],
    )
    assert (coffee_at_b + snacks_at_b) / 2 == pytest.approx(6, rel=0.05)
    assert coffee_at_b / snacks_at_b == pytest.approx(2, rel=0.15)


def test_what_was_not_told_is_marked_and_is_less_certain() -> None:
    cells = {cell.estimate.key: cell.estimate for cell in evidence(seen(), KEYS).cells}

    told, untold = cells[CellKey("retailer_a", "sku_0", SEARCH)], cells[CellKey("retailer_b", "sku_0", SEARCH)]
    assert not told.withheld and untold.withheld
    assert untold.sd >= UNSEEN_SPREAD * untold.mean > told.sd


def test_where_not_even_the_placement_was_told_the_other_retailers_stands_in() -> None:
    hidden = np.where([key.retailer_id == "retailer_b" for key in KEYS], np.nan, 3.0)

    found = means(seen(level=hidden))

    assert found[CellKey("retailer_b", "sku_0", SEARCH)] == pytest.approx(4, rel=0.1)


def test_a_precise_experiment_sets_the_level_of_what_it_measured_and_of_nothing_else() -> None:
    before = means(seen())

    after = means(seen(experiments=(ExperimentResult(1.5, 0.01, ("retailer_a",), (SEARCH,)),)))

    inside = [key for key in KEYS if key.retailer_id == "retailer_a" and key.placement_type is SEARCH]
    assert np.mean([after[key] for key in inside]) == pytest.approx(1.5, rel=0.01)
    assert after[inside[0]] / after[inside[3]] == pytest.approx(before[inside[0]] / before[inside[3]])
    assert all(after[key] == before[key] for key in KEYS if key not in inside)


def test_an_experiment_that_says_little_moves_little() -> None:
    before = means(seen())

    after = means(seen(experiments=(ExperimentResult(0.0, 1000.0),)))

    assert all(after[key] == pytest.approx(before[key], rel=0.01) for key in KEYS)


def test_an_experiment_without_a_standard_error_is_refused() -> None:
    with pytest.raises(ValueError, match="standard error must be above 0, got 0"):
        ExperimentResult(2.0, 0.0)


def test_an_empty_shelf_sells_nothing() -> None:
    half = Stock(np.where([key.sku_id == "sku_0" for key in KEYS], 0.5, 1.0), {})

    with_stock, without = means(seen(stock=half)), means(seen())

    for key in KEYS:
        assert with_stock[key] == pytest.approx(without[key] * (0.5 if key.sku_id == "sku_0" else 1.0))


def test_the_brief_decides_which_cells_are_planned_and_all_are_learnt_from() -> None:
    only = KEYS[:2]

    found = evidence(seen(), only)

    assert [cell.estimate.key for cell in found.cells] == list(only)
    assert [cell.estimate.mean for cell in found.cells] == [means(seen())[key] for key in only]


def test_returns_are_the_attributed_ones_where_nothing_else_was_seen() -> None:
    found = attributed_returns(seen())

    assert found.mean[0] == pytest.approx(4, rel=0.05)
