"""The DuckDB file the query engine opens: released atoms and a manifest, nothing else.

DuckDB's settings are depth, not a boundary (duckdb.org/security): metadata functions stay open whatever is set. So
nothing that must not be seen is ever written into this file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from clean_room.calendar import Span

# Bump when the same events would give other atoms: the file is then built anew instead of continued.
BUILDER_VERSION = 2
ATOMS_TABLE = """
CREATE TABLE atoms (
    shape VARCHAR, placement_type VARCHAR, sku_id VARCHAR, first_day DATE, last_day DATE,
    exact_sku BOOLEAN, exact_placement BOOLEAN, exact_month BOOLEAN, exact_week BOOLEAN, exact_day BOOLEAN,
    impressions BIGINT, clicks BIGINT, conversions BIGINT, revenue BIGINT, cost BIGINT, draws INTEGER
)"""
MANIFEST_TABLE = """
CREATE TABLE manifest (
    retailer_id VARCHAR, brand_id VARCHAR, policy_version VARCHAR, policy_sha256 VARCHAR, builder_version INTEGER,
    market_sha256 VARCHAR, events_sha256 VARCHAR, first_day DATE, last_day DATE
)"""
LOCKED_DOWN: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_extension_repositories": "forbidden",
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "temp_directory": "",
    "memory_limit": "512MB",
    "threads": 1,
    "lock_configuration": True,
}


@dataclass(frozen=True)
class Manifest:
    """What the atoms were made of. `first_day` and `last_day` are the snapshot's days, which are public."""

    retailer_id: str
    brand_id: str
    policy_version: str
    policy_sha256: str
    builder_version: int
    market_sha256: str
    events_sha256: str
    first_day: date
    last_day: date

    @property
    def snapshot(self) -> Span:
        return Span(self.first_day, self.last_day)


def write_atoms(path: Path, atoms: pd.DataFrame, manifest: Manifest) -> None:
    """Raises duckdb.Error when not all of it could be written."""
    with duckdb.connect(str(path)) as connection:
        create_atoms(connection, atoms)
        connection.execute(MANIFEST_TABLE)
        values = list(asdict(manifest).values())
        connection.execute(f"INSERT INTO manifest VALUES ({', '.join('?' * len(values))})", values)
        # Without this it is left to the closing, which on a full disk fails in silence and leaves an empty file.
        connection.execute("CHECKPOINT")


def create_atoms(connection: duckdb.DuckDBPyConnection, atoms: pd.DataFrame) -> None:
    connection.execute(ATOMS_TABLE)
    connection.register("released", atoms)
    connection.execute("INSERT INTO atoms SELECT * FROM released")
    connection.unregister("released")


@contextmanager
def open_atoms(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection that can reach no file, extension or setting."""
    with duckdb.connect(os.fspath(path), read_only=True, config=LOCKED_DOWN) as connection:
        yield connection


def read_manifest(connection: duckdb.DuckDBPyConnection) -> Manifest:
    (row,) = connection.execute("SELECT * FROM manifest").fetchall()
    return Manifest(*row)
