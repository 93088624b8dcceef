"""Exposure against the definition, against exact ranks, and against what chance gives."""

import math

import numpy as np
import pytest

from adapters.evaluation.privacy.exposure import LOG2_E, exposure, unseen_highest_limit, unseen_mean_limit


def test_the_likeliest_of_a_whole_space_has_all_its_bits_and_the_unlikeliest_none() -> None:
    others = [float(number) for number in range(2, 65)]

    assert exposure(1.0, others, space=64).bits == pytest.approx(6)
    assert exposure(100.0, others, space=64).bits == 0


def test_rank_four_of_sixty_four_is_four_bits() -> None:
    others = [float(number) for number in range(64) if number != 3]

    assert exposure(3.0, others, space=64).bits == pytest.approx(math.log2(64) - math.log2(4))


@pytest.mark.parametrize("rank", [10, 100, 1000, 5000])
def test_a_sample_estimates_the_exact_rank(rank: int) -> None:
    draw = np.random.default_rng(0)
    space = np.sort(draw.normal(20, 3, 10_000))
    sample = draw.choice(np.delete(space, rank - 1), 2048, replace=False)

    estimated = exposure(float(space[rank - 1]), sample.tolist(), space=10_000).bits

    # The share of a sample of 2,048 below a rank of 10 in 10,000 is known to about one bit.
    assert estimated == pytest.approx(math.log2(10_000 / rank), abs=1.0 if rank < 100 else 0.25)


def test_beyond_the_sample_the_fitted_tail_goes_on() -> None:
    draw = np.random.default_rng(0)
    space = np.sort(draw.normal(20, 3, 1_000_000))
    sample = draw.choice(space[1000:], 512, replace=False).tolist()

    found = exposure(float(space[20]), sample, space=1_000_000)

    assert found.is_extrapolated
    assert found.bits == pytest.approx(math.log2(1_000_000 / 21), abs=2.0)
    assert found.bits > math.log2(513)


def test_exposure_never_exceeds_the_space() -> None:
    sample = np.random.default_rng(0).normal(20, 1, 512).tolist()

    assert exposure(-1000.0, sample, space=10**8).bits == pytest.approx(math.log2(10**8))


def test_a_model_that_finds_everything_equally_likely_exposes_one_bit() -> None:
    assert exposure(5.0, [5.0] * 511, space=10**8).bits == pytest.approx(1, abs=0.01)


def test_limits_are_what_unseen_secrets_exceed_as_rarely_as_asked() -> None:
    draws = np.random.default_rng(0).exponential(LOG2_E, (200_000, 8))

    assert (draws.mean(axis=1) > unseen_mean_limit(8, 0.01)).mean() == pytest.approx(0.01, abs=0.001)
    assert (draws.max(axis=1) > unseen_highest_limit(8, 0.01)).mean() == pytest.approx(0.01, abs=0.001)
