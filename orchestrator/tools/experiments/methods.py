"""Estimators of an effect per treated unit and period. Each gives the estimate and every unit's influence on it.

With influences, the variance of any smooth combination (a relative lift, a ratio to cost) is a sum of squares. They are
scaled as HC2 (MacKinnon and White 1985), which for a difference in means is exactly Welch's variance, or HC3 (the same
paper) where an arm is small.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm

from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.panel import Panel

SMALL_ARM = 25  # below it HC3's caution is worth its width


@dataclass(frozen=True)
class Effect:
    """`influence`: (units,), its squares add up to the variance; `degrees` of freedom of the t interval."""

    estimate: float
    influence: Floats
    degrees: float

    @property
    def standard_error(self) -> float:
        return float(np.sqrt(np.sum(self.influence**2)))


@dataclass(frozen=True)
class Found:
    """An effect, and the treated arm's level it belongs to: level - effect is the level without treatment."""

    effect: Effect
    treated_level: Effect


def mean_of(values: Floats, arm: Flags) -> Effect:
    count = int(arm.sum())
    mean = float(values[arm].mean())
    influence = np.where(arm, (values - mean) / np.sqrt(count * (count - 1)), 0.0)
    return Effect(mean, influence, float(count - 1))


def difference_in_means(values: Floats, treated: Flags) -> Effect:
    """Welch: unequal variances, Satterthwaite's degrees of freedom."""
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


def welch(panel: Panel) -> Found:
    return Found(difference_in_means(panel.after, panel.treated), mean_of(panel.after, panel.treated))


def collapsed_did(panel: Panel) -> Found:
    """Difference in differences of unit means: one number per unit, so that serial correlation does no harm."""
    effect = difference_in_means(panel.after - panel.before, panel.treated)
    return Found(effect, mean_of(panel.after, panel.treated))


def ancova(panel: Panel) -> Found:
    """Regression on arm, centred pre-period mean and their product (Lin 2013), also known as CUPED.

    The coefficient on the arm is the average effect over all units; the level is the treated arm's at the mean history.
    """
    values_before, values_after = panel.before, panel.after
    arm = panel.treated.astype(float)
    centred = values_before - values_before.mean()
    if np.ptp(centred) == 0:
        return welch(panel)
    design = np.column_stack([np.ones(len(arm)), arm, centred, arm * centred])
    fit = sm.OLS(values_after, design).fit()
    leverage = np.minimum(fit.get_influence().hat_matrix_diag, 1 - 1e-9)
    power = 1.0 if min(panel.treated.sum(), (~panel.treated).sum()) < SMALL_ARM else 0.5
    influence = fit.model.pinv_wexog * fit.resid / (1 - leverage) ** power
    degrees = float(fit.df_resid)
    level = Effect(float(fit.params[0] + fit.params[1]), influence[0] + influence[1], degrees)
    return Found(Effect(float(fit.params[1]), influence[1], degrees), level)


def cluster_did(panel: Panel) -> Found:
    """Difference in differences on all rows, arm and period effects, errors clustered by unit, G - 1 degrees.

    On unbalanced panels rows weigh equally, so units with more rows count more.
    """
    rows = panel.rows
    arm, after = rows["treated"].to_numpy(float), rows["after"].to_numpy(float)
    design = np.column_stack([np.ones(len(rows)), arm, after, arm * after])
    fit = sm.OLS(rows["outcome"].to_numpy(float), design).fit()
    scores = fit.model.pinv_wexog[3] * fit.resid
    units = len(panel.treated)
    influence = np.bincount(rows["unit"].to_numpy(int), weights=scores, minlength=units)
    correction = units / (units - 1) * (len(rows) - 1) / fit.df_resid
    effect = Effect(float(fit.params[3]), influence * np.sqrt(correction), float(units - 1))
    return Found(effect, mean_of(panel.after, panel.treated))


Method = Callable[[Panel], Found]

METHODS: dict[str, Method] = {
    "welch": welch,
    "did": collapsed_did,
    "ancova": ancova,
    "cluster_did": cluster_did,
}

TITLES = {
    "welch": "difference in means after the start (Welch)",
    "did": "difference in differences of unit means (Welch)",
    "ancova": "regression on arm and pre-period mean (ANCOVA, heteroskedasticity-robust)",
    "cluster_did": "difference in differences on all rows (errors clustered by unit)",
}
