"""A private feed that is late or wrong, over a market that stays what it is."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from data.market import market_parameters
from data.market.parameters import FeedLag
from schemas.errors import InputInvalid
from tests.data.small_market import small_market

AMOUNTS = ["units", "price_micros", "margin_share", "stock_level"]
ROW = ["retailer_id", "sku_id", "date"]


def feed(**changes: object) -> pd.DataFrame:
    return small_market(**changes).private_feed("brand_x").set_index(ROW)


def test_a_late_feed_lacks_the_last_days_and_has_the_others_right() -> None:
    late = feed(feed_lag_days=3)

    last_known = small_market().parameters.last_day - timedelta(days=3)
    assert late.index.get_level_values("date").max() == last_known
    pd.testing.assert_frame_equal(late, feed().loc[late.index])


def test_a_feed_carried_forward_repeats_the_last_known_day_but_knows_the_brands_own_pauses() -> None:
    carried, right = feed(feed_lag_days=3, feed_lag=FeedLag.CARRIED_FORWARD), feed()
    last = small_market().parameters.last_day

    known = carried.xs(last - timedelta(days=3), level="date")[[*AMOUNTS, "promo_flag"]]

    for day in range(3):
        shown = carried.xs(last - timedelta(days=day), level="date")[[*AMOUNTS, "promo_flag"]]
        pd.testing.assert_frame_equal(shown, known)
    assert carried["ads_paused"].equals(right["ads_paused"])
    assert not carried["units"].equals(right["units"])


def test_the_stock_in_the_outlook_is_as_old_as_the_feed() -> None:
    late = small_market(feed_lag_days=3)
    last_known = late.parameters.last_day - timedelta(days=3)

    stock = feed().xs(last_known, level="date")["stock_level"]

    assert late.outlook("brand_x")["stock_on_hand"].tolist() == stock.tolist()


def test_the_wrong_rows_are_wrong_by_the_factor_and_the_others_right() -> None:
    wrong, right = feed(feed_error_share=0.2, feed_error_factor=3.0), feed()

    ratio = wrong["price_micros"] / right["price_micros"]

    assert sorted(set(np.round(ratio, 4))) == [0.3333, 1.0, 3.0]
    assert 0.15 < (ratio != 1).mean() < 0.25
    pd.testing.assert_frame_equal(wrong[ratio == 1], right[ratio == 1])
    assert (wrong["units"] == (right["units"] * ratio).round()).all()
    assert (wrong["margin_share"] <= 0.99).all()
    assert wrong[["promo_flag", "ads_paused"]].equals(right[["promo_flag", "ads_paused"]])


def test_wrong_rows_reach_the_outlook_too() -> None:
    wrong, right = (small_market(feed_error_share=share).outlook("brand_x") for share in (0.3, 0.0))

    ratio = wrong["expected_organic_units"] / right["expected_organic_units"]

    assert 0 < (np.abs(ratio - 1) > 0.1).mean() < 0.7


def test_a_failing_feed_leaves_the_truth_and_the_log_alone() -> None:
    failing = small_market(feed_lag_days=7, feed_error_share=0.5)

    pd.testing.assert_frame_equal(failing.truth(), small_market().truth())
    pd.testing.assert_frame_equal(failing.delivery("brand_x"), small_market().delivery("brand_x"))


def test_a_feed_later_than_history_is_refused() -> None:
    with pytest.raises(InputInvalid, match="feed_lag_days 20"):
        market_parameters(days=20, feed_lag_days=20)
