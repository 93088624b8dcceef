"""What each network's file looks like; that it reads back exactly is tested with the harmoniser."""

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from data.exports import REPORT_SCHEMAS, write_exports
from data.exports.amounts import amount
from data.exports.report_schema import header_key
from schemas.rmis import SourceField
from tests.data.exports.delivery import make_catalogue, make_delivery

CATALOGUE = make_catalogue()
DELIVERY = make_delivery(CATALOGUE, days=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exports") / "brand_x"
    write_exports(DELIVERY, CATALOGUE, "brand_x", out)
    return out


def headers(path: Path) -> list[str]:
    return list((pd.read_excel if path.suffix == ".xlsx" else pd.read_csv)(path, nrows=0).columns)


def test_each_retailer_has_two_views_of_its_delivery(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "retailer_a__amazon_ads_v3.csv",
        "retailer_a__amazon_console.xlsx",
        "retailer_b__criteo_retail_media.csv",
        "retailer_b__walmart_connect.csv",
    ]


def test_every_column_that_is_written_is_in_the_report_schema(folder: Path) -> None:
    for path in folder.iterdir():
        schema = REPORT_SCHEMAS[path.stem.split("__")[1]]

        assert [name for name in headers(path) if header_key(name) not in schema.by_name] == [], path.name


def test_a_report_is_recognised_by_its_own_schema_and_by_no_other(folder: Path) -> None:
    for path in folder.iterdir():
        matching = [network for network, schema in REPORT_SCHEMAS.items() if schema.matches(headers(path))]

        assert matching == [path.stem.split("__")[1]]


def test_the_console_writes_amounts_with_their_symbol_and_sales_with_a_trailing_space(folder: Path) -> None:
    book = load_workbook(folder / "retailer_a__amazon_console.xlsx", read_only=True)
    names, first = list(book.worksheets[0].iter_rows(max_row=2, values_only=True))
    row = dict(zip(names, first, strict=True))

    assert str(row["Spend"]).startswith("$ ")
    assert str(row["7 Day Total Sales "]).startswith("$ ")
    assert str(row["Click-Thru Rate (CTR)"]).endswith("%")


def test_amazon_and_walmart_carry_the_placement_in_the_campaign_name(folder: Path) -> None:
    for name in ("retailer_a__amazon_ads_v3.csv", "retailer_b__walmart_connect.csv"):
        campaigns = set(pd.read_csv(folder / name)["campaignName"])

        assert "XAN|SP|search|coffee" in campaigns
        assert {campaign.split("|")[2] for campaign in campaigns} == {"search", "display", "native"}


def test_amounts_have_two_decimals_and_more_only_where_the_money_has_them() -> None:
    assert [amount(micros) for micros in (0, 16_220_000, 5_000_000, 1_234_567, -1_500_000)] == [
        "0.00",
        "16.22",
        "5.00",
        "1.234567",
        "-1.50",
    ]


def test_another_brands_delivery_is_not_in_the_files(tmp_path: Path) -> None:
    other = make_delivery(make_catalogue(brand_id="brand_y"), days=3).assign(sku_id="YEL-001", revenue_micros=1)

    written = write_exports(pd.concat([DELIVERY, other]), CATALOGUE, "brand_x", tmp_path)

    assert "YEL-001" not in written[0].read_text()


def test_further_retailers_take_the_networks_in_turn(tmp_path: Path) -> None:
    third = DELIVERY[DELIVERY["retailer_id"] == "retailer_a"].assign(retailer_id="retailer_c")

    written = write_exports(pd.concat([DELIVERY, third]), CATALOGUE, "brand_x", tmp_path)

    assert [path.name for path in written[4:]] == ["retailer_c__amazon_ads_v3.csv", "retailer_c__amazon_console.xlsx"]


def test_the_same_delivery_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for again in write_exports(DELIVERY, CATALOGUE, "brand_x", tmp_path):
        assert again.read_bytes() == (folder / again.name).read_bytes(), again.name


def test_a_brand_without_delivery_gets_files_with_column_names_only(tmp_path: Path) -> None:
    written = write_exports(DELIVERY, CATALOGUE, "brand_y", tmp_path)

    assert len(written) == 4
    assert len(pd.read_csv(written[0])) == 0


def test_units_of_another_window_follow_its_orders_where_the_delivery_has_none(tmp_path: Path) -> None:
    written = write_exports(DELIVERY, CATALOGUE, "brand_x", tmp_path)

    row = pd.read_csv(written[0]).query("purchases14d > 0").iloc[0]

    assert row["unitsSoldClicks7d"] == row["unitsSoldClicks14d"] * row["purchases7d"] // row["purchases14d"]


def test_every_schema_reads_all_that_a_record_requires() -> None:
    outcomes = {SourceField.REVENUE, SourceField.CONVERSIONS, SourceField.COST, SourceField.IMPRESSIONS}
    keys = {SourceField.DATE, SourceField.SKU_ID, SourceField.PLACEMENT_TYPE}

    for schema in REPORT_SCHEMAS.values():
        assert outcomes | keys <= {column.field for column in schema.columns}, schema.network
