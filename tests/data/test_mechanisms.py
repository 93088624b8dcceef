"""Every mechanism can be switched off, and doing so moves no draw of another."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data.market import Market, MarketParameters, simulate
from data.market.draws import Floats
from data.market.handbook import described_parameters, handbook
from data.market.mechanisms import EACH_PLACEMENT, MECHANISMS, PLACEMENT_FIELDS, Mechanism, without
from data.market.parameters import PlacementTraits
from data.market.world import BrandWorld
from schemas.errors import InputInvalid
from tests.data.small_market import SMALL, small_market

ALL_ON = {
    **SMALL,
    "skus": 40,  # so that product lines have more than one
    "holiday_lift": 0.5,
    "margin_return_correlation": -0.5,
    "feed_lag_days": 3,
    "feed_error_share": 0.2,
}
HANDBOOK = Path(__file__).parents[2] / "docs" / "market.md"

FACTS: dict[str, Callable[[BrandWorld], Floats]] = {
    "size": lambda world: world.traits.size_RS,
    "price": lambda world: world.traits.retail_price_RS,
    "return": lambda world: world.traits.return_RSP,
    "margin": lambda world: 1 - world.traits.cost_price_RS / world.traits.retail_price_RS,
    "forecast bias": lambda world: world.traits.forecast_bias_RS,
    "credit": lambda world: world.traits.credit_RSP,
    "lead days": lambda world: world.traits.lead_days_RS.astype(float),
    "fill": lambda world: world.environment.supply.filled_T,
    "promotion": lambda world: world.environment.days.promotion_RST.astype(float),
    "day": lambda world: world.environment.days.index_RST,
    "organic": lambda world: world.environment.days.organic_RST,
    "pause": lambda world: world.history.paused_RST.astype(float),
}
MOVED = {
    "sizes": {"size", "organic"},
    "prices": {"size", "price", "organic"},
    "weekdays": {"day", "organic"},
    "season": {"day", "organic"},
    "holidays": {"day", "organic"},
    "shocks": {"day", "organic"},
    "overdispersion": {"organic"},
    "promotions": {"promotion", "day", "organic"},
    "return_spread": {"return"},
    "pauses": {"pause"},
    "placement_bias": {"credit"},
    "margins": {"margin"},
    "margin_return": {"margin"},
}


def market_without(*names: str) -> Market:
    return simulate(without(MarketParameters.model_validate(ALL_ON), names))


@pytest.fixture(scope="module")
def all_on() -> Market:
    return market_without()


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
def test_switching_a_mechanism_off_leaves_the_draws_of_the_others_alone(all_on: Market, mechanism: Mechanism) -> None:
    switched = market_without(mechanism.name)

    before, after = all_on.worlds["brand_x"], switched.worlds["brand_x"]
    moved = {name for name, fact in FACTS.items() if not np.allclose(fact(before), fact(after), rtol=1e-9, atol=0)}

    assert moved == MOVED.get(mechanism.name, set())


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
def test_every_switch_changes_what_somebody_sees(all_on: Market, mechanism: Mechanism) -> None:
    switched = market_without(mechanism.name)

    seen = [
        table(market)
        for table in (Market.truth, lambda market: market.private_feed("brand_x"))
        for market in (all_on, switched)
    ]

    assert not (seen[0].equals(seen[1]) and seen[2].equals(seen[3]))


def test_without_promotions_the_days_off_promotion_are_as_they_were(all_on: Market) -> None:
    before = all_on.worlds["brand_x"].environment.days
    after = market_without("promotions").worlds["brand_x"].environment.days

    off = ~before.promotion_RST

    assert before.promotion_RST.any()
    assert (before.organic_RST[off] == after.organic_RST[off]).all()


def test_without_saturation_the_next_unit_of_spend_returns_what_the_average_one_does() -> None:
    linear = small_market(saturation=False, stock_limits=False, cannibalisation_share=0).truth()
    linear = linear[linear["spend_micros"] > 0]

    average = linear["incremental_revenue_micros"] / linear["spend_micros"]

    np.testing.assert_allclose(linear["marginal_revenue_up"], average, rtol=1e-3)
    np.testing.assert_allclose(linear["marginal_revenue_down"], average, rtol=1e-3)


def test_without_window_bias_every_window_claims_the_same() -> None:
    delivery = small_market(credit_recency_days=0).delivery("brand_x")

    assert delivery["revenue_micros"].sum() > 0
    assert (delivery["revenue_micros_7d"] == delivery["revenue_micros_30d"]).all()


def test_demand_rises_before_a_holiday_and_on_it() -> None:
    plain, lifted = (small_market(holiday_lift=lift).worlds["brand_x"].environment.days for lift in (0.0, 0.5))

    ratio_T = (lifted.index_RST / plain.index_RST)[0, 0, :35]

    martin_luther_king_day = 14  # Monday 19 January, from Monday 5 January
    np.testing.assert_allclose(ratio_T[martin_luther_king_day - 3 : martin_luther_king_day + 1], 1.5)
    np.testing.assert_allclose(ratio_T[: martin_luther_king_day - 3], 1.0)
    assert ratio_T[martin_luther_king_day + 1] == 1.0


def test_a_mechanism_there_is_none_of_is_named_with_those_there_are() -> None:
    with pytest.raises(InputInvalid, match=r"'gravity'; there are sizes, .*feed_error"):
        without(MarketParameters(), ["gravity"])


def test_the_handbook_has_a_row_for_every_parameter() -> None:
    described = described_parameters()

    own = {name for name in MarketParameters.model_fields if name not in PLACEMENT_FIELDS}
    placement = {f"{EACH_PLACEMENT}.{name}" for name in PlacementTraits.model_fields}
    assert described == own | placement
    assert "None |" not in handbook()


def test_the_handbook_in_the_documents_is_the_one_the_code_writes() -> None:
    assert HANDBOOK.read_text(encoding="utf-8") == handbook(), "run `python -m data describe > docs/market.md`"
