"""Intervals for ratios of two estimates made on the same units."""

import math

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.effects import Effect
from schemas.errors import InputInvalid
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


def log_ratio(level: Effect, counterfactual: Effect) -> Estimate:
    """level / counterfactual - 1, by the delta method on the logarithm of the ratio: always bounded, less exact.

    Raises InputInvalid for a level that is not positive.
    """
    if level.estimate <= 0:
        raise InputInvalid(
            f"the treated units' outcome averages {level.estimate:g} and differs so much between units that a relative "
            "lift has no bounded interval; add units, or measure an outcome that is positive"
        )
    ratio = level.estimate / counterfactual.estimate
    influence = level.influence / level.estimate - counterfactual.influence / counterfactual.estimate
    reach = Effect(math.log(ratio), influence, counterfactual.degrees).interval.ci95
    return Estimate(estimate=ratio - 1, ci95=(math.exp(reach[0]) - 1, math.exp(reach[1]) - 1))
