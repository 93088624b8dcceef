"""A plan realised after history: the same draws for every plan, and only the plan makes the difference."""

from datetime import date, timedelta

import pandas as pd
import pytest

from data.market import Market, Realised
from schemas.errors import InputInvalid
from tests.data.small_market import small_market

KEYS = ["retailer_id", "sku_id", "placement_type"]


def as_history(market: Market, scale: float = 1.0) -> pd.DataFrame:
    spend = market.truth().query("brand_id == 'brand_x'")[[*KEYS, "spend_micros"]]
    return spend.assign(spend_micros=(spend["spend_micros"] * scale).round().astype("int64"))


def realised(market: Market, spend: pd.DataFrame) -> Realised:
    start, end = market.parameters.outlook_window
    return market.realise(spend, "brand_x", start, end)


def test_no_spend_brings_nothing() -> None:
    result = realised(small_market(), as_history(small_market(), scale=0))

    assert (result.spend_micros, result.incremental_revenue_micros, result.incremental_margin_micros) == (0, 0, 0)
    assert (result.incremental_units, result.wasted_spend_micros) == (0, 0)
    assert result.stockout_sku_days == result.stockout_sku_days_without_spend


def test_the_same_plan_brings_the_same_however_its_rows_are_ordered_or_split() -> None:
    market = small_market()
    plan = as_history(market)
    halves = plan.assign(spend_micros=plan["spend_micros"] // 2)
    rest = plan.assign(spend_micros=plan["spend_micros"] - plan["spend_micros"] // 2)

    once = realised(market, plan)
    again = realised(small_market.__wrapped__(), pd.concat([halves, rest]).sample(frac=1, random_state=1))

    assert once.spend_micros == plan["spend_micros"].sum()
    pd.testing.assert_frame_equal(once.cells, again.cells)
    for name in ("incremental_revenue_micros", "incremental_margin_micros", "incremental_units", "stockout_sku_days"):
        assert getattr(once, name) == getattr(again, name)


def test_more_spend_brings_more_at_a_falling_return() -> None:
    market = small_market(stock_limits=False)

    less, more = (realised(market, as_history(market, scale)) for scale in (0.5, 2.0))

    assert more.incremental_revenue_micros > less.incremental_revenue_micros
    assert more.incremental_revenue_micros < 4 * less.incremental_revenue_micros
    assert more.wasted_spend_micros == 0


def test_spend_on_an_empty_shelf_is_wasted() -> None:
    market = small_market(safety_days_median=0.1, skus=30)
    outlook = market.outlook("brand_x")
    scarcest = outlook.loc[(outlook["stock_on_hand"] + outlook["inbound_units"]).idxmin()]
    plan = pd.DataFrame(
        [
            {
                "retailer_id": scarcest["retailer_id"],
                "sku_id": scarcest["sku_id"],
                "placement_type": "sponsored_search",
                "spend_micros": 5_000_000_000,
            }
        ]
    )

    result = realised(market, plan)

    assert result.stockout_sku_days > result.stockout_sku_days_without_spend
    assert 0 < result.wasted_spend_micros <= result.spend_micros
    assert result.cells["wasted_spend_micros"].sum() == result.wasted_spend_micros


def test_a_longer_look_ahead_repeats_the_days_of_history() -> None:
    world = small_market().worlds["brand_x"]
    last = world.parameters.days

    longer = world.environment_through(last + 40)

    assert (longer.days.organic_RST[..., :last] == world.environment.days.organic_RST[..., :last]).all()
    assert (longer.supply.level_T[..., :last] == world.environment.supply.level_T).all()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("sku_id", "X-9999", "'X-9999'"),
        ("retailer_id", "retailer_z", "'retailer_z'"),
        ("placement_type", "skywriting", "'skywriting'"),
        ("spend_micros", -5, "-5"),
        ("spend_micros", float("nan"), "nan"),
    ],
)
def test_a_plan_the_market_does_not_know_is_refused_by_name(column: str, value: object, said: str) -> None:
    plan = as_history(small_market()).head(1).assign(**{column: value})

    with pytest.raises(InputInvalid, match=said):
        realised(small_market(), plan)


def test_a_plan_without_amounts_is_refused() -> None:
    with pytest.raises(InputInvalid, match="'spend_micros'"):
        realised(small_market(), as_history(small_market())[KEYS])


def test_a_campaign_outside_the_year_after_history_is_refused() -> None:
    market = small_market()
    last = market.parameters.last_day

    for start, end in (
        (last, last + timedelta(days=7)),
        (date(2026, 5, 2), date(2026, 5, 1)),
        (last, date(2030, 1, 1)),
    ):
        with pytest.raises(InputInvalid, match="must lie between"):
            market.realise(as_history(market), "brand_x", start, end)


def test_an_unknown_brand_is_named() -> None:
    with pytest.raises(InputInvalid, match="'brand_z'"):
        small_market().delivery("brand_z")
