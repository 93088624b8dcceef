"""Empirical Bayes: noisy estimates drawn towards the mean of their pool, by as much as they are noisy.

A plan made on raw estimates funds the luckiest ones (winner's curse). Normal-normal model, between-cell variance by
Paule and Mandel (1982), nested pools: a cell in its pool, a pool in the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from orchestrator.evidence.arrays import Flags, Floats

MIN_SPREAD_SHARE = 0.1  # of the mean: no two cells are exactly alike, and a spread of 0 would hide what is not known


@dataclass(frozen=True)
class Shrunk:
    """(cells,) posterior mean and sd."""

    mean: Floats
    sd: Floats


@dataclass(frozen=True)
class PoolMean:
    mean: float
    sd: float
    spread: float


def pool_mean(values: Floats, sds: Floats) -> PoolMean:
    """Precision-weighted mean of `values` with its sd, and the spread between the true values."""
    spread = between_sd(values, sds)
    weights = 1 / (sds**2 + spread**2)
    mean = float(np.sum(weights * values) / np.sum(weights))
    return PoolMean(mean, float(1 / np.sqrt(np.sum(weights))), max(spread, MIN_SPREAD_SHARE * abs(mean)))


def between_sd(values: Floats, sds: Floats) -> float:
    """Paule-Mandel: the spread that makes the chi-square what it should be; 0 when noise explains everything."""
    if len(values) < 2:
        return 0.0

    def excess(variance: float) -> float:
        weights = 1 / (sds**2 + variance)
        mean = np.sum(weights * values) / np.sum(weights)
        return float(np.sum(weights * (values - mean) ** 2) - (len(values) - 1))

    high = float(np.var(values)) * len(values) + 1e-12
    if excess(0.0) <= 0 or excess(high) > 0:
        return 0.0 if excess(0.0) <= 0 else float(np.sqrt(high))
    return float(np.sqrt(brentq(excess, 0.0, high)))


def shrink(values: Floats, sds: Floats, seen: Flags, pools: Sequence[str]) -> Shrunk:
    """Cells to their pool, pools to the whole; an unseen cell gets its pool's mean with the spread of cells on top.

    `values`, `sds`, `seen`, `pools`: (cells,). Raises ValueError when no cell was seen.
    """
    if not seen.any():
        raise ValueError("no cell was seen, so there is nothing to pool")
    whole = pool_mean(values[seen], sds[seen])
    names = np.array(pools)
    found: dict[str, PoolMean] = {}
    for name in np.unique(names[seen]):
        inside = seen & (names == name)
        found[str(name)] = pool_mean(values[inside], sds[inside])
    pool_values = np.array([pool.mean for pool in found.values()])
    pool_sds = np.array([pool.sd for pool in found.values()])
    spread = pool_mean(pool_values, pool_sds).spread if len(found) > 1 else whole.spread
    mean, sd = np.empty(len(values)), np.empty(len(values))
    for name in np.unique(names):
        pool = found.get(str(name))
        centre = _towards(pool.mean, pool.sd, whole.mean, spread) if pool else (whole.mean, spread)
        between = pool.spread if pool and (seen & (names == name)).sum() > 2 else whole.spread
        for i in np.flatnonzero(names == name):
            prior_sd = float(np.hypot(between, centre[1]))
            mean[i], sd[i] = _towards(values[i], sds[i], centre[0], prior_sd) if seen[i] else (centre[0], prior_sd)
    return Shrunk(mean, sd)


def _towards(value: float, sd: float, centre: float, spread: float) -> tuple[float, float]:
    """Posterior mean and sd of a normal value seen with `sd`, under a normal prior."""
    weight = spread**2 / (spread**2 + sd**2)
    return float(weight * value + (1 - weight) * centre), float(np.sqrt(weight) * sd)
