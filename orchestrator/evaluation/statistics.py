"""Paired comparisons over worlds, and what each part of the brand's data was worth."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
from scipy import stats

from orchestrator.evaluation.visibility import Part, Parts
from schemas.base import Frozen

RESAMPLES = 9_999
RESAMPLING_SEED = 7
MIN_WORLDS_FOR_BCA = 10


class Paired(Frozen):
    """First arm less second, over worlds. `t95`: Student's t; `bca95`: bias-corrected accelerated bootstrap, None with
    fewer than ten worlds or no spread. `won`: share of worlds where the first arm is higher, a tie counting half;
    `worst_decile`: mean of the lowest tenth of differences."""

    worlds: int
    mean: float
    sd: float
    t95: tuple[float, float]
    bca95: tuple[float, float] | None
    won: float
    worst_decile: float

    @property
    def is_above_zero(self) -> bool:
        return self.t95[0] > 0

    @property
    def is_below_zero(self) -> bool:
        return self.t95[1] < 0


def paired(first: Sequence[float], second: Sequence[float]) -> Paired:
    """Raises ValueError with fewer than two worlds: nothing can be said of their spread."""
    gaps = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    if len(gaps) < 2:
        raise ValueError(f"a paired difference needs two worlds or more, got {len(gaps)}")
    half = float(stats.t.ppf(0.975, len(gaps) - 1) * stats.sem(gaps))
    mean = float(gaps.mean())
    lowest = np.sort(gaps)[: max(1, len(gaps) // 10)]
    return Paired(
        worlds=len(gaps),
        mean=mean,
        sd=float(gaps.std(ddof=1)),
        t95=(mean - half, mean + half),
        bca95=_bca(gaps),
        won=float(np.mean(gaps > 0) + np.mean(gaps == 0) / 2),
        worst_decile=float(lowest.mean()),
    )


def mean_interval(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """Mean over worlds with its 95 % t interval; the mean itself twice where there is one world."""
    found = np.asarray(values, dtype=float)
    half = float(stats.t.ppf(0.975, len(found) - 1) * stats.sem(found)) if len(found) > 1 else 0.0
    return float(found.mean()), (float(found.mean()) - half, float(found.mean()) + half)


def _bca(gaps: np.ndarray) -> tuple[float, float] | None:
    if len(gaps) < MIN_WORLDS_FOR_BCA or np.ptp(gaps) == 0:
        return None
    found = stats.bootstrap(
        (gaps,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(RESAMPLING_SEED)
    ).confidence_interval
    return float(found.low), float(found.high)


def shapley(values: Mapping[Parts, Sequence[float]]) -> dict[Part, list[float]]:
    """Each part's Shapley value in every world: its gain averaged over all orders of adding the parts.

    `values`: the score of every subset, by world. A world's shares add up to full less clean room (Shapley 1953).
    """
    every = list(Part)
    worlds = len(next(iter(values.values())))
    found: dict[Part, list[float]] = {}
    for part in every:
        others = [other for other in every if other is not part]
        total = np.zeros(worlds)
        for count in range(len(others) + 1):
            weight = factorial(count) * factorial(len(others) - count) / factorial(len(every))
            for before in map(frozenset, combinations(others, count)):
                total += weight * (np.asarray(values[before | {part}]) - np.asarray(values[before]))
        found[part] = total.tolist()
    return found
