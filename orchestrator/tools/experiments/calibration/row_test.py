"""The mistake to avoid: rows of one unit taken for independent ones. Measured beside the others, offered nowhere."""

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.effects import Found, difference_in_means, mean_of
from orchestrator.tools.experiments.measured import Measured, measured_from


def row_test(arms: Arms) -> Measured:
    after = arms.outcome_UT[:, arms.is_after_T]
    is_treated_R = arms.is_treated_U.repeat(after.shape[1])
    values = after.ravel()
    return measured_from(Found(difference_in_means(values, is_treated_R), mean_of(values, is_treated_R)), None)
