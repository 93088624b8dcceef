"""Stock, prices, margins, products: what the brand's own feed says is possible."""

import numpy as np

from data.market.stock import SOLD_OUT
from tests.data.small_market import small_market

SHELF = {"skus": 60, "days": 60}


def test_stock_is_never_negative_and_stock_outs_happen() -> None:
    feed = small_market(**SHELF).private_feed("brand_x")

    assert (feed["stock_level"] >= 0).all()
    assert (feed["units"] >= 0).all()
    assert 0 < (feed["stock_level"] == 0).mean() < 0.3


def test_a_sold_out_day_sold_less_than_was_wanted_or_exactly_the_rest() -> None:
    world = small_market(**SHELF).worlds["brand_x"]
    trade, last = world.history.trade, world.parameters.days
    is_out = trade.closing_T < SOLD_OUT

    lost_somewhere = world.environment.days.organic_RST[..., :last][is_out].sum() > trade.sales_T[is_out].sum()

    assert is_out.any()
    assert lost_somewhere


def test_unlimited_stock_never_runs_out() -> None:
    feed = small_market(**SHELF, stock_limits=False).private_feed("brand_x")

    assert (feed["stock_level"] > 0).all()


def test_a_promotion_costs_margin_and_price_but_never_below_cost() -> None:
    feed = small_market(**SHELF).private_feed("brand_x")
    by_promotion = feed.groupby("promo_flag")[["price_micros", "margin_share"]].mean()

    assert by_promotion.loc[True, "margin_share"] < by_promotion.loc[False, "margin_share"]
    assert (feed["margin_share"] > 0).all()
    assert not small_market(**SHELF, promotions=False).private_feed("brand_x")["promo_flag"].any()


def test_margin_can_be_tied_to_the_return_of_ads() -> None:
    tied = small_market(skus=200, margin_return_correlation=-0.8).worlds["brand_x"].traits
    margin_S = 1 - (tied.cost_price_RS / tied.retail_price_RS)[0]

    correlation = np.corrcoef(margin_S, np.log(tied.return_RSP).mean(axis=(0, 2)))[0, 1]

    assert correlation < -0.5


def test_the_feed_has_a_row_for_every_retailer_sku_and_day() -> None:
    feed = small_market().private_feed("brand_y")

    assert len(feed) == 2 * len(small_market().catalogue.query("brand_id == 'brand_y'")) * 35
    assert not feed.duplicated(["retailer_id", "sku_id", "date"]).any()


def test_the_outlook_starts_from_the_last_evening_of_the_feed() -> None:
    market = small_market()
    feed, outlook = market.private_feed("brand_x"), market.outlook("brand_x")

    last_evening = feed[feed["date"] == market.parameters.last_day]["stock_level"]

    assert outlook["stock_on_hand"].tolist() == last_evening.tolist()
    assert (outlook["inbound_units"] >= 0).all()
    assert (outlook["expected_organic_units"] > 0).all()


def test_what_is_on_its_way_on_the_last_evening_arrives_in_the_outlook() -> None:
    market = small_market()
    arriving_T = market.worlds["brand_x"].history.trade.arriving_T[..., market.parameters.days :]

    on_its_way = arriving_T.sum(axis=-1).ravel()

    assert on_its_way.sum() > 0
    assert (market.outlook("brand_x")["inbound_units"] >= on_its_way - 1).all()


def test_products_form_a_tree_and_codes_are_unique() -> None:
    catalogue = small_market(skus=300, events=500).catalogue

    for code in ("sku_id", "asin", "item_id"):
        assert catalogue[code].is_unique
    assert catalogue["asin"].str.fullmatch("B0[0-9A-F]{8}").all()
    assert (catalogue.groupby(["brand_id", "product_line"])["category"].nunique() == 1).all()
    assert catalogue["brand_id"].value_counts().to_dict() == {"brand_x": 180, "brand_y": 120}
    assert catalogue["product_name"].str.startswith(("Xando ", "Yelva ")).all()
