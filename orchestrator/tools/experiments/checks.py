"""What must be looked at before an effect is believed."""

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.arms import Arms, row_means
from orchestrator.tools.experiments.effects import difference_in_means
from orchestrator.tools.experiments.experiment import Experiment
from orchestrator.tools.experiments.switchback import Blocks

SRM_ALARM = 0.001  # the usual threshold: a broken split shows up far below it, and false alarms stay rare
IMBALANCE_ALARM = 0.01
EVEN = 0.5

Checks = dict[str, str | float | bool]


def arm_checks(arms: Arms, method: str, experiment: Experiment) -> Checks:
    found: Checks = {
        "units_treated": arms.treated_units,
        "units_untreated": arms.untreated_units,
        "units_left_out": arms.units_left_out,
        "periods_before": arms.periods_before,
        "periods_after": arms.periods_after,
    }
    share = _expected_share(method, experiment)
    if share is not None:
        found |= sample_ratio(arms.treated_units, len(arms.is_treated_U), share)
    if has_before(arms) and method != "synthetic_control":
        found["balance_p_value"] = balance_p_value(arms)
        found["balance_ok"] = bool(float(found["balance_p_value"]) >= IMBALANCE_ALARM)
        if arms.periods_before >= 3:
            found["pre_trend_p_value"] = pre_trend_p_value(arms)
            found["pre_trend_ok"] = bool(float(found["pre_trend_p_value"]) >= IMBALANCE_ALARM)
    return found


def block_checks(blocks: Blocks, experiment: Experiment) -> Checks:
    on, all_blocks = int(blocks.is_on_B.sum()), len(blocks.is_on_B)
    return {
        "units": blocks.units,
        "units_left_out": blocks.units_left_out,
        "schedules": blocks.schedules,
        "blocks_treated": on,
        "blocks_untreated": all_blocks - on,
        **sample_ratio(on, all_blocks, EVEN if experiment.expected_share is None else experiment.expected_share),
    }


def has_before(arms: Arms) -> bool:
    return arms.periods_before > 0 and not bool(np.isnan(arms.before_U).any())


def sample_ratio(treated: int, units: int, expected_share: float) -> Checks:
    """Sample ratio mismatch (Fabijan and others 2019): is the split of units the one that was meant?"""
    p_value = sample_ratio_p_value(treated, units, expected_share)
    return {
        "sample_ratio_expected_share": expected_share,
        "sample_ratio_p_value": p_value,
        "sample_ratio_ok": p_value >= SRM_ALARM,
    }


def sample_ratio_p_value(treated: int, units: int, expected_share: float) -> float:
    expected = [units * expected_share, units * (1 - expected_share)]
    return float(stats.chisquare([treated, units - treated], expected).pvalue)


def balance_p_value(arms: Arms) -> float:
    return difference_in_means(arms.before_U, arms.is_treated_U).p_value


def pre_trend_p_value(arms: Arms) -> float:
    """Whether the arms were already drifting apart: the units' own slopes before the start, compared."""
    outcome = arms.outcome_UT[:, ~arms.is_after_T]
    day = np.where(np.isnan(outcome), np.nan, arms.day_T[~arms.is_after_T])
    day_gap = day - row_means(day)[:, None]
    spread = np.nansum(day_gap**2, axis=1)
    slope = np.divide(np.nansum(day_gap * outcome, axis=1), spread, out=np.zeros(len(outcome)), where=spread > 0)
    return difference_in_means(slope, arms.is_treated_U).p_value


def _expected_share(method: str, experiment: Experiment) -> float | None:
    """Nobody meant a share where units were chosen, or where one unit is treated by design."""
    if experiment.expected_share is not None:
        return experiment.expected_share
    return EVEN if experiment.is_randomised and method != "synthetic_control" else None
