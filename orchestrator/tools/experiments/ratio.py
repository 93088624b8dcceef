"""Intervals for ratios of two estimates made on the same units."""

import math

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.effects import Effect
from schemas.lift import Estimate


def fieller(top: Effect, bottom: Effect) -> Estimate | None:
    """top / bottom with Fieller's 95 % interval (Fieller 1954); None when `bottom` cannot be told from 0.

    Unlike the delta method it keeps its coverage when the denominator is noisy.
    """
    quantile = float(stats.t.ppf(0.975, min(top.degrees, bottom.degrees)))
    variance_top, variance_bottom = top.standard_error**2, bottom.standard_error**2
    covariance = float(np.sum(top.influence * bottom.influence))
    a = bottom.estimate**2 - quantile**2 * variance_bottom
    if a <= 0:
        return None
    b = top.estimate * bottom.estimate - quantile**2 * covariance
    c = top.estimate**2 - quantile**2 * variance_top
    reach = math.sqrt(max(0.0, b * b - a * c))
    return Estimate(estimate=top.estimate / bottom.estimate, ci95=((b - reach) / a, (b + reach) / a))
