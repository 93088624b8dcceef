"""The evaluation of the estimators: draws what it says, counts what it sees, and goes on without real data."""

from datetime import date

import numpy as np
import pytest

from orchestrator.tools.experiments.calibration.figures import figures_of, share_of
from orchestrator.tools.experiments.calibration.report import page
from orchestrator.tools.experiments.calibration.roas import roas_figures, roas_trials
from orchestrator.tools.experiments.calibration.run import calibrate
from orchestrator.tools.experiments.calibration.settings import halves_of, settings_of
from orchestrator.tools.experiments.calibration.sources import Source, market_source, weekly
from orchestrator.tools.experiments.calibration.trials import formula_power, trials
from orchestrator.tools.experiments.catalogue import METHODS
from orchestrator.tools.experiments.measured import Measured
from schemas.errors import DataMissing
from schemas.lift import Estimate


def even_sales() -> Source:
    """Stores of like size with independent days: what every estimator's formula takes for granted."""
    random = np.random.default_rng(0)
    return Source("made up", date(2026, 1, 5), "stores", (random.normal(100, 30, (120, 44 * 7)).clip(1),))


def not_installed() -> Source:
    raise DataMissing("the tables are not installed; run `pip install tables`")


def test_a_drawn_test_and_its_lifted_twin_differ_by_the_lift_and_nothing_else() -> None:
    setting = halves_of(even_sales())

    null, lifted = setting.draw(np.random.default_rng(1))

    on = null.is_treated_U[:, None] & null.is_after_T
    assert lifted.outcome_UT[on] == pytest.approx(null.outcome_UT[on] * (1 + setting.lift))
    assert (lifted.outcome_UT[~on] == null.outcome_UT[~on]).all()
    assert null.treated_units == null.untreated_units == 30


def test_where_the_formulas_hold_size_coverage_and_power_are_as_promised() -> None:
    setting = halves_of(even_sales())
    tests = list(trials(setting, 60, 0))

    for method in ("welch", "did", "cuped", "cluster_did"):
        found = figures_of("", "", method, setting.lift, [trial[method] for trial in tests]).answered
        assert found is not None
        assert found.size.ci95[0] <= 0.05 <= found.size.ci95[1]
        assert found.coverage.ci95[0] <= 0.95 <= found.coverage.ci95[1]
        assert found.power.ci95[0] <= found.formula_power <= found.power.ci95[1]


def test_every_method_is_evaluated() -> None:
    evaluated = {method for setting in settings_of(even_sales()) for method in setting.methods}

    assert set(METHODS) <= evaluated


def test_the_same_seed_draws_the_same_tests() -> None:
    setting = halves_of(even_sales())

    assert list(trials(setting, 3, 5)) == list(trials(setting, 3, 5))
    assert list(trials(setting, 3, 5)) != list(trials(setting, 3, 6))


def test_a_source_that_is_not_installed_is_named_and_the_others_go_on() -> None:
    report = calibrate(20, 0, "a command", (even_sales, not_installed))

    assert {row.source for row in report.methods} == {"made up"}
    assert report.missing == ("the tables are not installed; run `pip install tables`",)
    assert "Left out: the tables are not installed; run `pip install tables`" in page(report)


def test_a_ratio_without_extra_cost_is_refused_nineteen_times_in_twenty() -> None:
    setting = halves_of(even_sales())

    none = roas_figures("made up", "", 0.0, list(roas_trials(setting.draw, 0.0, 100, 0)))
    plain = roas_figures("made up", "", 0.15, list(roas_trials(setting.draw, 0.15, 100, 0)))

    assert none.refused.ci95[0] <= 0.95 <= none.refused.ci95[1]
    assert plain.refused.share == 0
    assert plain.coverage is not None and plain.coverage.ci95[0] <= 0.95 <= plain.coverage.ci95[1]


def test_a_share_carries_the_exact_binomial_interval() -> None:
    assert share_of([True] * 5 + [False] * 95).ci95 == pytest.approx((0.01643, 0.11283), abs=1e-4)


def test_power_by_formula_is_four_in_five_at_the_minimum_detectable_effect() -> None:
    measured = Measured(
        Estimate(estimate=0, ci95=(-2, 2)), Estimate(estimate=0, ci95=(-2, 2)), 1.0, 10.0, 2.01, 1.0, 50.0
    )

    assert formula_power(measured, measured.minimum_detectable_relative) == pytest.approx(0.8, abs=1e-3)
    assert formula_power(measured, 0.0) == pytest.approx(0.05, abs=1e-3)


def test_the_market_gives_untreated_sales_by_retailer_and_sku() -> None:
    source = market_source(range(3, 4), days=28)

    [daily] = source.daily_UD
    assert daily.shape == (120, 28)
    assert (daily >= 0).all() and daily.sum() > 0
    assert weekly(daily).sum() == pytest.approx(daily.sum())
