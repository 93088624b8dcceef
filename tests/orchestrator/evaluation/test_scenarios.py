"""Which worlds are run, and that nothing tuned is evaluated on what it was tuned on."""

from itertools import combinations

import pytest

from clean_room.policy import shipped_policies
from orchestrator.evaluation import scenarios
from orchestrator.evaluation.scenarios import TUNING, full, null_worlds, other_family, price_of_privacy, quick
from orchestrator.evaluation.worlds import build_world
from orchestrator.settings import SAMPLE_BRIEF
from schemas.brief import read_brief
from schemas.clean_room import Grain


def test_no_evaluated_world_is_one_that_anything_was_tuned_on() -> None:
    for one in (*full(), *quick()):
        assert set(one.seeds).isdisjoint(TUNING), one.name


def test_kinds_of_worlds_share_no_seed() -> None:
    kinds = (scenarios.HELD_OUT, scenarios.OTHER_FAMILY, scenarios.NULL, scenarios.PRIVACY, scenarios.SENSITIVITY)
    for one, other in combinations(kinds, 2):
        assert set(one).isdisjoint(other)


def test_the_full_run_has_two_hundred_held_out_worlds_and_fifty_of_the_other_family() -> None:
    found = {one.name: one for one in full()}

    assert len(found["held_out"].seeds) == 200
    assert len(found["other_family"].seeds) == 50
    assert len(found) == len(full()), "names are unique"


def test_the_other_familys_worlds_take_turns_with_the_shapes() -> None:
    one = other_family()

    shapes = [one.changes_of(seed)["response_shape"].value for seed in one.seeds[:4]]  # type: ignore[attr-defined]

    assert shapes == ["log", "root", "log", "root"]


@pytest.mark.parametrize("one", [*full(), *quick()], ids=lambda one: one.name)
def test_every_change_is_a_parameter_of_the_market(one: scenarios.Scenario) -> None:
    from data.market import market_parameters

    assert market_parameters(seed=one.seeds[0], **one.changes_of(one.seeds[0])) is not None


def test_the_privacy_scenarios_sweep_threshold_and_grain_and_leave_the_shipped_policies_alone() -> None:
    swept = price_of_privacy()

    assert {(one.k, one.dated) for one in swept} == {(k, dated) for k in scenarios.KS for dated in (None, *Grain)}
    assert {policy.min_people for policy in shipped_policies().values()} == {100}
    assert {policy.min_people for policy in swept[-1].policies.values()} == {500}


def test_in_a_null_world_the_clean_room_tells_every_sku_and_a_threshold_hides_some() -> None:
    brief = read_brief(SAMPLE_BRIEF)
    null = null_worlds()[0]
    small = {"skus": 20, "events": 3000}

    told = build_world(5, brief, {**null.changes_of(null.seeds[0]), **small}, null.policies)
    hidden = build_world(5, brief, small)

    assert told.clean_room_seen().told.sum() == (told.full_seen().spend > 0).sum()
    assert hidden.clean_room_seen().told.sum() < told.clean_room_seen().told.sum()
