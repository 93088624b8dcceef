"""What a market delivered is what the harmoniser reads from each network's file, to the micro."""

from pathlib import Path

import pandas as pd
import pytest

from data.exports import write_exports
from orchestrator.harmonizer import Harmonized, harmonize_to_rmis
from schemas.rmis import RMIS_FIELDS, RMISRecord
from tests.data.exports.delivery import make_catalogue, make_delivery

CATALOGUE = make_catalogue()
DELIVERY = make_delivery(CATALOGUE)
KEYS = ["date", "sku_id", "placement_type"]
VALUES = ["impressions", "clicks", "conversions", "revenue", "cost"]
FILES = {
    "amazon_ads_v3": ("retailer_a", "csv", 14),
    "amazon_console": ("retailer_a", "xlsx", 7),
    "criteo_retail_media": ("retailer_b", "csv", None),
    "walmart_connect": ("retailer_b", "csv", 14),
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    write_exports(DELIVERY, CATALOGUE, "brand_x", folder)
    return folder


def read(exports: Path, network: str, catalogue: pd.DataFrame | None = None) -> Harmonized:
    retailer_id, extension, _ = FILES[network]
    path = exports / f"{retailer_id}__{network}.{extension}"
    return harmonize_to_rmis(path, retailer_id, catalogue=catalogue, folder=exports / "out")


def delivered(retailer_id: str, days: int | None) -> pd.DataFrame:
    window = "_7d" if days == 7 else ""
    rows = DELIVERY[DELIVERY["retailer_id"] == retailer_id]
    named = rows.assign(
        conversions=rows[f"conversions{window}"], revenue=rows[f"revenue_micros{window}"], cost=rows["cost_micros"]
    )
    return named.sort_values(KEYS)[[*KEYS, *VALUES]].reset_index(drop=True)


@pytest.mark.parametrize("network", FILES)
def test_a_networks_file_reads_back_as_what_was_delivered(exports: Path, network: str) -> None:
    retailer_id, _, days = FILES[network]

    done = read(exports, network, CATALOGUE)

    records = done.records.sort_values(KEYS).reset_index(drop=True)
    pd.testing.assert_frame_equal(records[[*KEYS, *VALUES]], delivered(retailer_id, days), check_dtype=False)
    assert done.network == network
    assert done.rejected == 0
    assert set(records["currency"]) == {"USD"}
    assert done.report.attribution_click_days == days


@pytest.mark.parametrize("network", ["amazon_ads_v3", "criteo_retail_media", "walmart_connect"])
def test_units_of_the_chosen_window_read_back(exports: Path, network: str) -> None:
    rows = DELIVERY[DELIVERY["retailer_id"] == FILES[network][0]].sort_values(KEYS)

    records = read(exports, network).records.sort_values(KEYS)

    assert list(records["units"]) == list(rows["units"])


@pytest.mark.parametrize("network", FILES)
def test_every_row_is_a_valid_record_and_names_its_line(exports: Path, network: str) -> None:
    done = read(exports, network)

    assert tuple(done.records.columns) == RMIS_FIELDS
    for row in done.records.head(20).astype(object).to_dict("records"):
        RMISRecord.model_validate({name: None if pd.isna(value) else value for name, value in row.items()})
    assert list(done.records["source_line"]) == list(range(2, len(done.records) + 2))


def test_windows_stand_apart_and_the_others_are_listed(exports: Path) -> None:
    report = read(exports, "amazon_ads_v3").report

    assert report.attribution_click_days == 14
    assert report.other_windows == {
        7: ("purchases7d", "unitsSoldClicks7d", "sales7d"),
        30: ("purchases30d", "unitsSoldClicks30d", "sales30d"),
    }


def test_an_item_without_a_sku_is_resolved_through_the_catalogue(exports: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(exports / "retailer_b__walmart_connect.csv", dtype=str).drop(columns="skuId")
    rows.to_csv(tmp_path / "report.csv", index=False)

    done = harmonize_to_rmis(tmp_path / "report.csv", "retailer_b", catalogue=CATALOGUE, folder=tmp_path / "out")

    assert done.network == "walmart_connect"
    assert set(done.records["sku_id"]) == set(CATALOGUE["sku_id"])


def test_an_item_the_catalogue_does_not_have_is_rejected_and_named(exports: Path) -> None:
    done = read(exports, "amazon_ads_v3", CATALOGUE.iloc[1:])

    assert set(done.rejects["reason"]) == {"sku_id 'XAN-000' is not in the catalogue"}
    assert done.rows + done.rejected == len(DELIVERY) // 2


def test_the_mapping_says_what_each_column_is_and_who_said_so(exports: Path) -> None:
    mapping = read(exports, "amazon_console").mapping

    assert mapping["7 Day Total Sales "]["field"] == "revenue"
    assert mapping["7 Day Total Sales "]["click_days"] == 7
    assert mapping["Campaign Name"]["field"] == "placement_type"
    assert mapping["Cost Per Click (CPC)"]["field"] == "unused"
    assert {entry["by"] for entry in mapping.values()} == {"report_schema"}


def test_a_criteo_report_without_pages_takes_the_placement_from_the_campaign(exports: Path, tmp_path: Path) -> None:
    rows = pd.read_csv(exports / "retailer_b__criteo_retail_media.csv", dtype=str)
    rows.drop(columns=["pageType", "mediaType"]).to_csv(tmp_path / "report.csv", index=False)

    done = harmonize_to_rmis(tmp_path / "report.csv", "retailer_b", folder=tmp_path / "out")

    assert list(done.records["placement_type"]) == list(read(exports, "criteo_retail_media").records["placement_type"])
