"""An effect with every observation's influence on it.

With influences, the variance of any smooth combination (a relative lift, a ratio to cost) is a sum of squares. They are
scaled as HC2 (MacKinnon and White 1985), which for a difference in means is exactly Welch's variance, or as HC3 (the
same paper) in a regression on history.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.arrays import Flags, Floats
from schemas.lift import Estimate


@dataclass(frozen=True)
class Effect:
    """`influence`: one per unit (or block); its squares add up to the variance. `degrees` of freedom of Student's t."""

    estimate: float
    influence: Floats
    degrees: float

    @property
    def standard_error(self) -> float:
        return float(np.sqrt(np.sum(self.influence**2)))

    @property
    def p_value(self) -> float:
        if self.standard_error == 0:
            return 1.0 if self.estimate == 0 else 0.0
        return float(2 * stats.t.sf(abs(self.estimate / self.standard_error), self.degrees))

    @property
    def interval(self) -> Estimate:
        reach = float(stats.t.ppf(0.975, self.degrees)) * self.standard_error
        return Estimate(estimate=self.estimate, ci95=(self.estimate - reach, self.estimate + reach))


@dataclass(frozen=True)
class Found:
    """An effect, and the treated arm's level it belongs to: level - effect is the level without treatment."""

    effect: Effect
    treated_level: Effect

    @property
    def counterfactual(self) -> Effect:
        level, effect = self.treated_level, self.effect
        return Effect(level.estimate - effect.estimate, level.influence - effect.influence, effect.degrees)


def mean_of(values: Floats, arm: Flags) -> Effect:
    count = int(arm.sum())
    mean = float(values[arm].mean())
    influence = np.where(arm, (values - mean) / np.sqrt(count * (count - 1)), 0.0)
    return Effect(mean, influence, float(count - 1))


def difference_in_means(values: Floats, treated: Flags) -> Effect:
    """Welch (1947): unequal variances, Satterthwaite's degrees of freedom."""
    influence = np.zeros(len(values))
    parts = []
    for arm, sign in ((treated, 1.0), (~treated, -1.0)):
        count = int(arm.sum())
        influence[arm] = sign * (values[arm] - values[arm].mean()) / np.sqrt(count * (count - 1))
        parts.append((float(np.sum(influence[arm] ** 2)), count))
    variance = sum(part for part, _ in parts)
    spread = sum(part**2 / (count - 1) for part, count in parts)
    degrees = variance**2 / spread if spread > 0 else float(len(values) - 2)
    return Effect(float(values[treated].mean() - values[~treated].mean()), influence, degrees)
