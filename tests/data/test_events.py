"""The household log: as many rows as asked for, and the delivery is its sum."""

import pandas as pd
import pytest

from tests.data.small_market import small_market

CELL_DAY = ["date", "retailer_id", "brand_id", "sku_id", "placement_type"]
SUMS = ["impressions", "clicks", "conversions", "revenue_micros", "cost_micros"]


@pytest.mark.parametrize("events", [2, 777, 2_000])
def test_the_log_has_exactly_as_many_events_as_asked_for(events: int) -> None:
    log = small_market(events=events).events()

    assert len(log) == events
    assert log["event_id"].is_unique


def test_the_delivery_is_the_sum_of_the_events_to_the_micro() -> None:
    market = small_market()

    summed = market.events().groupby(CELL_DAY)[SUMS].sum().sort_index()
    delivered = pd.concat([market.delivery(brand_id) for brand_id in market.brand_ids])

    pd.testing.assert_frame_equal(summed, delivered.set_index(CELL_DAY)[SUMS].sort_index())


def test_a_household_meets_a_cell_at_most_once_a_day_and_sees_something() -> None:
    log = small_market(events=20_000, skus=2, retailers=1, days=14).events()

    assert not log.duplicated([*CELL_DAY, "customer_id"]).any()
    assert (log["impressions"] >= 1).all()
    assert (log["clicks"] <= log["impressions"]).all()
    assert (log["cost_micros"][log["clicks"] == 0] == 0).all()


def test_money_is_in_whole_cents() -> None:
    log = small_market().events()

    assert (log["cost_micros"] % 10_000 == 0).all()
    assert (log["revenue_micros"] % 10_000 == 0).all()


def test_a_longer_attribution_window_never_credits_less() -> None:
    delivery = small_market().delivery("brand_x")

    assert (delivery["revenue_micros_7d"] <= delivery["revenue_micros"]).all()
    assert (delivery["revenue_micros"] <= delivery["revenue_micros_30d"]).all()
    assert (delivery["conversions_7d"] <= delivery["conversions"]).all()
    assert (delivery["conversions"] <= delivery["conversions_30d"]).all()
    assert delivery["revenue_micros_7d"].sum() < delivery["revenue_micros_30d"].sum()


def test_no_network_is_credited_with_more_units_than_were_sold() -> None:
    market = small_market()
    cell = ["retailer_id", "sku_id"]

    credited = market.delivery("brand_x").groupby(cell)["units"].sum()
    sold = market.private_feed("brand_x").groupby(cell)["units"].sum()

    assert credited.sum() > 0
    assert (credited <= sold.reindex(credited.index)).all()


def test_paused_ads_deliver_nothing_and_a_third_of_the_shelf_is_paused_late() -> None:
    market = small_market(paused_share=1 / 3)
    feed = market.private_feed("brand_x")
    paused = feed[feed["ads_paused"]]

    delivered = market.delivery("brand_x").merge(paused, on=["date", "retailer_id", "sku_id"])

    assert len(delivered) == 0
    assert paused["date"].nunique() == market.parameters.pause_days
    pairs = feed[["retailer_id", "sku_id"]].drop_duplicates()
    assert len(paused[["retailer_id", "sku_id"]].drop_duplicates()) == round(len(pairs) / 3)


def test_spend_follows_promotions_unless_that_is_switched_off() -> None:
    def promoted_share(**changes: object) -> float:
        market = small_market(events=20_000, skus=40, size_sigma=0.0, **changes)
        both = market.delivery("brand_x").merge(market.private_feed("brand_x"), on=["date", "retailer_id", "sku_id"])
        return float(both["cost_micros"][both["promo_flag"]].sum() / both["cost_micros"].sum())

    assert promoted_share() > 1.5 * promoted_share(demand_following=0.0, promotion_boost=0.0)


def test_a_household_keeps_its_region_with_every_brand() -> None:
    log = small_market().events()

    assert (log.groupby("customer_id")["geo_detail"].nunique() == 1).all()
    assert log.groupby("customer_id")["brand_id"].nunique().max() == 2
