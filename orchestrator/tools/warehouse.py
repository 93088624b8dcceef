"""One DuckDB file with what a brand may see: networks' delivery and the catalogue in `raw`, its own feed in `private`.

The retailers' event log never enters it; that is behind the clean room.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import DataMissing, InputInvalid
from schemas.rmis import RMIS_FIELDS

# Nothing that is asked of the warehouse reaches another file, the network or a Python variable.
_LOCKED: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": "false"}


class Warehouse:
    """A context manager over one file; tables appear as they are loaded, and loading again replaces them."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._con = duckdb.connect(path, config=_LOCKED)
        except duckdb.IOException as error:
            first_line = str(error).splitlines()[0]
            raise InputInvalid(f"cannot open the warehouse {str(path)!r}: {first_line}") from error
        self.path = path
        self._con.execute("CREATE SCHEMA IF NOT EXISTS raw")
        self._con.execute("CREATE SCHEMA IF NOT EXISTS private")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._con.close()

    def load_rmis(self, parquet: Path) -> int:
        """Add a harmonised file and return its rows; the same retailer's file of the same name is replaced.

        Two views of one delivery have different names: load one of them, or their sum counts everything twice.
        """
        records = _table(parquet, "python -m orchestrator harmonize FILE --out RMIS.parquet")
        absent = [field for field in RMIS_FIELDS if field not in records.column_names]
        if absent:
            raise InputInvalid(f"{str(parquet)!r} is no RMIS file: it has no {', '.join(absent)}")
        with self._view(records.select(list(RMIS_FIELDS))) as view:
            self._con.execute(f"CREATE TABLE IF NOT EXISTS raw.delivery AS SELECT * FROM {view} LIMIT 0")
            self._con.begin()
            try:
                self._con.execute(
                    "DELETE FROM raw.delivery WHERE (retailer_id, source_file) IN "
                    f"(SELECT DISTINCT retailer_id, source_file FROM {view})"
                )
                self._con.execute(f"INSERT INTO raw.delivery BY NAME SELECT * FROM {view}")
            except duckdb.Error as error:
                self._con.rollback()
                raise InputInvalid(
                    f"{str(parquet)!r} does not fit the delivery: {str(error).splitlines()[0]}"
                ) from error
            self._con.commit()
        return int(records.num_rows)

    def load_catalogue(self, market_dir: Path) -> None:
        self._replace("raw.catalogue", market_dir / "catalogue.parquet", market_dir)

    def load_private(self, market_dir: Path, brand_id: str) -> None:
        """The brand's feed over history, and its view of the campaign window after it."""
        self._replace("private.feed", market_dir / "private" / f"{brand_id}.parquet", market_dir)
        self._replace("private.outlook", market_dir / "private" / f"{brand_id}_outlook.parquet", market_dir)

    def delivery(self) -> pd.DataFrame:
        """RMIS columns, in the order of the calendar."""
        return self._read("raw.delivery", "date, retailer_id, sku_id, placement_type, source_line")

    def catalogue(self) -> pd.DataFrame:
        return self._read("raw.catalogue", "sku_id")

    def private_feed(self) -> pd.DataFrame:
        return self._read("private.feed", "date, retailer_id, sku_id")

    def outlook(self) -> pd.DataFrame:
        return self._read("private.outlook", "retailer_id, sku_id")

    def frame(self, query: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> pd.DataFrame:
        """One SELECT, with `?` or `$name` for its parameters; dates come as `datetime.date`. Raises InputInvalid."""
        try:
            statements = self._con.extract_statements(query)
        except duckdb.Error as error:
            raise InputInvalid(f"not a query: {str(error).splitlines()[0]}") from error
        if len(statements) != 1 or statements[0].type is not duckdb.StatementType.SELECT:
            raise InputInvalid(f"the warehouse answers one SELECT at a time, not {query[:80]!r}")
        try:
            answer: pa.Table = self._con.sql(query, params=parameters or None).to_arrow_table()
        except duckdb.Error as error:
            raise InputInvalid(f"the query failed: {str(error).splitlines()[0]}") from error
        frame: pd.DataFrame = answer.to_pandas()
        return frame

    def _read(self, table: str, order: str) -> pd.DataFrame:
        schema, name = table.split(".")
        known = self._con.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [schema, name]
        ).fetchall()[0][0]
        if not known:
            raise DataMissing(f"nothing is loaded into {table} of {str(self.path)!r} yet; load it first")
        return self.frame(f"SELECT * FROM {table} ORDER BY {order}")

    def _replace(self, table: str, parquet: Path, market_dir: Path) -> None:
        content = _table(parquet, f"python -m data generate --out {market_dir}")
        with self._view(content) as view:
            self._con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {view}")

    def _view(self, table: pa.Table) -> "_RegisteredView":
        return _RegisteredView(self._con, table)


class _RegisteredView:
    """A table from memory under a name, for as long as it is needed."""

    NAME = "incoming"

    def __init__(self, con: duckdb.DuckDBPyConnection, table: pa.Table) -> None:
        self._con = con
        self._table = table

    def __enter__(self) -> str:
        self._con.register(self.NAME, self._table)
        return self.NAME

    def __exit__(self, *failure: object) -> None:
        self._con.unregister(self.NAME)


def _table(parquet: Path, command: str) -> pa.Table:
    """Raises DataMissing naming the command that makes the file, InputInvalid where it is damaged."""
    if not parquet.is_file():
        raise DataMissing(f"no file {str(parquet)!r}; make it with `{command}`")
    try:
        return pq.read_table(parquet)
    except (pa.ArrowException, OSError) as error:
        raise InputInvalid(
            f"{str(parquet)!r} is not a readable Parquet file; make it again with `{command}`"
        ) from error
