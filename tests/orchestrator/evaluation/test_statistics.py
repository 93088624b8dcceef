"""Paired differences and Shapley values, on cases that a hand can check."""

import numpy as np
import pytest
from scipy import stats

from orchestrator.evaluation.statistics import mean_interval, paired, shapley
from orchestrator.evaluation.visibility import EVERY_SET, Part


def test_a_paired_difference_is_the_t_tests() -> None:
    first, second = [3.0, 5.0, 9.0, 4.0], [1.0, 4.0, 5.0, 5.0]

    found = paired(first, second)

    expected = stats.ttest_rel(first, second).confidence_interval()
    assert found.mean == pytest.approx(1.5)
    assert found.t95 == pytest.approx((expected.low, expected.high))
    assert found.won == 0.75
    assert found.worst_decile == -1
    assert found.bca95 is None, "four worlds are too few to resample"


def test_a_tie_counts_half_a_win() -> None:
    assert paired([1, 2], [1, 1]).won == 0.75


def test_the_bootstrap_interval_holds_the_mean_and_follows_a_skew() -> None:
    gaps = np.random.default_rng(3).exponential(size=60)

    found = paired(gaps.tolist(), [0.0] * 60)

    assert found.bca95 is not None
    low, high = found.bca95
    assert low < found.mean < high
    assert high - found.mean > found.mean - low


def test_one_world_says_nothing_about_the_spread() -> None:
    with pytest.raises(ValueError, match="two worlds or more, got 1"):
        paired([1], [0])
    assert mean_interval([2.0]) == (2.0, (2.0, 2.0))


def test_shapley_values_add_up_to_the_whole_in_every_world() -> None:
    draw = np.random.default_rng(1)
    values = {parts: draw.normal(size=3).tolist() for parts in EVERY_SET}

    found = shapley(values)

    whole = np.array(values[frozenset(Part)]) - np.array(values[frozenset()])
    assert np.sum(list(found.values()), axis=0) == pytest.approx(whole)


def test_a_part_that_adds_nothing_is_worth_nothing_and_partners_share_what_they_make_together() -> None:
    together = {Part.GRAIN, Part.PROMO}
    values = {parts: [8.0 if together <= parts else 0.0] for parts in EVERY_SET}

    found = shapley(values)

    assert found[Part.GRAIN] == found[Part.PROMO] == [pytest.approx(4.0)]
    assert found[Part.STOCK] == found[Part.MARGIN] == [0.0]
