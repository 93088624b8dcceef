"""Estimators of an effect per treated unit and period from two arms of several units each."""

from collections.abc import Callable

import numpy as np
import statsmodels.api as sm

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.effects import Effect, Found, difference_in_means, mean_of


def welch(arms: Arms) -> Found:
    return Found(difference_in_means(arms.after_U, arms.is_treated_U), mean_of(arms.after_U, arms.is_treated_U))


def collapsed_did(arms: Arms) -> Found:
    """Difference in differences of unit means: one number per unit, so that serial correlation does no harm.

    Bertrand, Duflo and Mullainathan 2004, section IV.C.
    """
    effect = difference_in_means(arms.after_U - arms.before_U, arms.is_treated_U)
    return Found(effect, mean_of(arms.after_U, arms.is_treated_U))


def cuped(arms: Arms) -> Found:
    """Regression on arm, centred pre-period mean and their product: ANCOVA (Lin 2013), CUPED (Deng and others 2013).

    Errors are HC3 (MacKinnon and White 1985): unit sizes with a heavy tail make HC2 see effects twice too often.
    The coefficient on the arm is the average effect over all units; the level is the treated arm's at the mean history.
    """
    arm = arms.is_treated_U.astype(float)
    centred = arms.before_U - arms.before_U.mean()
    if np.ptp(centred) == 0:
        return welch(arms)
    design = np.column_stack([np.ones(len(arm)), arm, centred, arm * centred])
    fit = sm.OLS(arms.after_U, design).fit()
    leverage = np.minimum(fit.get_influence().hat_matrix_diag, 1 - 1e-9)
    influence = fit.model.pinv_wexog * fit.resid / (1 - leverage)
    degrees = float(fit.df_resid)
    level = Effect(float(fit.params[0] + fit.params[1]), influence[0] + influence[1], degrees)
    return Found(Effect(float(fit.params[1]), influence[1], degrees), level)


def cluster_did(arms: Arms) -> Found:
    """Difference in differences on all rows, arm and period effects, errors clustered by unit, G - 1 degrees.

    Liang and Zeger 1986, with the usual small-sample factor. Rows weigh equally: units with more rows count more.
    """
    unit_R, time_R = np.nonzero(~np.isnan(arms.outcome_UT))
    arm, after = arms.is_treated_U[unit_R].astype(float), arms.is_after_T[time_R].astype(float)
    design = np.column_stack([np.ones(len(unit_R)), arm, after, arm * after])
    fit = sm.OLS(arms.outcome_UT[unit_R, time_R], design).fit()
    units = len(arms.is_treated_U)
    correction = np.sqrt(units / (units - 1) * (len(unit_R) - 1) / fit.df_resid)

    def combined(*coefficients: int) -> Effect:
        scores = fit.model.pinv_wexog[list(coefficients)].sum(axis=0) * fit.resid
        influence = correction * np.bincount(unit_R, weights=scores, minlength=units)
        return Effect(float(fit.params[list(coefficients)].sum()), influence, float(units - 1))

    return Found(combined(3), combined(0, 1, 2, 3))


ARM_METHODS: dict[str, Callable[[Arms], Found]] = {
    "welch": welch,
    "did": collapsed_did,
    "cuped": cuped,
    "cluster_did": cluster_did,
}
