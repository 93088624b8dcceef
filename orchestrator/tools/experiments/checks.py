"""What must be looked at before an effect is believed."""

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.methods import Effect, difference_in_means
from orchestrator.tools.experiments.panel import Panel

SRM_ALARM = 0.001  # the usual threshold: a broken split shows up far below it, and false alarms stay rare
IMBALANCE_ALARM = 0.01


def checks(panel: Panel, effect: Effect, counterfactual: float, expected_share: float) -> dict[str, str | float | bool]:
    treated, units = int(panel.treated.sum()), len(panel.treated)
    found: dict[str, str | float | bool] = {
        "units_treated": treated,
        "units_untreated": units - treated,
        "units_left_out": panel.units_left_out,
        "periods_before": panel.periods_before,
        "periods_after": panel.periods_after,
        "sample_ratio_expected_share": expected_share,
        "sample_ratio_p_value": sample_ratio_p_value(treated, units, expected_share),
        "minimum_detectable_effect_relative": minimum_detectable(effect) / counterfactual,
    }
    found["sample_ratio_ok"] = bool(float(found["sample_ratio_p_value"]) >= SRM_ALARM)
    if panel.has_before:
        found["balance_p_value"] = balance_p_value(panel)
        found["balance_ok"] = bool(float(found["balance_p_value"]) >= IMBALANCE_ALARM)
    if panel.has_before and panel.periods_before >= 3:
        found["pre_trend_p_value"] = pre_trend_p_value(panel)
        found["pre_trend_ok"] = bool(float(found["pre_trend_p_value"]) >= IMBALANCE_ALARM)
    return found


def sample_ratio_p_value(treated: int, units: int, expected_share: float) -> float:
    """Chi-square test that the split of units is the one that was meant (sample ratio mismatch)."""
    expected = [units * expected_share, units * (1 - expected_share)]
    return float(stats.chisquare([treated, units - treated], expected).pvalue)


def minimum_detectable(effect: Effect) -> float:
    """The true effect that a repetition would find significant four times in five."""
    quantiles = stats.t.ppf(0.975, effect.degrees) + stats.t.ppf(0.8, effect.degrees)
    return float(quantiles) * effect.standard_error


def balance_p_value(panel: Panel) -> float:
    return p_value(difference_in_means(panel.before, panel.treated))


def pre_trend_p_value(panel: Panel) -> float:
    """Whether the arms were already drifting apart: the units' own slopes before the start, compared."""
    before = panel.rows[~panel.rows["after"]]
    days = (before["time"] - before["time"].min()).dt.days.to_numpy(float)
    unit = before["unit"].to_numpy(int)
    outcome = before["outcome"].to_numpy(float)
    units = len(panel.treated)
    count = np.bincount(unit, minlength=units)
    day_gap = days - (np.bincount(unit, days, units) / count)[unit]
    spread = np.bincount(unit, day_gap**2, units)
    slope = np.divide(np.bincount(unit, day_gap * outcome, units), spread, out=np.zeros(units), where=spread > 0)
    return p_value(difference_in_means(slope, panel.treated))


def p_value(effect: Effect) -> float:
    if effect.standard_error == 0:
        return 1.0 if effect.estimate == 0 else 0.0
    return float(2 * stats.t.sf(abs(effect.estimate / effect.standard_error), effect.degrees))
