"""Raw event rows to clean events: one row per event, people told apart, nothing that could poison a sum."""

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from clean_room.calendar import Days
from schemas.clean_room import Metric
from schemas.errors import InputInvalid
from schemas.tasks import PlacementType

METRICS = tuple(Metric)
NO_SKU = -1
# No household's day is worth 100,000 units of currency, and ten million rows of this size still fit 64 bits.
LARGEST_VALUE = 10**11
# Written by systems that had no id. Together they count as at most one person, as in Google Ads Data Hub.
NIL_UUID = "00000000-0000-0000-0000-000000000000"
DEFAULT_IDS = ("", "0", "0.0", "-1", "null", "none", "nan", "n/a", "unknown", "anonymous", NIL_UUID)
MONEY_IN_MICROS = {Metric.REVENUE: "revenue_micros", Metric.COST: "cost_micros"}
HOUSEHOLD = "household_id"
REQUIRED = ("date", "placement_type", "customer_id")


@dataclass(frozen=True)
class Events:
    """Clean events as columns of equal length; `metrics` is (rows, metric) in the order of METRICS, money in micros."""

    days: Days
    placements: npt.NDArray[np.int64]
    skus: npt.NDArray[np.int64]
    people: npt.NDArray[np.int64]
    metrics: npt.NDArray[np.int64]
    placement_names: tuple[str, ...]
    sku_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.people)

    def take(self, rows: npt.NDArray[np.bool_]) -> "Events":
        return Events(
            self.days[rows],
            self.placements[rows],
            self.skus[rows],
            self.people[rows],
            self.metrics[rows],
            self.placement_names,
            self.sku_names,
        )


@dataclass(frozen=True)
class Cleaned:
    """The clean events, and how many raw rows were set aside: unusable ones and repeats of an event id."""

    events: Events
    quarantined: int
    repeated: int


def clean_events(connection: duckdb.DuckDBPyConnection, table: str) -> Cleaned:
    """Clean the rows of `table`, a name in `connection` and never a caller's text. Raises InputInvalid naming columns.

    A row is quarantined for a metric that is missing, not a whole number, negative or beyond LARGEST_VALUE, for an
    unknown placement, and for a missing day or event id. Where the log has a `household_id`, ids that it resolves to
    one household are one person.
    """
    columns = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {table}").fetchall()}
    sources = _metric_sources(columns)
    # Views, so that of a large log only the clean rows are ever held.
    connection.execute(f"CREATE OR REPLACE TEMP VIEW typed AS SELECT {_typed_columns(columns, sources)} FROM {table}")
    usable = " AND ".join(
        ["day IS NOT NULL", "event_id IS NOT NULL", f"placement_type IN ({_quoted(PlacementType)})"]
        + [_is_whole_amount(metric) for metric in METRICS]
    )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW usable AS SELECT * FROM typed WHERE coalesce({usable}, false)")
    once = _one_per_event_id(connection) if "event_id" in columns else ""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE clean AS SELECT * EXCLUDE (event_id) FROM usable {once}")
    rows = {name: _count(connection, name) for name in ("typed", "usable", "clean")}
    return Cleaned(_columns_of(connection), rows["typed"] - rows["usable"], rows["usable"] - rows["clean"])


def _one_per_event_id(connection: duckdb.DuckDBPyConnection) -> str:
    """Of rows that repeat an id with other values, always the same one is kept, whatever the file's order.

    A log that repeats none is not sorted: that would take most of the time and memory of a build.
    """
    ((rows, ids),) = connection.execute("SELECT count(*), count(DISTINCT event_id) FROM usable").fetchall()
    if rows == ids:
        return ""
    once = ", ".join(["day", "placement_type", "sku_id", "person", *map(str, METRICS)])
    return f"QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY {once}) = 1"


def _metric_sources(columns: dict[str, str]) -> dict[Metric, str]:
    """The raw column of each metric. Money is `revenue_micros`, `cost_micros` in an event log; an RMIS table's
    `revenue` and `cost` are micros too."""
    sources = {metric: str(metric) for metric in METRICS}
    sources |= {metric: name for metric, name in MONEY_IN_MICROS.items() if name in columns}
    missing = [name for name in (*REQUIRED, *sources.values()) if name not in columns]
    if missing:
        raise InputInvalid(f"the events have no column {', '.join(missing)}; their columns are {', '.join(columns)}")
    return sources


def _typed_columns(columns: dict[str, str], sources: dict[Metric, str]) -> str:
    person = _identity("customer_id")
    if HOUSEHOLD in columns:
        # A customer of several households counts to the first alone: one id is never more than one person.
        household = f"nullif({_identity(HOUSEHOLD)}, '')"
        of_customer = f"CASE WHEN {person} <> '' THEN min({household}) OVER (PARTITION BY {person}) END"
        person = f"coalesce('household ' || coalesce({of_customer}, {household}), {person})"
    return ", ".join(
        [
            f"{'CAST(event_id AS VARCHAR)' if 'event_id' in columns else quoted_text('')} AS event_id",
            "TRY_CAST(date AS DATE) AS day",
            "CAST(placement_type AS VARCHAR) AS placement_type",
            f"{'CAST(sku_id AS VARCHAR)' if 'sku_id' in columns else 'NULL'} AS sku_id",
            f"{person} AS person",
            *(f"TRY_CAST({source} AS DOUBLE) AS {metric}" for metric, source in sources.items()),
        ]
    )


def _identity(column: str) -> str:
    """An id in one spelling; '' for all that stand for nobody."""
    spelt = f"lower(trim(CAST({column} AS VARCHAR)))"
    defaults = ", ".join(map(quoted_text, DEFAULT_IDS))
    return f"CASE WHEN {spelt} IS NULL OR {spelt} IN ({defaults}) THEN '' ELSE {spelt} END"


def _is_whole_amount(metric: Metric) -> str:
    return f"isfinite({metric}) AND {metric} BETWEEN 0 AND {LARGEST_VALUE} AND {metric} = floor({metric})"


def _columns_of(connection: duckdb.DuckDBPyConnection) -> Events:
    skus = tuple(
        row[0]
        for row in connection.execute("SELECT DISTINCT sku_id FROM clean WHERE sku_id <> '' ORDER BY 1").fetchall()
    )
    placements = tuple(PlacementType)
    metrics = ", ".join(f"CAST({metric} AS BIGINT) AS {metric}" for metric in METRICS)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE people AS SELECT person, row_number() OVER () AS number "
        "FROM (SELECT DISTINCT person FROM clean)"
    )
    columns = connection.execute(
        f"SELECT day, list_position(?::VARCHAR[], placement_type) - 1 AS placement, "
        f"coalesce(list_position(?::VARCHAR[], sku_id) - 1, {NO_SKU}) AS sku, "
        f"number AS person, {metrics} FROM clean JOIN people USING (person)",
        [[str(placement) for placement in placements], list(skus)],
    ).fetchnumpy()
    return Events(
        days=np.asarray(columns["day"]).astype("datetime64[D]"),
        placements=np.asarray(columns["placement"]).astype(np.int64),
        skus=np.asarray(columns["sku"]).astype(np.int64),
        people=np.asarray(columns["person"]).astype(np.int64),
        metrics=np.column_stack([np.asarray(columns[str(metric)], dtype=np.int64) for metric in METRICS]),
        placement_names=tuple(str(placement) for placement in placements),
        sku_names=skus,
    )


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _quoted(values: type[PlacementType]) -> str:
    return ", ".join(quoted_text(str(value)) for value in values)


def quoted_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
