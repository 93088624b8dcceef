"""The truth ledger is the difference between two histories, and nothing else moves."""

import numpy as np
import pandas as pd
import pytest

from data.market import ResponseShape
from data.market.ledger import truth_ledger
from data.market.response import rate
from tests.data.small_market import sales_given, small_market, without_cell

MICRO = 1e-6


@pytest.mark.parametrize("cell", [(0, 0, 0), (1, 3, 1), (0, 7, 2)])
def test_the_ledger_is_the_difference_of_two_simulations(cell: tuple[int, int, int]) -> None:
    world = small_market().worlds["brand_x"]
    days = world.environment.days
    last = world.parameters.days

    spend = world.history.spend_RSPT
    lost = sales_given(world, spend) - sales_given(world, without_cell(spend, *cell))
    row = truth_ledger(world).iloc[np.ravel_multi_index(cell, world.traits.shape_RSP)]

    revenue = lost * days.price_RST[..., :last]
    assert spend[cell].sum() > 0
    assert row["incremental_units"] == pytest.approx(lost.sum(), abs=1e-9)
    assert row["incremental_revenue_micros"] * MICRO == pytest.approx(revenue.sum(), abs=MICRO)
    assert row["own_incremental_revenue_micros"] * MICRO == pytest.approx(revenue[cell[0], cell[1]].sum(), abs=MICRO)
    margin = (revenue * days.margin_RST[..., :last]).sum()
    assert row["incremental_margin_micros"] * MICRO == pytest.approx(margin, abs=MICRO)


def test_taking_one_cells_spend_away_moves_only_its_category_at_its_retailer() -> None:
    world = small_market().worlds["brand_x"]
    spend = world.history.spend_RSPT

    difference = sales_given(world, spend) - sales_given(world, without_cell(spend, 0, 0, 0))

    may_move = np.zeros(difference.shape[:2], dtype=bool)
    may_move[0, world.traits.category_S == world.traits.category_S[0]] = True
    assert np.abs(difference[may_move]).sum() > 0
    assert (difference[~may_move] == 0).all()


def test_without_neighbour_effects_only_the_advertised_sku_moves() -> None:
    ledger = small_market(cannibalisation_share=0, halo_share=0).truth()

    assert (ledger["incremental_revenue_micros"] - ledger["own_incremental_revenue_micros"]).abs().max() <= 1


def test_a_cell_without_spend_brought_nothing_and_has_no_marginal_return() -> None:
    ledger = small_market(events=300).truth()

    unfunded = ledger[ledger["spend_micros"] == 0]

    assert len(unfunded) > 0
    assert (unfunded[["incremental_units", "incremental_revenue_micros", "incremental_margin_micros"]] == 0).all(
        axis=None
    )
    assert unfunded[["marginal_revenue_up", "marginal_revenue_down"]].isna().all(axis=None)


def test_the_next_unit_of_spend_returns_less_than_the_average_one() -> None:
    ledger = small_market(stock_limits=False).truth()
    ledger = ledger[ledger["spend_micros"] > 0]

    average = ledger["incremental_revenue_micros"] / ledger["spend_micros"]

    assert (ledger["marginal_revenue_up"] < average + 1e-9).all()
    assert (ledger["marginal_revenue_up"] <= ledger["marginal_revenue_down"] + 1e-9).all()


@pytest.mark.parametrize("shape", list(ResponseShape))
def test_every_response_shape_agrees_at_the_reference_spend_and_falls_with_spend(shape: ResponseShape) -> None:
    world = small_market().worlds["brand_x"]
    parameters = world.parameters.model_copy(update={"response_shape": shape})
    reference = world.traits.reference_spend_RSP[..., None]

    returns = rate(parameters, world.traits, reference * np.array([0.0, 0.5, 1.0, 2.0]))

    np.testing.assert_allclose(returns[..., 2], world.traits.return_RSP)
    assert (np.diff(returns, axis=-1) < 0).all()


def test_attribution_flatters_search_most_and_native_least() -> None:
    ledger = small_market(events=12_000, skus=40).truth()

    sums = ledger.groupby("placement_type")[["attributed_revenue_micros", "own_incremental_revenue_micros"]].sum()
    ratio = sums["attributed_revenue_micros"] / sums["own_incremental_revenue_micros"]

    assert ratio["sponsored_search"] > 2
    assert ratio["sponsored_search"] > ratio["sponsored_display"] > ratio["sponsored_native"]


def test_attribution_without_bias_credits_no_more_than_ads_brought() -> None:
    fair = {"over_credit": 1.0}
    parameters = small_market(events=12_000).parameters
    placements = {name: getattr(parameters, name).model_copy(update=fair) for name in ("search", "display", "native")}

    ledger = small_market(events=12_000, stock_limits=False, **placements).truth()

    credited, brought = ledger["attributed_revenue_micros"].sum(), ledger["own_incremental_revenue_micros"].sum()
    assert 0.6 * brought < credited < 1.1 * brought


def test_the_ledger_has_every_cell_of_both_brands_once() -> None:
    market = small_market()

    ledger = market.truth()

    keys = ["retailer_id", "brand_id", "sku_id", "placement_type"]
    assert not ledger.duplicated(keys).any()
    assert len(ledger) == 2 * 14 * 3
    spend = pd.concat([market.delivery(brand_id) for brand_id in market.brand_ids]).groupby(keys)["cost_micros"].sum()
    assert ledger.set_index(keys)["spend_micros"].sub(spend, fill_value=0).abs().max() == 0
