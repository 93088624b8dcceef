"""What came out of the trials beside what was promised, with intervals."""

from collections.abc import Sequence
from statistics import fmean, median

from scipy import stats

from orchestrator.tools.experiments.calibration.trials import Trial
from schemas.base import Frozen

LEVEL = 0.05
NOT_UNIFORM = 0.001  # so that one row in a thousand is called wrong by chance


class Share(Frozen):
    """Of repetitions, with the 95 % interval of Clopper and Pearson (1934)."""

    share: float
    ci95: tuple[float, float]


class Answered(Frozen):
    """Of the tests that were measured. `size`: p <= 0.05 without an effect; what follows `ks_p_value` is with the lift.

    `ks_p_value`: Kolmogorov and Smirnov's test that p-values without an effect are uniform.
    """

    size: Share
    ks_p_value: float
    coverage: Share
    power: Share
    formula_power: float
    bias: float
    median_interval_width: float


class Figures(Frozen):
    """One method in one setting; `answered` is null when it refused every test."""

    source: str
    setting: str
    method: str
    repetitions: int
    lift: float
    refused: Share
    answered: Answered | None


def figures_of(source: str, setting: str, method: str, lift: float, found: Sequence[Trial | None]) -> Figures:
    measured = [trial for trial in found if trial is not None]
    return Figures(
        source=source,
        setting=setting,
        method=method,
        repetitions=len(found),
        lift=lift,
        refused=share_of([trial is None for trial in found]),
        answered=_answered(measured, lift) if measured else None,
    )


def share_of(hits: Sequence[bool]) -> Share:
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(0.95, method="exact")
    return Share(share=sum(hits) / len(hits), ci95=(float(interval.low), float(interval.high)))


def _answered(found: Sequence[Trial], lift: float) -> Answered:
    return Answered(
        size=share_of([trial.null_p_value <= LEVEL for trial in found]),
        ks_p_value=float(stats.kstest([trial.null_p_value_spread for trial in found], "uniform").pvalue),
        coverage=share_of([trial.low <= lift <= trial.high for trial in found]),
        power=share_of([trial.p_value <= LEVEL for trial in found]),
        formula_power=fmean(trial.formula_power for trial in found),
        bias=fmean(trial.estimate for trial in found) - lift,
        median_interval_width=median(trial.high - trial.low for trial in found),
    )
