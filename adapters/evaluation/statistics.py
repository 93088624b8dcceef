"""How sure a rate or a difference is: Wilson, exact McNemar, a bootstrap over families, Holm.

Examples of one family (a wording, a product) go right or wrong together, so families are what is drawn again.
Protocol: Miller, "Adding Error Bars to Evals", arXiv 2411.00640.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest, norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

LEVEL = 0.95
RESAMPLES = 10_000
BOOTSTRAP_SEED = 0


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """A mean, its interval, and the means of the resamples it comes from."""

    value: float
    interval: Interval
    resampled: npt.NDArray[np.float64]

    def chance_below(self, bound: float) -> float:
        """One-sided p of "the mean is above `bound`"; never zero, since resamples are finitely many."""
        return float((1 + np.sum(self.resampled <= bound)) / (1 + len(self.resampled)))

    def chance_above(self, bound: float) -> float:
        """One-sided p of "the mean is below `bound`"."""
        return float((1 + np.sum(self.resampled >= bound)) / (1 + len(self.resampled)))


def wilson(right: int, n: int) -> Interval:
    found = binomtest(right, n).proportion_ci(LEVEL, method="wilson")
    return Interval(float(found.low), float(found.high))


def clustered_mean(
    values: Sequence[float], families: Sequence[str], resamples: int = RESAMPLES, seed: int = BOOTSTRAP_SEED
) -> Estimate:
    """The mean with a percentile interval from drawing whole families again."""
    places = {family: place for place, family in enumerate(dict.fromkeys(families))}
    sums, sizes = np.zeros(len(places)), np.zeros(len(places))
    for value, family in zip(values, families, strict=True):
        sums[places[family]] += value
        sizes[places[family]] += 1
    drawn = np.random.default_rng(seed).multinomial(len(places), [1 / len(places)] * len(places), size=resamples)
    resampled = (drawn @ sums) / (drawn @ sizes)
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(np.mean(values)), Interval(float(low), float(high)), resampled)


def paired_difference(
    first: Sequence[bool],
    second: Sequence[bool],
    families: Sequence[str],
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Estimate:
    """Share right of `first` minus that of `second`, on the same examples."""
    differences = [float(one) - float(other) for one, other in zip(first, second, strict=True)]
    return clustered_mean(differences, families, resamples, seed)


def exact_mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Two-sided p of equal rates on the same examples; only those on which the two disagree count."""
    cells = np.zeros((2, 2), dtype=int)
    for one, other in zip(first, second, strict=True):
        cells[int(one), int(other)] += 1
    return min(1.0, float(mcnemar(cells, exact=True).pvalue))


def score_test(first: Sequence[bool], second: Sequence[bool], bound: float) -> float:
    """One-sided p of "the difference is above `bound`", on the same examples (Tango 1998, Statistics in Medicine 17).

    Where two arms never disagree, resamples never differ either and seem sure whatever the number of examples; this
    test then still asks for enough of them.
    """
    n = len(first)
    only_first = sum(one and not other for one, other in zip(first, second, strict=True))
    only_second = sum(other and not one for one, other in zip(first, second, strict=True))
    linear = -only_first - only_second + (2 * n - only_first + only_second) * bound
    constant = -only_second * bound * (1 - bound)
    likely_second = (math.sqrt(linear**2 - 8 * n * constant) - linear) / (4 * n)
    variance = n * (2 * likely_second + bound * (1 - bound))
    return float(norm.sf((only_first - only_second - n * bound) / math.sqrt(variance)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted so that the chance of any false finding among them stays at the level."""
    if not p_values:
        return []
    return [float(adjusted) for adjusted in multipletests(p_values, method="holm")[1]]
