"""The estimators keep their promises: false alarms at 5 %, intervals that cover, agreement with the libraries."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from orchestrator.tools.experiments.effects import Effect, difference_in_means
from orchestrator.tools.experiments.measured import measured_from
from orchestrator.tools.experiments.methods import ARM_METHODS, cluster_did, collapsed_did, cuped
from orchestrator.tools.experiments.ratio import fieller
from tests.orchestrator.experiments.panels import WITH_COST, arms, lift_in, panel

REPETITIONS = 250
COVERAGE_REPETITIONS = 150
LIFT = 0.2


def within_binomial_bounds(hits: int, repetitions: int, share: float) -> bool:
    """Whether so many hits are compatible with `share`, at a chance of one in a thousand of saying no wrongly."""
    low, high = stats.binom.interval(0.999, repetitions, share)
    return bool(low <= hits <= high)


@pytest.fixture(scope="module")
def no_effect() -> list[dict[str, float]]:
    found = []
    for seed in range(REPETITIONS):
        made = panel(seed, units=40, days_before=7, days_after=5)
        found.append({method: lift_in(made, method).p_value for method in ARM_METHODS})
    return found


@pytest.mark.parametrize("method", ARM_METHODS)
def test_without_an_effect_one_test_in_twenty_sees_one(method: str, no_effect: list[dict[str, float]]) -> None:
    p_values = [row[method] for row in no_effect]

    assert within_binomial_bounds(sum(p < 0.05 for p in p_values), REPETITIONS, 0.05)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_rows_taken_for_units_would_see_far_more(no_effect: list[dict[str, float]]) -> None:
    """The mistake that the collapsed estimators exist to avoid; if this stops failing, the panels became too easy."""
    hits = 0
    for seed in range(60):
        made = arms(seed, units=40, days_before=7, days_after=5)
        after = made.outcome_UT[:, made.is_after_T]
        rows = after[made.is_treated_U].ravel(), after[~made.is_treated_U].ravel()
        hits += stats.ttest_ind(*rows, equal_var=False).pvalue < 0.05

    assert not within_binomial_bounds(hits, 60, 0.05)


@pytest.fixture(scope="module")
def known_lift() -> list[dict[str, bool]]:
    """Per panel and method, whether the interval holds the lift that was put in."""
    found = []
    for seed in range(COVERAGE_REPETITIONS):
        # Sizes are kept alike, so that the average effect and the effect in proportion to the average are the same.
        made = panel(1000 + seed, units=40, days_before=7, days_after=5, lift=LIFT, size_spread=0.05)
        intervals = {method: lift_in(made, method).lift_relative.ci95 for method in ARM_METHODS}
        found.append({method: low <= LIFT <= high for method, (low, high) in intervals.items()})
    return found


@pytest.mark.parametrize("method", ARM_METHODS)
def test_a_known_lift_lies_in_the_interval_nineteen_times_in_twenty(
    method: str, known_lift: list[dict[str, bool]]
) -> None:
    covered = sum(row[method] for row in known_lift)

    assert within_binomial_bounds(covered, COVERAGE_REPETITIONS, 0.95)


def test_incremental_roas_covers_the_truth() -> None:
    cost, covered = 8.0, 0

    for seed in range(COVERAGE_REPETITIONS):
        made = panel(2000 + seed, WITH_COST, units=40, days_before=7, days_after=5, lift=LIFT, cost=cost)
        iroas = lift_in(made, "did").iroas
        assert iroas is not None
        # Each unit sells 100 e^(shock variance / 2) per unit of size in the mean, and `cost` is per 100 of size.
        truth = LIFT * 100 * np.exp(0.15**2 / (1 - 0.6**2) / 2) / (cost * np.exp(0.1**2 / 2))
        covered += iroas.ci95[0] <= truth <= iroas.ci95[1]

    assert within_binomial_bounds(covered, COVERAGE_REPETITIONS, 0.95)


def test_welch_agrees_with_scipy() -> None:
    made = arms(3)
    treated = made.is_treated_U

    effect = difference_in_means(made.after_U, treated)

    oracle = stats.ttest_ind(made.after_U[treated], made.after_U[~treated], equal_var=False)
    assert effect.estimate / effect.standard_error == pytest.approx(oracle.statistic)
    assert effect.degrees == pytest.approx(oracle.df)


def test_cuped_agrees_with_statsmodels() -> None:
    made = arms(4)
    arm, centred = made.is_treated_U.astype(float), made.before_U - made.before_U.mean()
    design = np.column_stack([np.ones(len(arm)), arm, centred, arm * centred])

    effect = cuped(made).effect

    oracle = sm.OLS(made.after_U, design).fit(cov_type="HC3")
    assert effect.estimate == pytest.approx(oracle.params[1])
    assert effect.standard_error == pytest.approx(oracle.bse[1])


def test_clustered_did_agrees_with_statsmodels() -> None:
    made = arms(5, units=30)
    unit = np.repeat(np.arange(30), made.outcome_UT.shape[1])
    arm, after = made.is_treated_U[unit].astype(float), np.tile(made.is_after_T, 30).astype(float)
    design = np.column_stack([np.ones(len(unit)), arm, after, arm * after])

    effect = cluster_did(made).effect

    oracle = sm.OLS(made.outcome_UT.ravel(), design).fit(cov_type="cluster", cov_kwds={"groups": unit})
    assert effect.estimate == pytest.approx(oracle.params[3])
    assert effect.standard_error == pytest.approx(oracle.bse[3])


def test_a_ratio_to_something_indistinguishable_from_nothing_has_no_interval() -> None:
    influence = np.full(50, 0.2)

    assert fieller(Effect(5.0, influence, 40), Effect(1.0, influence, 40)) is None
    ratio = fieller(Effect(5.0, influence, 40), Effect(100.0, influence * 0, 40))
    assert ratio is not None
    # With a denominator known exactly, Fieller's interval is the plain t interval divided by it.
    reach = stats.t.ppf(0.975, 40) * np.sqrt(50) * 0.2 / 100
    assert ratio.ci95 == pytest.approx((0.05 - reach, 0.05 + reach))


def test_at_the_ends_of_the_relative_interval_the_effect_is_just_significantly_another() -> None:
    """What Fieller's interval means: a lift r is inside when effect - r * level without treatment is not rejected."""
    found = collapsed_did(arms(8, units=16))
    effect, counterfactual = found.effect, found.counterfactual

    for lift in measured_from(found, None).relative.ci95:
        influence = effect.influence - lift * counterfactual.influence
        left = Effect(effect.estimate - lift * counterfactual.estimate, influence, effect.degrees)
        assert left.p_value == pytest.approx(0.05)


def test_adjusting_for_history_narrows_the_interval() -> None:
    made = panel(6, units=80)

    def width(method: str) -> float:
        low, high = lift_in(made, method).lift_absolute.ci95
        return high - low

    assert width("cuped") < 0.5 * width("welch")
