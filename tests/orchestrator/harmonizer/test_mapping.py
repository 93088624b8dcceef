"""Which column is what: schema before alias before proposal, and a person before them all."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.exports import write_exports
from orchestrator.harmonizer import Choices, harmonize_to_rmis
from orchestrator.harmonizer.aliases import alias_match, similar_match
from orchestrator.harmonizer.headers import header_name
from schemas.errors import InputInvalid
from schemas.rmis import SourceField
from tests.data.exports.delivery import make_catalogue, make_delivery
from tests.orchestrator.harmonizer.writing import HEADER, ROW, harmonize, write

STRANGE = HEADER.replace("Spend", "Zorg")


def test_a_name_we_do_not_know_is_put_to_the_model_with_its_values(tmp_path: Path) -> None:
    asked: dict[str, tuple[str, ...]] = {}

    def propose(column: str, values: tuple[str, ...]) -> tuple[str, float] | None:
        asked[column] = values
        return "cost", 0.9

    done = harmonize(write(tmp_path, ROW, header=STRANGE), propose=propose)

    assert asked == {"Zorg": ("2.25",)}
    assert list(done.records["cost"]) == [2_250_000]
    assert done.mapping["Zorg"] | {"status": "used"} == done.mapping["Zorg"]
    assert (done.mapping["Zorg"]["by"], done.mapping["Zorg"]["confidence"]) == ("model", 0.9)


def test_the_model_is_not_asked_where_nothing_is_open(tmp_path: Path) -> None:
    def propose(column: str, values: tuple[str, ...]) -> tuple[str, float] | None:
        raise AssertionError(f"asked about {column!r}")

    done = harmonize(write(tmp_path, f"{ROW},note", header=f"{HEADER},Remark"), propose=propose)

    assert done.mapping["Remark"] == {"field": "unused", "confidence": 0.0, "by": "none"}


def test_a_proposal_of_little_confidence_waits_for_a_person(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, header=STRANGE)

    with pytest.raises(InputInvalid, match=r"'Zorg' as cost \(model, 0.50\).*--accept-review"):
        harmonize(path, propose=lambda column, values: ("cost", 0.5))
    accepted = harmonize(path, propose=lambda column, values: ("cost", 0.5), choices=Choices(accept_review=True))

    assert list(accepted.records["cost"]) == [2_250_000]


def test_a_proposal_that_the_values_cannot_be_is_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, f"{ROW},plenty", header=f"{STRANGE},Note")

    with pytest.raises(InputInvalid, match="no column for cost"):
        harmonize(
            path,
            propose=lambda column, values: ("cost", 0.99) if column == "Note" else None,
            choices=Choices(accept_review=True),
        )


def test_a_proposal_for_a_field_that_is_filled_is_dropped(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="no column for cost"):
        harmonize(write(tmp_path, ROW, header=STRANGE), propose=lambda column, values: ("revenue", 0.99))


def test_the_callers_mapping_comes_before_everything(tmp_path: Path) -> None:
    path = write(tmp_path, f"{ROW},7.00", header=f"{HEADER},Net media")

    done = harmonize(path, mapping={"Spend": "unused", "net media ": {"field": "cost"}})

    assert list(done.records["cost"]) == [7_000_000]
    assert done.mapping["Net media"]["by"] == "mapping_file"


@pytest.mark.parametrize("entry", ["profit", {"field": "cost", "unit": "pounds"}, 5])
def test_a_mapping_to_what_does_not_exist_names_what_does(tmp_path: Path, entry: object) -> None:
    with pytest.raises(InputInvalid, match="impressions"):
        harmonize(write(tmp_path, ROW), mapping={"Spend": entry})


def test_a_mapping_read_back_gives_the_same_records(tmp_path: Path) -> None:
    path = write(tmp_path, ROW, header=HEADER.replace("Spend", "Total ad spend in micros"))
    first = harmonize(path, choices=Choices(accept_review=True))

    again = harmonize(path, mapping=first.mapping)

    pd.testing.assert_frame_equal(first.records, again.records)


WINDOWS = "Day,SKU,Placement,Impressions,Clicks,Spend,Orders (7d),Sales (7d),Orders 14 days,Sales 14 days,Sales 30d"
WINDOWS_ROW = "2026-01-05,A-1,search,100,5,2.25,1,7.00,2,14.00,30.00"


def test_one_window_is_chosen_for_all_outcomes_and_the_others_are_listed(tmp_path: Path) -> None:
    done = harmonize(write(tmp_path, WINDOWS_ROW, header=WINDOWS))

    assert (done.records["conversions"][0], done.records["revenue"][0]) == (2, 14_000_000)
    assert set(done.records["attribution_click_days"]) == {14}
    assert done.report.other_windows == {7: ("Orders (7d)", "Sales (7d)"), 30: ("Sales 30d",)}


def test_another_window_can_be_chosen_if_all_outcomes_have_it(tmp_path: Path) -> None:
    path = write(tmp_path, WINDOWS_ROW, header=WINDOWS)

    week = harmonize(path, choices=Choices(click_days=7))

    assert (week.records["conversions"][0], week.records["revenue"][0]) == (1, 7_000_000)
    with pytest.raises(InputInvalid, match="never mixed"):
        harmonize(path, choices=Choices(click_days=30))


def test_revenue_of_one_window_and_conversions_of_another_are_not_put_together(tmp_path: Path) -> None:
    header = HEADER.replace("Orders", "Orders (7d)").replace("Sales", "Sales (30d)")

    with pytest.raises(InputInvalid, match=r"revenue \(30 days\) and conversions \(7 days\)"):
        harmonize(write(tmp_path, ROW, header=header))


def test_only_the_outcome_that_is_missing_is_called_missing(tmp_path: Path) -> None:
    header = HEADER.replace("Orders", "Remark").replace("Sales", "Sales (14d)")

    with pytest.raises(InputInvalid, match="no column for conversions;"):
        harmonize(write(tmp_path, ROW, header=header))


def test_a_window_the_file_does_not_state_stays_unknown_until_someone_says_it(tmp_path: Path) -> None:
    path = write(tmp_path, ROW)

    assert harmonize(path).report.attribution_click_days is None
    assert harmonize(path, choices=Choices(click_days=30)).report.attribution_click_days == 30


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("numAdsShown", SourceField.IMPRESSIONS),
        ("7 Day Total Sales ", SourceField.REVENUE),
        ("Ad Spend (USD)", SourceField.COST),
        ("attributed_orders_14d", SourceField.CONVERSIONS),
        ("Coût", SourceField.COST),
        ("Währung", SourceField.CURRENCY),
    ],
)
def test_a_known_name_is_known_in_any_spelling(column: str, field: SourceField) -> None:
    match = alias_match(column)

    assert match is not None
    assert match.field is field


@pytest.mark.parametrize(
    "column", ["ROAS", "Cost per click", "Click rate", "New to brand sales", "Daily budget", "Other SKU sales", "Notes"]
)
def test_a_ratio_a_plan_or_a_part_is_not_taken_for_the_metric(column: str) -> None:
    assert alias_match(column) is None
    assert similar_match(column) is None


def test_a_name_states_its_window_its_currency_and_its_unit() -> None:
    name = header_name("Total Sales 14d (EUR, micros)")

    assert (name.words, name.click_days, name.currency, name.money_unit) == ("total sales", 14, "EUR", "micros")


CATALOGUE = make_catalogue(3)
NAMES = {
    "impressions": ("impressions", "Impressions", "Impr.", "ad_impressions"),
    "clicks": ("clicks", "Clicks", "Ad clicks", "num_ads_clicks"),
    "spend": ("spend", "Ad Spend", "media_cost", "Cost"),
    "attributedSales": ("attributedSales", "attributed_sales", "Total Sales", "Revenue"),
    "attributedOrders": ("attributedOrders", "Orders", "total_orders", "Conversions"),
    "attributedUnits": ("attributedUnits", "Units sold", "units"),
    "productId": ("productId", "SKU", "Advertised SKU", "sku_id"),
    "date": ("date", "Date", "Report date"),
}


@pytest.fixture(scope="module")
def criteo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("criteo")
    path = write_exports(make_delivery(CATALOGUE, days=2), CATALOGUE, "brand_x", folder)[2]
    return folder, pd.read_csv(path, dtype=str), harmonize_to_rmis(path, "retailer_b", folder=folder).records


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(shuffled=st.data())
def test_renaming_known_columns_and_changing_their_order_changes_nothing(
    criteo: tuple[Path, pd.DataFrame, pd.DataFrame], shuffled: st.DataObject
) -> None:
    folder, report, expected = criteo
    renamed = {column: shuffled.draw(st.sampled_from(names)) for column, names in NAMES.items()}
    order = shuffled.draw(st.permutations(list(report.columns)))
    path = folder / "shuffled.csv"
    report[order].rename(columns=renamed).to_csv(path, index=False)

    records = harmonize_to_rmis(path, "retailer_b", folder=folder).records

    told_apart = ["source_file", "network", "match_level"]
    pd.testing.assert_frame_equal(records.drop(columns=told_apart), expected.drop(columns=told_apart))
