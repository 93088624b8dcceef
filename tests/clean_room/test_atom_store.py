"""The connection the engine uses, attacked with SQL of an attacker who took over the process that holds it."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from clean_room.atom_store import open_atoms
from tests.clean_room.worlds import clean_room_over, exposures

REACHING_OUT = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_parquet('../market/events.parquet')",
    "ATTACH 'other.duckdb'",
    "COPY atoms TO 'stolen.csv'",
    "EXPORT DATABASE 'stolen'",
    "IMPORT DATABASE 'stolen'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE SECRET s (TYPE s3, KEY_ID 'x')",
    "INSERT INTO atoms SELECT * FROM atoms",
    "DELETE FROM atoms",
    "DROP TABLE atoms",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '99GB'",
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    room = clean_room_over(tmp_path_factory.mktemp("store"), exposures(150))
    with open_atoms(room.folder / "retailer_a.duckdb") as opened:
        yield opened


@pytest.mark.parametrize("sql", REACHING_OUT)
def test_the_connection_reaches_no_file_extension_or_setting_and_writes_nothing(
    connection: duckdb.DuckDBPyConnection, sql: str
) -> None:
    with pytest.raises(duckdb.Error):
        connection.execute(sql).fetchall()


def test_a_variable_of_the_process_cannot_be_queried(connection: duckdb.DuckDBPyConnection) -> None:
    frame = exposures(3)

    with pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM frame").fetchall()

    assert len(frame) == 3


def test_opening_a_file_that_is_not_there_makes_none(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error), open_atoms(tmp_path / "none.duckdb"):
        pass

    assert list(tmp_path.iterdir()) == []
