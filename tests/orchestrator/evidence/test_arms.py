"""Each arm's plan keeps the brief, and rests on what that arm may see and nothing else."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from orchestrator.evidence import ArmPlan, CleanRoomObservation, optimize_with_clean_room, optimize_with_full_data
from orchestrator.evidence.sales_model import fit_sales
from orchestrator.evidence.sku_days import PLACEMENTS, sku_days
from schemas.errors import InputInvalid, PlanInfeasible
from schemas.tasks import Objective
from tests.orchestrator.evidence.worlds import (
    BRAND,
    brief,
    clean_room_observation,
    full_observation,
    own_products,
    plan,
    world,
)

RETAILERS = ("retailer_a", "retailer_b")


def both_arms(**changed: object) -> tuple[ArmPlan, ArmPlan]:
    asked = brief(**changed)
    return (
        optimize_with_full_data(asked, plan(asked), full_observation(world())),
        optimize_with_clean_room(asked, plan(asked), clean_room_observation(world())),
    )


@pytest.fixture(scope="module")
def arms() -> tuple[ArmPlan, ArmPlan]:
    limits = (
        {"dimension": "retailer_id", "value": "retailer_a", "min_spend": 1500},
        {"dimension": "placement_type", "value": "sponsored_search", "max_spend": 2500},
    )
    return both_arms(limits=limits)


def test_both_plans_keep_budget_limits_and_change_limit(arms: tuple[ArmPlan, ArmPlan]) -> None:
    for arm in arms:
        spend = sum(line.planned_spend_micros for line in arm.lines)
        search = sum(line.planned_spend_micros for line in arm.lines if line.placement_type.value == "sponsored_search")
        at_a = sum(line.planned_spend_micros for line in arm.lines if line.retailer_id == "retailer_a")

        assert spend <= 6_000_000_000
        assert spend > 5_990_000_000
        assert search <= 2_500_000_000
        assert at_a >= 1_500_000_000 - len(arm.lines), "lines are whole micros, rounded down"
        for line in arm.lines:
            # Lines are rounded to micros, today's one to the nearest and the planned one down.
            assert (
                0.5 * line.current_spend_micros - 2 <= line.planned_spend_micros <= 1.5 * line.current_spend_micros + 2
            )
        assert arm.certificate.gap < 1e-4


def test_todays_mix_is_the_same_in_both_arms_and_adds_up_to_the_budget(arms: tuple[ArmPlan, ArmPlan]) -> None:
    full, clean_room = ([line.current_spend_micros for line in arm.lines] for arm in arms)

    assert full == pytest.approx(clean_room, abs=2)
    assert sum(full) == pytest.approx(6_000_000_000, rel=1e-6)


def test_the_clean_room_plan_does_not_change_with_what_it_may_not_see() -> None:
    """Margins, stock and outcomes ride along in the tables it is handed; the plan must be the same to the byte."""
    asked = brief()
    seen = clean_room_observation(world())
    assert seen.cells is not None
    random = np.random.default_rng(0)
    products = own_products(world())
    smuggled = replace(
        seen,
        cells=seen.cells.assign(
            revenue=random.permutation(np.arange(len(seen.cells)) * 10**6), margin_share=random.random(len(seen.cells))
        ),
        catalogue=products.assign(margin_share=random.random(len(products)), stock_level=0),
        rows=tuple({**row, "margin": 7, "stock_level": 0, "customer_id": "c"} for row in seen.rows),
    )

    honest = optimize_with_clean_room(asked, plan(asked), seen)
    tempted = optimize_with_clean_room(asked, plan(asked), smuggled)

    assert tempted.lines == honest.lines
    assert tempted.estimates == honest.estimates


def test_the_clean_room_plan_follows_what_it_does_see() -> None:
    """The check above would also pass for a plan that looks at nothing."""
    asked = brief()
    seen = clean_room_observation(world())
    doubled = tuple(
        {**row, "revenue": row["revenue"] * 2} if row["placement_type"] == "sponsored_native" else row
        for row in seen.rows
    )

    before = optimize_with_clean_room(asked, plan(asked), seen)
    after = optimize_with_clean_room(asked, plan(asked), replace(seen, rows=doubled))

    assert spend_by_placement(after)["sponsored_native"] > spend_by_placement(before)["sponsored_native"]


def spend_by_placement(arm: ArmPlan) -> dict[str, int]:
    spend: dict[str, int] = defaultdict(int)
    for line in arm.lines:
        spend[line.placement_type.value] += line.planned_spend_micros
    return spend


def test_margins_steer_the_full_arm_only_when_margin_is_the_objective() -> None:
    observation = full_observation(world())
    shuffled = np.random.default_rng(1).permutation(observation.outlook["margin_share"].to_numpy())
    other = replace(observation, outlook=observation.outlook.assign(margin_share=shuffled))
    for objective, same in ((Objective.INCREMENTAL_REVENUE, True), (Objective.INCREMENTAL_MARGIN, False)):
        asked = brief(objective=objective)

        plans = [optimize_with_full_data(asked, plan(asked), seen).lines for seen in (observation, other)]

        assert (plans[0] == plans[1]) is same


def test_a_product_without_stock_gets_the_least_that_the_change_limit_allows() -> None:
    observation = full_observation(world())
    sku_id = str(observation.delivery.groupby("sku_id")["cost"].sum().idxmax())
    empty = observation.outlook.assign(
        stock_on_hand=observation.outlook["stock_on_hand"].where(observation.outlook["sku_id"] != sku_id, 0),
        inbound_units=observation.outlook["inbound_units"].where(observation.outlook["sku_id"] != sku_id, 0),
    )
    asked = brief()

    arm = optimize_with_full_data(asked, plan(asked), replace(observation, outlook=empty))

    for line in arm.lines:
        if line.sku_id == sku_id:
            assert line.planned_spend_micros == pytest.approx(0.5 * line.current_spend_micros, rel=1e-4, abs=10)
            assert line.predicted_value_micros == pytest.approx(0, abs=10_000)
    assert any("no stock" in note for note in arm.notes)


def test_the_experiments_reserve_stays_where_it_is_spent_today() -> None:
    full, clean_room = both_arms(max_change_share=None, experiment_reserve_share=0.2)

    for arm in (full, clean_room):
        for line in arm.lines:
            assert line.planned_spend_micros >= 0.2 * line.current_spend_micros - 2


def test_withheld_cells_take_their_placements_return_and_say_so() -> None:
    _, clean_room = both_arms()

    hidden = [estimate for estimate in clean_room.estimates if estimate.withheld]
    at_b = [estimate for estimate in clean_room.estimates if estimate.key.retailer_id == "retailer_b"]
    assert hidden and all(estimate.withheld for estimate in at_b), "retailer_b releases no SKU"
    for placement in PLACEMENTS:
        means = [estimate.mean for estimate in at_b if estimate.key.placement_type is placement]
        assert max(means) == pytest.approx(min(means), rel=0.5), "near the placement's own level, by category at most"
    assert all(estimate.sd >= 0.5 * estimate.mean for estimate in hidden)


def test_a_clean_room_that_released_nothing_is_an_error_that_says_so() -> None:
    asked = brief()
    nothing = replace(clean_room_observation(world()), rows=())

    with pytest.raises(InputInvalid, match="released no cell"):
        optimize_with_clean_room(asked, plan(asked), nothing)


def test_without_budget_lines_the_spend_not_seen_is_spread_evenly() -> None:
    asked = brief()
    seen = replace(clean_room_observation(world()), cells=None)

    arm = optimize_with_clean_room(asked, plan(asked), seen)

    hidden = {
        line.current_spend_micros
        for line in arm.lines
        if line.retailer_id == "retailer_b" and line.placement_type.value == "sponsored_search"
    }
    assert len(hidden) == 1
    assert sum(line.current_spend_micros for line in arm.lines) == pytest.approx(6_000_000_000, rel=1e-6)


def test_how_fast_returns_diminish_does_not_hang_on_how_the_answers_are_dated() -> None:
    """Ninety days of spend taken for a month's would make every curve three times too straight."""
    asked = brief()
    dated = clean_room_observation(world())
    undated = tuple({name: value for name, value in row.items() if name != "date"} for row in dated.rows)

    def gain_of_doubling(seen: CleanRoomObservation) -> float:
        view = optimize_with_clean_room(asked, plan(asked), seen).curves[0]
        half = view.points[len(view.points) // 2]
        return view.points[-1].value / half.value

    told = gain_of_doubling(replace(dated, rows=undated, history_days=90))
    assert gain_of_doubling(dated) == pytest.approx(told, rel=0.03)
    assert gain_of_doubling(replace(dated, rows=undated)) == pytest.approx(told, rel=0.1)


def test_a_margin_floor_is_kept_by_the_arm_that_knows_margins_and_noted_by_the_other() -> None:
    full, clean_room = both_arms(margin_floor=-0.2)

    value = sum(line.predicted_value_micros for line in full.lines)
    spend = sum(line.planned_spend_micros for line in full.lines)
    assert value - spend >= -0.2 * spend - 1000
    assert clean_room.notes == ("the margin floor cannot be kept: this arm does not know margins",)


def test_an_infeasible_brief_names_what_conflicts_in_both_arms() -> None:
    limits = ({"dimension": "retailer_id", "value": "retailer_a", "min_spend": 6500},)
    asked = brief(limits=limits, max_change_share=None)

    for optimise, seen in (
        (optimize_with_full_data, full_observation(world())),
        (optimize_with_clean_room, clean_room_observation(world())),
    ):
        with pytest.raises(PlanInfeasible) as error:
            optimise(asked, plan(asked), seen)  # type: ignore[operator]
        assert "group 'retailer_a' needs at least 6500 but the budget is 6000" in error.value.conflicts[0]


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"categories": ("hats",)}, "'hats'; it has"),
        ({"limits": ({"dimension": "category", "value": "hats", "min_spend": 1},)}, "'hats' names nothing"),
        ({"limits": ({"dimension": "sku_id", "value": "none", "min_spend": 1},)}, "'none' names nothing"),
    ],
)
def test_a_brief_about_products_the_brand_does_not_have_is_refused(changed: dict[str, object], named: str) -> None:
    asked = brief(**changed)

    with pytest.raises(InputInvalid, match=named):
        optimize_with_full_data(asked, plan(asked), full_observation(world()))


