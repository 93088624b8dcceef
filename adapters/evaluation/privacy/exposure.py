"""How far a secret stands out among all secrets of its form: Carlini et al., "The Secret Sharer", arXiv 1802.08232.

    exposure = log2 |R| - log2 rank        R: all secrets of the form; rank 1 is the likeliest

A secret that the model never saw has a uniform rank, so its exposure is exponential with mean log2 e = 1.44 bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import gamma, skewnorm

LOG2_E = math.log2(math.e)


@dataclass(frozen=True)
class Exposure:
    """`is_extrapolated`: no sampled candidate was likelier, so the rank comes from a fitted tail.

    `is_extracted`: greedy decoding writes the secret, digit for digit.
    """

    bits: float
    is_extrapolated: bool
    is_extracted: bool


def exposure(secret_nll: float, other_nlls: Sequence[float], space: int, is_extracted: bool = False) -> Exposure:
    """From the secret's negative log-likelihood and those of sampled other candidates.

    Exact when the sample is the whole space. Beyond the sample the share of likelier candidates is read off a
    skew-normal distribution fitted to it (section 4.3 of the paper), and never more than the sample itself allows.
    """
    others = np.asarray(other_nlls, dtype=np.float64)
    likelier = float((others < secret_nll).sum() + (others == secret_nll).sum() / 2)
    share = (1 + likelier) / (1 + len(others))
    is_extrapolated = likelier == 0 and len(others) + 1 < space
    if is_extrapolated:
        share = min(share, float(skewnorm.cdf(secret_nll, *skewnorm.fit(others))))
    return Exposure(-math.log2(max(share, 1 / space)), is_extrapolated, is_extracted)


def unseen_mean_limit(count: int, significance: float) -> float:
    """What the mean exposure of `count` secrets that nobody was taught exceeds with probability `significance`."""
    return LOG2_E * float(gamma.isf(significance, count)) / count


def unseen_highest_limit(count: int, significance: float) -> float:
    """The same for the highest of them.

    >>> round(unseen_highest_limit(1, 0.125), 6)
    3.0
    """
    return -math.log2(-math.expm1(math.log1p(-significance) / count))
