"""The warehouse: what is loaded is what is read, and a query can only read."""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestrator.harmonizer import harmonize_to_rmis
from orchestrator.tools.warehouse import Warehouse
from schemas.errors import DataMissing, InputInvalid
from tests.data.exports.delivery import make_catalogue
from tests.orchestrator.harmonizer.writing import ROW, write


@pytest.fixture
def market(tmp_path: Path) -> Path:
    folder = tmp_path / "market"
    (folder / "private").mkdir(parents=True)
    make_catalogue().to_parquet(folder / "catalogue.parquet")
    feed = {
        "retailer_id": ["b", "a"],
        "sku_id": ["X", "X"],
        "date": [date(2026, 1, 6), date(2026, 1, 5)],
        "units": [3, 4],
    }
    pq.write_table(pa.table(feed), folder / "private" / "brand_x.parquet")
    pq.write_table(
        pa.table({"retailer_id": ["a"], "sku_id": ["X"], "stock_on_hand": [9]}),
        folder / "private" / "brand_x_outlook.parquet",
    )
    return folder


@pytest.fixture
def rmis(tmp_path: Path) -> Path:
    return harmonize_to_rmis(write(tmp_path, ROW, ROW), "retailer_a", folder=tmp_path).rmis_path


def test_delivery_reads_back_with_its_days_and_its_micros(tmp_path: Path, rmis: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        loaded = warehouse.load_rmis(rmis)
        delivery = warehouse.delivery()

    assert loaded == 2
    assert list(delivery["date"]) == [date(2026, 1, 5)] * 2
    assert list(delivery["revenue"]) == [10_500_000] * 2


def test_a_file_loaded_again_replaces_itself_and_leaves_the_others(tmp_path: Path, rmis: Path) -> None:
    other = harmonize_to_rmis(write(tmp_path, ROW), "retailer_b", folder=tmp_path / "b").rmis_path
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        for parquet in (rmis, other, rmis):
            warehouse.load_rmis(parquet)

        assert len(warehouse.delivery()) == 3


def test_what_was_loaded_is_there_when_the_file_is_opened_again(tmp_path: Path, rmis: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.load_rmis(rmis)

    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        assert len(warehouse.delivery()) == 2


def test_the_brands_own_tables_are_apart_from_the_networks(tmp_path: Path, market: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.load_catalogue(market)
        warehouse.load_private(market, "brand_x")

        assert len(warehouse.catalogue()) == 6
        assert list(warehouse.private_feed()["units"]) == [4, 3]
        assert list(warehouse.outlook()["stock_on_hand"]) == [9]
        tables = warehouse.frame("SELECT schema_name || '.' || table_name AS name FROM duckdb_tables() ORDER BY name")
    assert list(tables["name"]) == ["private.feed", "private.outlook", "raw.catalogue"]


def test_a_missing_file_names_the_command_that_makes_it(tmp_path: Path, market: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        with pytest.raises(DataMissing, match="python -m data generate --out"):
            warehouse.load_catalogue(tmp_path / "nowhere")
        with pytest.raises(DataMissing, match="brand_z"):
            warehouse.load_private(market, "brand_z")
        with pytest.raises(DataMissing, match="python -m orchestrator harmonize"):
            warehouse.load_rmis(tmp_path / "nowhere.parquet")
        with pytest.raises(DataMissing, match=r"raw\.delivery"):
            warehouse.delivery()


def test_a_damaged_or_other_parquet_file_is_refused(tmp_path: Path, market: Path) -> None:
    (tmp_path / "bad.parquet").write_text("not parquet")
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        with pytest.raises(InputInvalid, match="not a readable Parquet"):
            warehouse.load_rmis(tmp_path / "bad.parquet")
        with pytest.raises(InputInvalid, match="no RMIS file"):
            warehouse.load_rmis(market / "catalogue.parquet")


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.duckdb").write_bytes(b"something else entirely, and long enough" * 500)

    with pytest.raises(InputInvalid, match="cannot open the warehouse"):
        Warehouse(tmp_path / "w.duckdb")


def test_a_query_takes_parameters_by_place_and_by_name(tmp_path: Path, rmis: Path) -> None:
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.load_rmis(rmis)

        by_place = warehouse.frame("SELECT count(*) AS n FROM raw.delivery WHERE retailer_id = ?", ["retailer_a"])
        by_name = warehouse.frame("SELECT count(*) AS n FROM raw.delivery WHERE cost > $least", {"least": 10**9})

    assert (by_place["n"][0], by_name["n"][0]) == (2, 0)


@pytest.mark.parametrize(
    "query",
    [
        "DROP TABLE raw.delivery",
        "DELETE FROM raw.delivery",
        "SELECT 1; DROP TABLE raw.delivery",
        "COPY raw.delivery TO 'out.csv'",
        "ATTACH 'other.duckdb'",
        "SET enable_external_access = true",
        "SELECT * FROM read_csv('pyproject.toml')",
        "SELECT * FROM read_text('pyproject.toml')",
        "SELECT * FROM held_in_python",
        "SELECT nonsense FROM raw.delivery",
        "not sql",
    ],
)
def test_a_query_that_does_more_than_read_the_warehouse_is_refused(tmp_path: Path, rmis: Path, query: str) -> None:
    held_in_python = pd.DataFrame({"secret": [1]})
    with Warehouse(tmp_path / "w.duckdb") as warehouse:
        warehouse.load_rmis(rmis)

        with pytest.raises(InputInvalid):
            warehouse.frame(query)

        assert len(warehouse.delivery()) == 2
    assert len(held_in_python) == 1