def test_only_the_categories_asked_for_are_funded() -> None:
    products = own_products(world())
    category = str(products["category"].iloc[0])

    full, clean_room = both_arms(categories=(category,))

    inside = set(products.loc[products["category"] == category, "sku_id"])
    assert {line.sku_id for line in full.lines} == {line.sku_id for line in clean_room.lines} == inside


def test_the_same_observation_gives_the_same_plan(arms: tuple[ArmPlan, ArmPlan]) -> None:
    again, _ = both_arms()
    once_more, _ = both_arms()

    assert again.lines == once_more.lines
    assert again.estimates == once_more.estimates == arms[0].estimates


def test_the_brands_pauses_are_measured_and_without_them_the_reason_is_given(arms: tuple[ArmPlan, ArmPlan]) -> None:
    asked = brief()
    observation = full_observation(world())
    unpaused = replace(observation, private_feed=observation.private_feed.assign(ads_paused=False))

    without = optimize_with_full_data(asked, plan(asked), unpaused)

    assert arms[0].lift is not None and arms[0].lift.iroas is not None
    assert arms[0].lift.checks["sample_ratio_ok"] is True
    assert without.lift is None and "no paused SKU" in (without.lift_unavailable or "")
    assert arms[1].lift is None and "no untreated comparison" in (arms[1].lift_unavailable or "")


