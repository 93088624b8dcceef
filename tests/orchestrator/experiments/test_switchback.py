"""Treatment that is switched on and off: blocks found, burn-in dropped, units that switch together counted once."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from orchestrator.tools.experiments.panel import Panel
from orchestrator.tools.experiments.switchback import Blocks, block_effect, blocks_of, switchback
from schemas.errors import InputInvalid
from tests.orchestrator.experiments.panels import START, lift_in


def switched(
    seed: int,
    units: int = 12,
    blocks: int = 10,
    length: int = 7,
    lift: float = 0.0,
    together: bool = False,
    lingering_days: int = 0,
) -> Panel:
    """Half of each unit's blocks are treated; an effect may linger after a block's end."""
    random = np.random.default_rng(seed)
    half = np.arange(blocks) < blocks // 2
    plans = np.array([random.permutation(half) for _ in range(units)])
    if together:
        plans[:] = plans[0]
    is_on = np.repeat(plans, length, axis=1)
    affected = is_on.copy()
    for days in range(1, lingering_days + 1):
        affected[:, days:] |= is_on[:, :-days]
    days = blocks * length
    size = 100 * random.lognormal(0, 0.4, (units, 1))
    common = 1 + 0.3 * np.sin(np.arange(days) / 9)
    outcome = size * common * random.lognormal(0, 0.1, (units, days)) * (1 + lift * affected)
    times = pd.date_range(pd.Timestamp(START), periods=days)
    return Panel(tuple(f"u{unit}" for unit in range(units)), times, outcome, is_on, cost_UT=is_on * size / 10)


def test_a_known_lift_is_found_by_units_that_switch_each_at_its_own_times() -> None:
    lift = lift_in(switched(1, lift=0.2), "switchback")

    low, high = lift.lift_relative.ci95
    assert 0 < low < 0.2 < high
    assert lift.method_class == "experiments"
    assert lift.checks["block_periods"] == 7
    assert lift.checks["schedules"] == 12
    assert lift.iroas is not None and lift.iroas.ci95[0] > 0


def test_without_an_effect_one_interval_in_twenty_misses_none() -> None:
    p_values = [switchback(blocks_of(switched(seed), START, None, 0)).p_value for seed in range(200)]

    assert 1 <= sum(p <= 0.05 for p in p_values) <= 22  # 99.9 % binomial bounds


def test_units_that_switch_together_are_one_observation_per_block() -> None:
    blocks = blocks_of(switched(2, units=9, blocks=12, together=True), START, None, 0)

    assert blocks.schedules == 1
    assert len(blocks.outcome_B) == 12
    assert blocks.units_B.tolist() == [9.0] * 12


def test_a_single_schedule_is_welch_with_equal_variances_in_form_and_hc2_in_error() -> None:
    blocks = blocks_of(switched(3, units=1, blocks=12), START, None, 0)
    on, off = blocks.outcome_B[blocks.is_on_B], blocks.outcome_B[~blocks.is_on_B]

    effect = block_effect(blocks, blocks.outcome_B)

    assert effect.estimate == pytest.approx(on.mean() - off.mean())
    assert effect.standard_error == pytest.approx(np.sqrt(on.var(ddof=1) / len(on) + off.var(ddof=1) / len(off)))
    assert effect.degrees == 10


def test_a_burn_in_takes_out_what_lingers_from_the_block_before() -> None:
    made = switched(4, units=40, lift=0.5, lingering_days=3)

    def estimate(burn_in: int) -> float:
        return switchback(blocks_of(made, START, None, burn_in)).relative.estimate

    assert estimate(0) < 0.45
    assert estimate(3) == pytest.approx(0.5, abs=0.05)


def test_the_longest_block_that_fits_every_switch_is_found_and_a_shorter_one_may_be_said() -> None:
    made = switched(5, length=6)

    assert blocks_of(made, START, None, 0).block == 6
    assert blocks_of(made, START, 3, 0).block == 3


def test_a_last_block_cut_short_is_dropped() -> None:
    made = switched(6)
    cut = Panel(made.units, made.times[:-3], made.outcome_UT[:, :-3], made.is_on_UT[:, :-3])

    assert len(blocks_of(cut, START, 7, 0).outcome_B) == 12 * 9


@pytest.mark.parametrize(
    ("block", "burn_in", "named"),
    [(5, 0, "blocks of 5 periods do not fit"), (None, 7, "burn-in of 7 periods leaves nothing")],
)
def test_blocks_that_do_not_fit_are_refused_with_those_that_do(block: int | None, burn_in: int, named: str) -> None:
    with pytest.raises(InputInvalid, match=named):
        blocks_of(switched(7), START, block, burn_in)


def test_a_panel_that_never_switches_is_sent_to_another_method() -> None:
    made = switched(8)
    fixed = Panel(
        made.units, made.times, made.outcome_UT, np.repeat(made.is_on_UT[:, :1], made.is_on_UT.shape[1], axis=1)
    )

    with pytest.raises(InputInvalid, match="no unit with a row for every period switches"):
        lift_in(fixed, "switchback")


def test_two_blocks_of_a_kind_are_too_few() -> None:
    with pytest.raises(InputInvalid, match="2 treated and 2 untreated blocks"):
        lift_in(switched(9, units=1, blocks=4), "switchback")


def test_days_before_the_start_are_not_looked_at() -> None:
    made = switched(10)
    later = date.fromordinal(START.toordinal() + 14)

    cut = Panel(made.units, made.times[14:], made.outcome_UT[:, 14:], made.is_on_UT[:, 14:])

    assert (blocks_of(made, later, 7, 0).outcome_B == blocks_of(cut, later, 7, 0).outcome_B).all()


def test_common_swings_are_taken_out_when_schedules_differ() -> None:
    made = blocks_of(switched(11), START, None, 0)
    swing = 500.0 * np.sin(made.number_B)
    swung = Blocks(**{**made.__dict__, "outcome_B": made.outcome_B + swing})

    assert block_effect(swung, swung.outcome_B).estimate == pytest.approx(block_effect(made, made.outcome_B).estimate)
