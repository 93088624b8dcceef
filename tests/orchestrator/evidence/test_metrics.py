"""What arms are judged by, on cases that a hand can check."""

import numpy as np
import pytest

from orchestrator.evidence import metrics
from schemas.run import CellAccuracy


def cell(predicted: float, actual: float, spend: int = 100, low: float = 0.0, high: float = 0.0) -> CellAccuracy:
    return CellAccuracy(
        retailer_id="r",
        sku_id="s",
        placement_type="p",
        spend_micros=spend,
        predicted=predicted,
        low=low,
        high=high,
        actual=actual,
        withheld=False,
    )


def test_rank_correlation_is_one_for_the_same_order_and_minus_one_for_the_opposite() -> None:
    cells = [cell(1, 10), cell(2, 20), cell(3, 90)]

    assert metrics.rank_correlation(cells) == pytest.approx(1)
    assert metrics.rank_correlation([cell(-one.predicted, one.actual) for one in cells]) == pytest.approx(-1)


@pytest.mark.parametrize("cells", [[], [cell(1, 2)], [cell(1, 2), cell(1, 3)], [cell(1, 2), cell(2, 2)]])
def test_without_an_order_there_is_no_rank_correlation(cells: list[CellAccuracy]) -> None:
    assert metrics.rank_correlation(cells) == 0


def test_a_decision_is_right_when_prediction_and_truth_lie_on_one_side_of_break_even() -> None:
    cells = [cell(4, 5, 300), cell(4, 2, 100)]  # break-even at a margin of 30 % is a return of 3.3
    thirty = np.array([0.3, 0.3])

    assert metrics.right_decisions(cells, thirty, thirty) == pytest.approx(0.75)
    assert metrics.right_decisions(cells, np.ones(2), np.array([0.1, 0.1])) == 0, "margin 10 %: neither earns its spend"


def test_without_spend_nothing_was_decided() -> None:
    assert metrics.right_decisions([cell(1, 1, 0)], np.ones(1), np.ones(1)) == 0


def test_bias_weighs_cells_by_their_spend() -> None:
    assert metrics.bias([cell(3, 1, 300), cell(1, 3, 100)]) == pytest.approx(1.0)


def test_coverage_counts_the_intervals_that_hold_the_truth() -> None:
    cells = [cell(2, 2.5, low=1, high=3), cell(2, 3.5, low=1, high=3)]

    assert metrics.coverage(cells) == 0.5


def test_an_sku_counts_as_optimised_when_it_moved_and_lost_nothing() -> None:
    moved = {"up": 0.2, "down": -0.2, "still": 0.05, "harmed": 0.5}
    change = {"up": 10.0, "down": 0.0, "still": 99.0, "harmed": -1.0}

    assert metrics.skus_optimised(moved, change) == 2


def test_headroom_is_nought_at_todays_mix_one_at_the_oracle_and_negative_below() -> None:
    assert metrics.headroom_captured(10, 10, 30) == 0
    assert metrics.headroom_captured(30, 10, 30) == 1
    assert metrics.headroom_captured(0, 10, 30) == -0.5
    assert metrics.headroom_captured(12, 10, 10) == 0, "no headroom"


def test_regret_is_what_is_lost_against_the_oracle() -> None:
    assert metrics.regret(75, 100) == pytest.approx(0.25)
    assert metrics.regret(75, 0) == 0


def test_stockouts_avoided_may_be_negative() -> None:
    assert metrics.stockouts_avoided(5, 10) == 0.5
    assert metrics.stockouts_avoided(15, 10) == -0.5
    assert metrics.stockouts_avoided(3, 0) == 0
