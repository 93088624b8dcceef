"""SQL where a value, a name or a whole request belongs; and SQL run by someone who took over the process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from tests.clean_room.attacks.asking import victim
from tests.clean_room.attacks.doors import Door, Engine
from tests.clean_room.attacks.hostile import HOSTILE, STATEMENTS
from tests.clean_room.attacks.learnt import Learnt
from tests.clean_room.worlds import exposures, request, with_ids

OPEN_FILES = (
    "SELECT * FROM read_text('{path}')",
    "SELECT * FROM read_blob('{path}')",
    "SELECT * FROM read_csv('{path}')",
    "SELECT * FROM sniff_csv('{path}')",
    "SELECT * FROM '{path}'",
    "SELECT * FROM glob('{folder}/*')",
    "ATTACH '{path}' AS other",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE SECRET one (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "SET enable_external_access = true",
)
METADATA = (
    "SELECT * FROM duckdb_tables()",
    "SELECT * FROM duckdb_columns()",
    "SELECT * FROM information_schema.columns",
    "SELECT * FROM duckdb_settings()",
    "SUMMARIZE {table}",
    "DESCRIBE {table}",
    "SELECT * FROM pragma_storage_info('{table}')",
    "SELECT * FROM query('FROM {table}')",
    "SELECT * FROM query_table('{table}')",
    "SELECT stats(revenue) FROM {table}",
    "EXPLAIN ANALYZE FROM {table}",
    "SELECT COLUMNS('.*') FROM {table}",
    "SELECT t FROM {table} t",
)
BELONGS_TO_SOMEBODY = ("household-", "victim", "event-", "secret-street", "Bold coffee")


def statements(engine: Engine) -> Learnt:
    """A request that is SQL, or has SQL for a name, a value, a key or a retailer, and the data afterwards."""
    door = engine.open(with_ids(exposures(150), victim()))
    before = door.query(request())
    asked = list(_with_sql())
    answered = sum(_tells_something(door, params) for params in asked)
    unharmed = door.query(request()) == before and before["status"] == "ok"
    return Learnt(len(asked), answered, float(answered), "answered", is_useful=unharmed)


def _with_sql() -> Iterator[Any]:
    for text in (*STATEMENTS, *HOSTILE):
        yield text
        yield request(metrics=[text])
        yield request(group_by=[text])
        yield request(filters={text: ["x"]})
        yield request(filters={"placement_type": [text]})
        yield request(retailer_id=text)
        yield request(period={"start": text, "end": "2026-04-30"})
        yield request(period={"start": "2026-01-01", "end": "2026-04-30", "grain": text})
        yield {**request(), text: text}


def _tells_something(door: Door, params: Any) -> bool:
    return bool(door.query(params).get("rows"))


def taken_over(engine: Engine) -> Learnt:
    """Every known way to a file, and every metadata function, on the connection that answers queries itself."""
    door = engine.open(with_ids(exposures(150), victim()))
    outside = Path(__file__)
    with engine.taken_over(door) as connection:
        (table, *_) = sorted(
            name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        )
        reached = sum(
            _worked(connection, sql.format(path=outside, folder="/nowhere")) is not None for sql in OPEN_FILES
        )
        told = [_worked(connection, sql.format(table=table)) for sql in METADATA]
    persons = sum(any(mark in (text or "") for mark in BELONGS_TO_SOMEBODY) for text in told)
    count = len(OPEN_FILES) + len(METADATA)
    detail = f"{reached} to files, {persons} to households"
    return Learnt(count, reached + persons, float(reached + persons), detail)


def _worked(connection: duckdb.DuckDBPyConnection, sql: str) -> str | None:
    try:
        return str(connection.execute(sql).fetchall())
    except duckdb.Error:
        return None
