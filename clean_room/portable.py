"""The one query of `answer`, written once in Ibis: it runs wherever a copy of a clean room's atoms is kept.

The same rows come out as from `answer`. Counts are exact everywhere: what is told is counted with one yes or no per
placement, because a distinct count becomes approximate on some engines (Ibis writes ClickHouse's `uniq` for `nunique`).
Literals are written into the SQL: dates, and names from enums. So this module takes plans, and never a caller's text.
"""

import functools
import operator
from typing import Any

from clean_room.answer import Row, asked_spans, exact_column
from clean_room.calendar import Span
from clean_room.query_plan import QueryPlan
from clean_room.release import EXACT_COLUMNS, Shape
from schemas.clean_room import Dimension, Metric
from schemas.errors import DataMissing, InputInvalid
from schemas.tasks import PlacementType

try:
    import ibis
    import ibis.expr.types as ir
except ImportError as error:
    raise DataMissing(
        f"other engines need the package of {error.name!r}: pip install -e '.[engines]' -c constraints.txt"
    ) from error

# Compiled in the tests; DuckDB and SQLite are also executed there and compared with `answer`.
DIALECTS = (
    "athena", "bigquery", "clickhouse", "databricks", "duckdb", "mssql", "mysql", "oracle", "postgres", "snowflake",
    "sqlite", "trino",
)  # fmt: skip
ATOMS = ibis.table(
    {
        "shape": "string",
        "placement_type": "string",
        "sku_id": "string",
        "first_day": "date",
        "last_day": "date",
        **dict.fromkeys(EXACT_COLUMNS, "boolean"),
        **{metric.value: "int64" for metric in Metric},
        "draws": "int64",
    },
    name="atoms",
)
ALL_SKUS = ""


def rows_on(backend: Any, plan: QueryPlan, snapshot: Span) -> list[Row]:
    """The plan's rows from an Ibis connection that has the table `atoms`; backends share no type, hence Any."""
    found = backend.to_pyarrow(answer_table(plan, snapshot)).to_pylist()
    return [{name: _plain(value) for name, value in row.items()} for row in found]


def compiled(plan: QueryPlan, snapshot: Span, dialect: str) -> str:
    """The plan as SQL over a table `atoms`. Raises InputInvalid for a dialect that was never tried."""
    if dialect not in DIALECTS:
        raise InputInvalid(f"{dialect!r} is no dialect we compile; there are {', '.join(DIALECTS)}")
    return str(ibis.to_sql(answer_table(plan, snapshot), dialect=dialect))


def answer_table(plan: QueryPlan, snapshot: Span) -> ir.Table:
    """See `answer.answer_rows` for what is told and what is withheld."""
    asked = plan.request
    by_sku, by_placement = Dimension.SKU_ID in asked.group_by, Dimension.PLACEMENT_TYPE in asked.group_by
    placements = [placement.value for placement in asked.filters.placement_type]
    named = _named(Shape.SKU if by_sku else Shape.PLACEMENT, placements)
    inside = named.mutate(date=_period(named, asked_spans(plan, snapshot)))
    inside = inside.filter(inside.date.notnull())
    if by_placement or not plan.names_every_placement:
        inside = inside.filter(inside.placement_type.notnull())
    keys = [key.value for key in asked.group_by]
    cells = inside.join(_needed(named, len(placements)), "sku").aggregate(
        by=keys,
        atoms=lambda t: t.count(),
        exact=lambda t: t[exact_column(plan)].ifelse(1, 0).min(),
        wanted=lambda t: t.wanted.max(),
        **_told(),
        **{metric.value: _summed(metric) for metric in asked.metrics},
    )
    told = cells.filter((cells.atoms > 0) & (cells.exact == 1))
    if not by_placement:
        told = told.filter(_own(told) + told.pools == told.wanted)
    shown = told.select(*keys, *(metric.value for metric in asked.metrics))
    return shown.order_by(keys) if keys else shown


def _named(shape: Shape, placements: list[str]) -> ir.Table:
    """The atoms of this shape with a named placement, or that pool placements; `sku` is never NULL, for the join."""
    atoms = ATOMS.filter(ATOMS.shape == shape.value)
    if shape is Shape.SKU:
        atoms = atoms.filter(atoms.sku_id.notnull())
    atoms = atoms.filter(atoms.placement_type.isnull() | atoms.placement_type.isin(placements))
    return atoms.mutate(sku=atoms.sku_id.fill_null(ALL_SKUS))


def _period(atoms: ir.Table, spans: list[Span]) -> ir.Value:
    """The first day of the asked period that an atom lies inside; NULL outside all of them."""
    branches = [
        ((atoms.first_day >= _day(span.first)) & (atoms.last_day <= _day(span.last)), _day(span.first))
        for span in spans
    ]
    return ibis.cases(*branches) if branches else ibis.null("date")


def _needed(named: ir.Table, named_count: int) -> ir.Table:
    """Per SKU, of how many parts all the named placements together consist."""
    parts = named.group_by("sku").aggregate(**_told())
    own = _own(parts)
    pools = ((parts.pools == 1) & (own < named_count)).ifelse(1, 0)
    return parts.select("sku", wanted=own + pools)


def _told() -> dict[str, Any]:
    """One exact yes or no per placement, and one for pools, as 1 or 0."""
    return {
        **{_flag(placement): _any_of(placement) for placement in PlacementType},
        "pools": lambda t: t.placement_type.isnull().ifelse(1, 0).max(),
    }


def _any_of(placement: PlacementType) -> Any:
    return lambda t: (t.placement_type.fill_null("") == placement.value).ifelse(1, 0).max()


def _summed(metric: Metric) -> Any:
    return lambda t: t[metric.value].sum().cast("int64")


def _own(parts: ir.Table) -> Any:
    return functools.reduce(operator.add, (parts[_flag(placement)] for placement in PlacementType))


def _flag(placement: PlacementType) -> str:
    return f"has_{placement.value}"


def _day(day: object) -> ir.Value:
    return ibis.date(str(day))


def _plain(value: Any) -> str | int:
    return value if isinstance(value, (str, int)) else str(value.isoformat())