def own_returns(market_seed: int) -> pd.Series:
    """True revenue of the advertised product itself per unit of spend, by placement: what its own sales can show."""
    ledger = world(market_seed).truth()
    own = ledger[ledger["brand_id"] == BRAND].groupby("placement_type")
    return own["own_incremental_revenue_micros"].sum() / own["spend_micros"].sum()


def test_the_true_return_of_a_placement_lies_in_the_interval_for_most() -> None:
    inside, seeds = 0, (1, 2, 3, 4)

    for seed in seeds:
        fit = fit_sales(sku_days(full_observation(world(seed)), RETAILERS))
        truth = own_returns(seed)
        for place, estimate, sd in zip(PLACEMENTS, fit.pooled, fit.pooled_sd, strict=True):
            inside += abs(estimate - truth[place.value]) < 1.96 * sd

    assert inside >= 9, f"{inside} of 12"


def test_attribution_would_have_said_several_times_as_much_for_search() -> None:
    """Against what the sales model is for: if attribution were right, the arms could not differ."""
    for seed in (1, 2):
        ledger = world(seed).truth()
        search = ledger[(ledger["brand_id"] == BRAND) & (ledger["placement_type"] == "sponsored_search")]
        attributed = search["attributed_revenue_micros"].sum() / search["spend_micros"].sum()
        fit = fit_sales(sku_days(full_observation(world(seed)), RETAILERS))

        assert fit.pooled[0] < 0.6 * attributed


def test_curves_pass_through_the_plan_and_their_band_holds_them(arms: tuple[ArmPlan, ArmPlan]) -> None:
    for arm in arms:
        assert len(arm.curves) == 6
        assert sum(view.planned_spend for view in arm.curves) == pytest.approx(6000, rel=1e-4)
        for view in arm.curves:
            values = [point.value for point in view.points]
            assert values == sorted(values)
            assert all(point.low <= point.value <= point.high for point in view.points)
            slopes = np.diff(values) / np.diff([point.spend for point in view.points])
            assert np.all(np.diff(slopes) <= 1e-6), "returns diminish"
