"""Estimates move towards their pool by as much as they are noisy."""

import numpy as np
import pytest

from orchestrator.evidence.attributed import attributed_returns
from orchestrator.evidence.observations import CellKey
from orchestrator.evidence.seen import Seen
from orchestrator.evidence.shrinkage import between_sd, shrink
from schemas.tasks import PlacementType


def noisy(seed: int, cells: int, spread: float, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = random.normal(3, spread, cells)
    return truth, truth + random.normal(0, noise, cells), np.full(cells, noise)


def test_shrunk_estimates_are_closer_to_the_truth_and_their_intervals_cover() -> None:
    truth, raw, sds = noisy(0, 2000, spread=0.5, noise=1.0)

    found = shrink(raw, sds, np.ones(2000, bool), ["pool"] * 2000)

    assert np.mean((found.mean - truth) ** 2) < 0.4 * np.mean((raw - truth) ** 2)
    assert 0.92 < np.mean(np.abs(found.mean - truth) < 1.96 * found.sd) < 0.98


def test_the_spread_between_cells_is_told_apart_from_noise() -> None:
    for spread in (0.0, 0.5, 2.0):
        _, raw, sds = noisy(1, 2000, spread, noise=1.0)

        assert between_sd(raw, sds) == pytest.approx(spread, abs=0.15)


def test_a_precise_estimate_stays_and_a_hopeless_one_becomes_the_pools() -> None:
    _, raw, sds = noisy(2, 100, spread=1.0, noise=0.1)
    sds[0], raw[0] = 1000.0, 500.0

    found = shrink(raw, sds, np.ones(100, bool), ["pool"] * 100)

    assert found.mean[0] == pytest.approx(3, abs=0.5)
    assert found.mean[1] == pytest.approx(raw[1], abs=0.05)


def test_an_unseen_cell_gets_its_pools_mean_and_is_the_least_certain() -> None:
    raw = np.array([1.0, 1.1, 0.9, 0.0, 5.0, 5.1, 4.9])
    seen = np.array([True, True, True, False, True, True, True])
    pools = ["a"] * 4 + ["b"] * 3

    found = shrink(raw, np.full(7, 0.1), seen, pools)

    assert found.mean[3] == pytest.approx(1.0, abs=0.05)
    assert found.sd[3] > found.sd[0]


def test_nothing_seen_is_an_error() -> None:
    with pytest.raises(ValueError, match="no cell was seen"):
        shrink(np.zeros(2), np.ones(2), np.zeros(2, bool), ["a", "a"])


def test_a_cell_with_few_orders_trusts_its_placement_more() -> None:
    cost = np.array([1000.0, 1000.0, 2.0, 1000.0])
    orders = np.array([400.0, 400.0, 0.0, 400.0])

    found = attributed_returns(
        Seen(
            keys=tuple(CellKey("retailer_a", f"sku_{i}", PlacementType.SPONSORED_SEARCH) for i in range(4)),
            category=("coffee",) * 4,
            history_days=90,
            spend=cost,
            cost=cost,
            revenue=orders * 10,
            conversions=orders,
            level=np.full(4, (orders * 10).sum() / cost.sum()),
        )
    )

    assert found.mean[0] == pytest.approx(4, rel=0.05)
    assert found.mean[2] > 2, "no order yet on a spend of two is no proof of a return of nothing"
    assert found.sd[2] > found.sd[0]
