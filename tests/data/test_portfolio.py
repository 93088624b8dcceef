"""The portfolio's truth is a difference of two histories, and not the sum of its cells'."""

import numpy as np
import pytest

from tests.data.small_market import sales_given, small_market

MICRO = 1e-6
ALONE = {"cannibalisation_share": 0, "halo_share": 0, "stock_limits": False}


def test_the_portfolio_is_history_less_the_same_history_without_any_spend() -> None:
    world = small_market().worlds["brand_x"]
    days, last, spend = world.environment.days, world.parameters.days, world.history.spend_RSPT

    brought = sales_given(world, spend) - sales_given(world, np.zeros_like(spend))
    row = small_market().truth_portfolio().query("brand_id == 'brand_x' and retailer_id == 'all'").iloc[0]

    revenue = brought * days.price_RST[..., :last]
    assert row["incremental_units"] == pytest.approx(brought.sum())
    assert row["incremental_revenue_micros"] * MICRO == pytest.approx(revenue.sum(), abs=1e-5)
    margin = (revenue * days.margin_RST[..., :last]).sum()
    assert row["incremental_margin_micros"] * MICRO == pytest.approx(margin, abs=1e-5)


def test_the_retailers_of_a_brand_add_up_to_all_of_it() -> None:
    table = small_market().truth_portfolio()
    amounts = ["spend_micros", "incremental_revenue_micros", "sum_of_cells_revenue_micros", "stockout_sku_days"]

    total = table[table["retailer_id"] == "all"].set_index("brand_id")[amounts]
    summed = table[table["retailer_id"] != "all"].groupby("brand_id")[amounts].sum()

    assert (total - summed).abs().max(axis=None) <= 1


def test_cells_add_up_to_the_portfolio_only_where_they_share_neither_neighbours_nor_shelves() -> None:
    def gap(**changes: object) -> float:
        row = small_market(skus=60, days=60, **changes).truth_portfolio().query("retailer_id == 'all'").iloc[0]
        return float(row["sum_of_cells_revenue_micros"] / row["incremental_revenue_micros"] - 1)

    assert gap(**ALONE) == pytest.approx(0, abs=1e-9)
    assert abs(gap()) > 0.001


def test_ads_empty_shelves_and_spend_on_empty_shelves_is_wasted() -> None:
    table, endless = (small_market(skus=60, days=60, **changes).truth_portfolio() for changes in ({}, ALONE))

    assert (table["stockout_sku_days"] >= table["stockout_sku_days_without_spend"]).all()
    assert (table["wasted_spend_micros"] > 0).all()
    assert (table["wasted_spend_micros"] < table["spend_micros"]).all()
    assert (endless[["wasted_spend_micros", "stockout_sku_days"]] == 0).all(axis=None)


def test_the_portfolios_next_unit_of_spend_returns_less_than_its_average_one() -> None:
    table = small_market(**ALONE).truth_portfolio()

    average = table["incremental_revenue_micros"] / table["spend_micros"]

    assert (table["marginal_revenue_up"] < table["marginal_revenue_down"]).all()
    assert (table["marginal_revenue_down"] < average).all()
