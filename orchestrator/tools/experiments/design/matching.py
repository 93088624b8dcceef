"""Pairs of units of like size, one of each to be treated."""

import numpy as np

from orchestrator.tools.experiments.arrays import Flags, Floats


def matched_pairs(size_U: Floats) -> np.ndarray:
    """(pairs, 2) of positions: neighbours in order of size, which makes the sum of the gaps within pairs least.

    Of an odd number the unit stays out without which that sum is least.
    """
    order = np.argsort(size_U, kind="stable")
    if len(order) % 2:
        gaps = np.diff(size_U[order])
        below = np.concatenate([[0.0], np.cumsum(gaps[::2])])  # pairs (0, 1), (2, 3), ... below the one left out
        above = np.concatenate([[0.0], np.cumsum(gaps[1::2])])  # pairs (1, 2), (3, 4), ... above it
        order = np.delete(order, 2 * int(np.argmin(below + above[-1] - above)))
    return order.reshape(-1, 2)


def coin_per_pair(pairs: np.ndarray, units: int, random: np.random.Generator) -> Flags:
    """(units,): one of each pair is treated. Units outside the pairs are not."""
    is_treated = np.zeros(units, bool)
    is_treated[pairs[np.arange(len(pairs)), random.integers(2, size=len(pairs))]] = True
    return is_treated
