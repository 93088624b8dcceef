"""Arms differ in what they may see and in nothing else."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from orchestrator.evaluation.arms import Sight, arm_with, baselines, gather
from orchestrator.evaluation.oracle import oracle
from orchestrator.evaluation.scoring import profit, realised, scores
from orchestrator.evaluation.visibility import EVERY_SET, LADDER, Part, arm_name, seen_with
from orchestrator.evaluation.worlds import World, build_world
from orchestrator.evidence import optimize_with_full_data
from orchestrator.settings import SAMPLE_BRIEF
from schemas.brief import read_brief
from tests.orchestrator.evidence.worlds import full_observation, plan


@cache
def seen() -> tuple[World, Sight]:
    world = build_world(3, read_brief(SAMPLE_BRIEF), {"skus": 30, "events": 6000})
    return world, gather(world)


def test_the_clean_room_arm_holds_nothing_of_the_brands_own_data() -> None:
    _, sight = seen()

    found = seen_with(frozenset(), sight.clean_room, sight.full)

    assert found.sales is None and found.stock is None and found.margin_share is None and found.price is None


@pytest.mark.parametrize("parts", EVERY_SET, ids=arm_name)
def test_each_part_is_there_when_it_was_chosen_and_not_otherwise(parts: frozenset[Part]) -> None:
    _, sight = seen()

    found = seen_with(parts, sight.clean_room, sight.full)

    assert (found.sales is not None) is (Part.GRAIN in parts)
    assert (found.stock is not None) is (Part.STOCK in parts)
    assert (found.margin_share is not None) is (Part.MARGIN in parts)
    if found.sales is not None:
        assert (found.sales.promoted_UT is not None) is (Part.PROMO in parts)


def test_the_full_arm_plans_what_a_run_with_full_data_plans() -> None:
    world, sight = seen()

    arm = arm_with(LADDER[-1], world, sight)

    run = optimize_with_full_data(world.brief, plan(world.brief), full_observation(world.market))
    assert arm.name == "full"
    assert arm.spend["spend_micros"].tolist() == pytest.approx([line.planned_spend_micros for line in run.lines], abs=2)


def test_every_arm_spends_the_briefs_budget_and_no_more() -> None:
    world, sight = seen()

    for arm in [*baselines(world, sight), oracle(world, sight), *(arm_with(parts, world, sight) for parts in LADDER)]:
        assert arm.spend["spend_micros"].sum() <= world.brief.budget_micros, arm.name
        assert arm.spend["spend_micros"].sum() > 0.9 * world.brief.budget_micros, arm.name


def test_nobody_beats_the_oracle_by_more_than_a_hair_and_the_scores_place_everyone_between() -> None:
    world, sight = seen()
    plans = [*baselines(world, sight), oracle(world, sight), *(arm_with(parts, world, sight) for parts in LADDER)]

    found = scores(world, plans)

    best = max(profit(realised(world, one)) for one in plans)
    assert found["oracle"]["realised_profit"] >= best - 0.01 * abs(best) - 20
    assert found["status_quo"]["headroom_captured"] == 0
    assert found["oracle"]["headroom_captured"] == pytest.approx(1)
    assert found["full"]["certified_gap"] < 1e-4
    assert 0 <= found["clean_room"]["iroas_accuracy"] <= 1
    assert all(np.isfinite(value) for arm in found.values() for value in arm.values())


def test_where_the_clean_room_tells_nothing_its_arm_keeps_todays_mix_and_expects_nothing() -> None:
    world, sight = seen()
    silent = replace(sight, clean_room=None)

    arm = arm_with(frozenset(), world, silent)

    today = next(one for one in baselines(world, sight) if one.name == "status_quo")
    assert arm.name == "clean_room"
    assert arm.spend.equals(today.spend)
    assert arm.estimates is not None and {one.mean for one in arm.estimates} == {0.0}
    assert arm_with(frozenset(Part), world, silent).spend.equals(arm_with(frozenset(Part), world, sight).spend)
