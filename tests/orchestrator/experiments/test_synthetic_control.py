"""One treated unit: found when its outcome leaves the others', not when it stays with them."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.placebos import fitted_weights, placebos_of
from orchestrator.tools.experiments.synthetic_control import synthetic_control
from schemas.errors import InputInvalid
from tests.orchestrator.experiments.panels import arms, lift_in, panel

UNITS = 24


def with_treated(made: Arms, *treated: int, lift: float = 0.0) -> Arms:
    is_treated = np.isin(np.arange(len(made.is_treated_U)), treated)
    on = is_treated[:, None] & made.is_after_T
    return replace(made, is_treated_U=is_treated, outcome_UT=made.outcome_UT * (1 + lift * on))


def quiet(seed: int, units: int = UNITS) -> Arms:
    return arms(seed, units=units, days_before=40, days_after=14)


def test_a_large_lift_in_one_unit_is_found_and_lies_in_the_interval() -> None:
    measured = synthetic_control(with_treated(quiet(1), 3, lift=0.8))

    assert measured.p_value == pytest.approx(1 / UNITS)
    low, high = measured.relative.ci95
    assert 0 < low < 0.8 < high


@pytest.mark.parametrize("treated", [(5,), (2, 7, 11)])
def test_the_interval_holds_no_effect_exactly_when_the_test_does_not_reject_it(treated: tuple[int, ...]) -> None:
    for seed in range(12):
        measured = synthetic_control(with_treated(quiet(seed), *treated, lift=0.25))
        low, high = measured.relative.ci95
        assert (low <= 0 <= high) == (measured.p_value > 0.05)


def test_without_an_effect_every_rank_among_the_placebos_is_as_likely() -> None:
    """Exact by symmetry: in one panel, each unit in turn taken for the treated one has each rank once."""
    made = quiet(2)

    p_values = sorted(synthetic_control(with_treated(made, unit)).p_value for unit in range(UNITS))

    assert p_values == pytest.approx([(rank + 1) / UNITS for rank in range(UNITS)])


def test_the_weights_are_convex_and_find_the_units_a_series_was_mixed_from() -> None:
    random = np.random.default_rng(0)
    donors = 1 + random.normal(0, 0.2, (8, 400))

    weights = fitted_weights(0.7 * donors[2] + 0.3 * donors[5], donors, treated_units=1, periods_after=1)

    assert weights.min() >= 0 and weights.sum() == pytest.approx(1)
    assert set(np.argsort(-weights)[:2]) == {2, 5}
    assert weights[2] > weights[5] > 0.1


def test_units_of_any_size_can_stand_in_for_each_other() -> None:
    made = with_treated(quiet(3), 0, lift=0.4)
    tenfold = replace(made, outcome_UT=made.outcome_UT * np.where(np.arange(UNITS) == 0, 10.0, 1.0)[:, None])

    assert synthetic_control(tenfold).relative.ci95 == pytest.approx(synthetic_control(made).relative.ci95)


def test_the_end_of_the_interval_is_where_the_placebo_test_turns() -> None:
    placebos = placebos_of(with_treated(quiet(4), 6, lift=0.3))

    least, most = placebos.kept_shares()

    assert placebos.p_value(least + 1e-6) > 0.05 >= placebos.p_value(least - 1e-6)
    assert placebos.p_value(most - 1e-6) > 0.05 >= placebos.p_value(most + 1e-6)


def test_a_cost_that_only_the_treated_unit_had_gives_a_ratio_and_none_gives_a_reason() -> None:
    made = with_treated(quiet(5), 1, lift=0.5)
    on = made.is_treated_U[:, None] & made.is_after_T
    noise = np.random.default_rng(0).normal(1, 0.1, made.outcome_UT.shape)

    paid = synthetic_control(replace(made, cost_UT=noise + 5.0 * on))
    free = synthetic_control(replace(made, cost_UT=noise))

    assert paid.iroas is not None
    assert paid.iroas.estimate == pytest.approx(paid.absolute.estimate / 5.0, rel=0.05)
    assert free.iroas is None and "cost cannot be told apart" in free.iroas_missing


def test_auto_gives_one_treated_unit_a_synthetic_control_and_names_its_class() -> None:
    made = panel(6, units=UNITS, days_before=40)
    lone = replace(
        made, is_on_UT=made.is_on_UT & (np.arange(UNITS) == int(made.is_on_UT.any(axis=1).argmax()))[:, None]
    )

    lift = lift_in(lone)

    assert lift.method == "synthetic_control"
    assert lift.method_class == "model-based counterfactuals"
    assert "sample_ratio_ok" not in lift.checks
    assert [row.units for row in lift.table] == [1, UNITS - 1, UNITS]


@pytest.mark.parametrize(
    ("made", "named"),
    [
        (with_treated(quiet(7, units=12), 0), "11 untreated units"),
        (with_treated(quiet(7), 0, 1, 2, 3), "4 treated units; it is for 1 to 3"),
        (with_treated(arms(7, units=UNITS, days_before=5), 0), "5 periods before the start"),
    ],
)
def test_what_cannot_carry_placebos_is_refused_with_the_number(made: Arms, named: str) -> None:
    with pytest.raises(InputInvalid, match=named):
        synthetic_control(made)


def test_a_gap_in_the_treated_unit_is_refused_and_one_in_another_leaves_that_unit_out() -> None:
    made = with_treated(quiet(8), 0)
    holes = made.outcome_UT.copy()
    holes[4, 3] = np.nan

    assert synthetic_control(replace(made, outcome_UT=holes)).facts["untreated_units_used"] == UNITS - 2
    holes[0, 3] = np.nan
    with pytest.raises(InputInvalid, match="treated unit 'u0' has no row"):
        synthetic_control(replace(made, outcome_UT=holes))
