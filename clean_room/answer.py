"""The one query that is ever run: a sum of whole atoms that lie inside the asked periods."""

from datetime import date

import duckdb

from clean_room.calendar import Span, spans_within
from clean_room.query_plan import QueryPlan
from clean_room.release import Shape
from schemas.clean_room import Dimension

Row = dict[str, str | int]

KEY_SQL = {
    Dimension.DATE: "spans.first_day",
    Dimension.PLACEMENT_TYPE: "named.placement_type",
    Dimension.SKU_ID: "named.sku_id",
}
# `named`: the atoms of this shape with a named placement, or that pool placements.
# `needed`: per SKU, what all the named placements together consist of.
ANSWER_SQL = """
WITH spans AS (SELECT unnest($starts::DATE[]) AS first_day, unnest($ends::DATE[]) AS last_day),
named AS (
    SELECT * FROM atoms
    WHERE shape = $shape AND ($shape <> 'sku' OR sku_id IS NOT NULL)
      AND (placement_type IS NULL OR list_contains($placements::VARCHAR[], placement_type))
),
needed AS (
    SELECT sku_id, count(DISTINCT placement_type) AS own, bool_or(placement_type IS NULL) AS pools
    FROM named GROUP BY sku_id
)
SELECT {columns}
FROM spans
JOIN named ON named.first_day >= spans.first_day AND named.last_day <= spans.last_day
JOIN needed ON needed.sku_id IS NOT DISTINCT FROM named.sku_id
WHERE named.placement_type IS NOT NULL OR $counts_pools
{grouped}
HAVING count(*) > 0 AND bool_and(named.{exact}) AND ($tells_placements OR {told} = {wanted})
{ordered}
"""
TOLD_PARTS = "count(DISTINCT named.placement_type) + bool_or(named.placement_type IS NULL)::INTEGER"
WANTED_PARTS = "any_value(needed.own) + (any_value(needed.pools) AND any_value(needed.own) < $named_count)::INTEGER"


def answer_rows(connection: duckdb.DuckDBPyConnection, plan: QueryPlan, snapshot: Span) -> list[Row]:
    """Values are bound, names come from enums. A cell without atoms has no row, whatever the reason.

    A row is its cell's exact sum: a sum over the part that happens to be released would read like a dip. So where
    `placement_type` is not told apart, a row needs every named placement. Only a row without date, over a part of the
    snapshot, may be less than all: it sums the atoms inside the period. Sums of noisy atoms come with their interval.
    """
    asked = plan.request
    keys = [KEY_SQL[key] for key in asked.group_by]
    sums = [f"CAST(sum(named.{metric.value}) AS BIGINT)" for metric in asked.metrics]
    spans = asked_spans(plan, snapshot)
    tells_placements = Dimension.PLACEMENT_TYPE in asked.group_by
    sql = ANSWER_SQL.format(
        columns=", ".join([*keys, *sums, "CAST(sum(named.draws) AS BIGINT)"]),
        grouped=f"GROUP BY {', '.join(keys)}" if keys else "",
        ordered=f"ORDER BY {', '.join(keys)}" if keys else "",
        exact=exact_column(plan),
        told=TOLD_PARTS,
        wanted=WANTED_PARTS,
    )
    values = {
        "starts": [span.first for span in spans],
        "ends": [span.last for span in spans],
        "shape": str(Shape.SKU if Dimension.SKU_ID in asked.group_by else Shape.PLACEMENT),
        "placements": [placement.value for placement in asked.filters.placement_type],
        "named_count": len(asked.filters.placement_type),
        "counts_pools": plan.names_every_placement and not tells_placements,
        "tells_placements": tells_placements,
    }
    names = [*(key.value for key in asked.group_by), *(metric.value for metric in asked.metrics)]
    found = connection.execute(sql, values).fetchall()
    return [
        {**dict(zip(names, map(_plain, values), strict=True)), **_half_widths(plan, draws)} for *values, draws in found
    ]


def _half_widths(plan: QueryPlan, draws: int) -> Row:
    terms = plan.policy.noise
    if terms is None:
        return {}
    return {f"{metric}_half_width_95": terms.half_width_95(metric, draws) for metric in plan.request.metrics}


def exact_column(plan: QueryPlan) -> str:
    """Which cell must be told exactly: the placement's or SKU's period, or all of it."""
    keys = plan.request.group_by
    if Dimension.DATE in keys:
        return f"exact_{plan.request.period.grain.value}"
    if Dimension.PLACEMENT_TYPE in keys or not plan.names_every_placement:
        return "exact_placement"
    return "exact_sku"


def asked_spans(plan: QueryPlan, snapshot: Span) -> list[Span]:
    period = Span(plan.request.period.start, plan.request.period.end)
    if Dimension.DATE in plan.request.group_by:
        return spans_within(period, plan.request.period.grain, snapshot)
    return [period]


def _plain(value: object) -> str | int:
    if isinstance(value, date):
        return value.isoformat()
    assert isinstance(value, (str, int))
    return value
