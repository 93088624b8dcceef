"""Intervals and p-values against published numbers, and against cases whose answer is plain."""

import pytest
from scipy.stats import norm

from adapters.evaluation.statistics import (
    clustered_mean,
    exact_mcnemar,
    holm,
    paired_difference,
    score_test,
    wilson,
)


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe_1998(right: int, n: int, low: float, high: float) -> None:
    interval = wilson(right, n)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_exact_mcnemar_is_that_of_agrestis_approval_ratings() -> None:
    # Agresti, Categorical Data Analysis: 1,600 people asked twice; the exact p is that of R's exact2x2.
    first = [True] * 794 + [True] * 150 + [False] * 86 + [False] * 570
    second = [True] * 794 + [False] * 150 + [True] * 86 + [False] * 570

    assert exact_mcnemar(first, second) == pytest.approx(3.716e-05, rel=1e-3)


def test_two_arms_that_never_disagree_are_not_told_apart() -> None:
    assert exact_mcnemar([True, False], [True, False]) == 1.0


@pytest.mark.parametrize("n", [20, 80, 300])
def test_arms_that_never_disagree_need_enough_examples_to_rule_out_a_loss(n: int) -> None:
    # With no disagreement Tango's statistic is sqrt(n d / (1 - d)).
    p = score_test([True] * n, [True] * n, -0.03)

    assert p == pytest.approx(float(norm.sf((n * 0.03 / 0.97) ** 0.5)))
    assert (p < 0.05) == (n > 87)


def test_against_no_margin_the_score_test_is_mcnemars_without_correction() -> None:
    first, second = [True] * 15 + [False] * 5 + [True] * 60, [False] * 15 + [True] * 5 + [True] * 60

    assert score_test(first, second, 0.0) == pytest.approx(float(norm.sf((15 - 5) / 20**0.5)))


def test_holm_steps_down_and_never_decreases() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_a_difference_is_the_share_of_the_one_minus_that_of_the_other() -> None:
    estimate = paired_difference([True, True, False, True], [False, True, False, False], list("abcd"))

    assert estimate.value == 0.5
    assert estimate.interval.low <= 0.5 <= estimate.interval.high


def test_a_hundred_families_give_the_interval_of_the_normal_approximation() -> None:
    values = [1.0] * 30 + [0.0] * 70

    interval = clustered_mean(values, [str(place) for place in range(100)]).interval

    # 0.3 ± 1.96 sqrt(0.3 · 0.7 / 100)
    assert (interval.low, interval.high) == pytest.approx((0.21, 0.39), abs=0.015)


def test_saying_the_same_example_again_does_not_make_it_surer() -> None:
    families = [str(place) for place in range(20)]
    values = [float(place % 2) for place in range(20)]

    once = clustered_mean(values, families)
    tenfold = clustered_mean(values * 10, families * 10)
    as_if_independent = clustered_mean(values * 10, [str(place) for place in range(200)])

    assert tenfold.interval == once.interval
    assert as_if_independent.interval.high - as_if_independent.interval.low < 0.4 * (
        tenfold.interval.high - tenfold.interval.low
    )


def test_the_same_seed_draws_the_same_resamples() -> None:
    first, second = (clustered_mean([0.0, 1.0, 1.0], list("abc")).interval for _ in range(2))

    assert first == second


def test_a_p_from_resamples_is_never_zero() -> None:
    sure = clustered_mean([1.0] * 10, [str(place) for place in range(10)], resamples=1999)

    assert sure.chance_below(0.0) == pytest.approx(1 / 2000)
    assert sure.chance_above(0.0) == 1.0
