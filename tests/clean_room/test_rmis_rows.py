from datetime import timedelta

import pandas as pd
import pytest

from clean_room import aggregate_to_rmis
from schemas.clean_room import Grain
from schemas.errors import InputInvalid
from tests.clean_room.worlds import METRICS, MONDAY, exposures, with_ids

COLUMNS = ["date", "retailer_id", "placement_type", *METRICS, "currency"]


def test_rows_are_exact_sums_of_the_cells_that_may_be_told() -> None:
    small = exposures(99, placement="sponsored_native")
    log = with_ids(exposures(150), exposures(120, day=MONDAY + timedelta(days=7)), small)

    rows = aggregate_to_rmis(log)

    assert list(rows.columns) == COLUMNS
    assert rows["date"].tolist() == ["2026-01-05"]
    assert rows["placement_type"].tolist() == ["sponsored_search"]


def test_rows_without_people_enough_are_absent() -> None:
    rows = aggregate_to_rmis(with_ids(exposures(1_000, people=99)))

    assert rows.empty
    assert list(rows.columns) == COLUMNS


def test_skus_are_told_where_the_retailer_permits_them() -> None:
    log = with_ids(exposures(300, sku="one"), exposures(300, sku="two"), exposures(99, sku="small"))
    at_b = with_ids(exposures(300, sku="one", retailer="retailer_b"))

    rows = aggregate_to_rmis(pd.concat([log, at_b]), by_sku=True, grain=Grain.MONTH)

    assert list(rows.columns) == [*COLUMNS[:3], "sku_id", *COLUMNS[3:]]
    # The small SKU took the first of the others along.
    assert rows[["retailer_id", "sku_id", "impressions"]].to_numpy().tolist() == [["retailer_a", "two", 900]]


def test_an_rmis_named_frame_and_one_without_event_ids_are_read_too() -> None:
    log = exposures(150).rename(columns={"revenue_micros": "revenue", "cost_micros": "cost"})

    rows = aggregate_to_rmis(log, currency="EUR")

    assert rows["revenue"].tolist() == [150 * 5_000_000]
    assert rows["currency"].tolist() == ["EUR"]


def test_a_frame_without_people_is_refused() -> None:
    with pytest.raises(InputInvalid, match="no customer_id"):
        aggregate_to_rmis(with_ids(exposures(500)).drop(columns=["customer_id"]))


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (exposures(5).drop(columns=["retailer_id"]), "no retailer_id"),
        (exposures(5).drop(columns=["clicks"]), "no column clicks"),
        (exposures(5, retailer="corner_shop"), "without a clean-room policy"),
        (pd.concat([exposures(5), exposures(5, brand="brand_y")]), "several brands"),
    ],
)
def test_a_frame_that_cannot_be_judged_is_refused(log: pd.DataFrame, message: str) -> None:
    with pytest.raises(InputInvalid, match=message):
        aggregate_to_rmis(log)


def test_an_empty_frame_gives_no_rows() -> None:
    assert aggregate_to_rmis(exposures(1).iloc[:0]).empty
