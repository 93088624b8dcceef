"""One brand's rows of a market's event log, read where they lie: a view, so that a large log is never held whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

import duckdb

from clean_room.calendar import Span
from clean_room.cleaning import Cleaned, clean_events, quoted_text
from schemas.errors import DataMissing, InputInvalid

# Ten million events then build in less than 4 GB; what DuckDB needs beyond this it writes to its temporary folder.
MEMORY_LIMIT = "1500MB"


@dataclass(frozen=True)
class Source:
    """One brand's rows of a market's event log, as the view `events` of `connection`; digests are SHA-256."""

    connection: duckdb.DuckDBPyConnection
    brand_id: str
    market_sha256: str
    events_sha256: str
    days: dict[str, Span]
    """The days of each retailer's log, over all brands."""


@contextmanager
def open_source(market_dir: Path, brand_id: str) -> Iterator[Source]:
    """Raises DataMissing without a market there, InputInvalid for a brand or event log that cannot be used."""
    market, log = market_dir / "market.json", market_dir / "events.parquet"
    for path in (market, log):
        if not path.is_file():
            raise DataMissing(
                f"no {path.name} in {str(market_dir)!r}; make it with `python -m data generate --out DIR`"
            )
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        connection.execute("SET enable_progress_bar = false")
        days = _read_log(connection, log, brand_id)
        yield Source(connection, brand_id, _sha256(market), _sha256(log), days)


def _read_log(connection: duckdb.DuckDBPyConnection, log: Path, brand_id: str) -> dict[str, Span]:
    try:
        connection.execute(
            f"CREATE TEMP VIEW events AS SELECT * FROM read_parquet({quoted_text(str(log))}) "
            f"WHERE brand_id = {quoted_text(brand_id)}"
        )
        days = connection.execute(
            "SELECT retailer_id, min(TRY_CAST(date AS DATE)), max(TRY_CAST(date AS DATE)) FROM read_parquet(?) "
            "GROUP BY 1 HAVING count(TRY_CAST(date AS DATE)) > 0 ORDER BY 1",
            [str(log)],
        ).fetchall()
        brands = connection.execute("SELECT DISTINCT brand_id FROM read_parquet(?) ORDER BY 1", [str(log)]).fetchall()
    except duckdb.Error as error:
        raise InputInvalid(f"{str(log)!r} is not a Parquet event log with retailer_id, brand_id and date") from error
    if (brand_id,) not in brands:
        raise InputInvalid(f"the market has no brand {brand_id!r}; it has {', '.join(str(row[0]) for row in brands)}")
    return {retailer_id: Span(first, last) for retailer_id, first, last in days}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def clean_retailer(source: Source, retailer_id: str) -> Cleaned:
    of_retailer = f"SELECT * FROM events WHERE retailer_id = {quoted_text(retailer_id)}"
    source.connection.execute(f"CREATE OR REPLACE TEMP VIEW of_retailer AS {of_retailer}")
    return clean_events(source.connection, "of_retailer")
