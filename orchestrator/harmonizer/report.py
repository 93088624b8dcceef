"""What became of a file, counted from the judged rows, and the rejects written so that they can be corrected."""

import csv
from pathlib import Path

import duckdb
import pyarrow.compute as pc

from data.exports.amounts import amount
from orchestrator.harmonizer.headers import header_name
from orchestrator.harmonizer.selection import Selection
from orchestrator.harmonizer.sniff import SourceTable

REJECT_COLUMNS = ("line", "reason", "row")
RETAILER_COLUMNS = ("retailer", "retailer name", "retailer id")
SHAPE = "row"
"""The name under which rows without the header's shape are counted."""


def write_rejects(con: duckdb.DuckDBPyConnection, table: SourceTable, path: Path) -> int:
    """A CSV of line, reason and the row as it stands in the file, in the file's order. Returns how many."""
    judged = con.execute(
        "SELECT line, array_to_string(reasons, '; '), raw FROM judged WHERE NOT is_totals AND len(reasons) > 0"
    ).fetchall()
    rejects = sorted([*judged, *((row.line, row.reason, row.raw) for row in table.broken)])
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(REJECT_COLUMNS)
        writer.writerows(rejects)
    return len(rejects)


def reject_reasons(con: duckdb.DuckDBPyConnection, table: SourceTable) -> dict[str, int]:
    """How many rows each field kept out, most first."""
    counted = con.execute(
        "SELECT split_part(reason, ' ', 1) AS field, count(*) AS rows FROM "
        "(SELECT unnest(reasons) AS reason FROM judged WHERE NOT is_totals) GROUP BY field ORDER BY rows DESC, field"
    ).fetchall()
    return dict(counted) | ({SHAPE: len(table.broken)} if table.broken else {})


def totals_lines(con: duckdb.DuckDBPyConnection, table: SourceTable) -> tuple[int, ...]:
    found = con.execute("SELECT line FROM judged WHERE is_totals").fetchall()
    return tuple(sorted([*table.totals_lines, *(line for (line,) in found)]))


def records_by(con: duckdb.DuckDBPyConnection, field: str) -> dict[str, int]:
    return dict(
        con.execute(
            f"SELECT {field}, count(*) FROM judged WHERE NOT is_totals AND len(reasons) = 0 "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    )


def currency_warnings(con: duckdb.DuckDBPyConnection, assumed: str | None) -> list[str]:
    """`assumed`: the currency taken for rows that name none, where nobody said so."""
    warnings = []
    unstated = con.execute(
        "SELECT count(*) FROM judged WHERE stated_currency IS NULL AND NOT is_totals AND len(reasons) = 0"
    ).fetchall()[0][0]
    if unstated and assumed:
        warnings.append(f"{unstated} rows name no currency and are taken as {assumed}; say it with --currency")
    used = records_by(con, "currency")
    if len(used) > 1:
        told = ", ".join(f"{code} {rows}" for code, rows in used.items())
        warnings.append(f"mixed currencies ({told} rows): each row keeps its own; do not add them up")
    return warnings


def row_warnings(
    con: duckdb.DuckDBPyConnection, table: SourceTable, selection: Selection, has_catalogue: bool
) -> list[str]:
    warnings = []
    repeated = con.execute("SELECT count(*) - count(DISTINCT raw) FROM judged WHERE NOT is_totals").fetchall()[0][0]
    if repeated:
        warnings.append(f"{repeated} rows repeat another row exactly and are kept; was a part exported twice?")
    by_product = con.execute(
        "SELECT count(*) FROM judged WHERE sku_text IS NULL AND sku_id IS NOT NULL AND NOT is_totals"
    ).fetchall()[0][0]
    if by_product and not has_catalogue:
        warnings.append(f"{by_product} rows keep the network's product id as SKU; pass --catalogue to resolve it")
    return [*warnings, *_column_warnings(table, selection), *_totals_warning(con)]


def _column_warnings(table: SourceTable, selection: Selection) -> list[str]:
    warnings = []
    for use in selection.uses:
        if header_name(use.name).words in RETAILER_COLUMNS:
            named = pc.unique(table.cells.column(use.key)).to_pylist()
            if len(named) > 1:
                warnings.append(
                    f"column {use.column!r} names {len(named)} retailers ({', '.join(sorted(named)[:5])}); "
                    "all rows are taken as one, so export each by itself"
                )
        if use.status == "duplicate" and use.by != "report_schema":
            taken = selection.one(use.field)
            told = f"{taken.column!r} is used" if taken else "none is used"
            warnings.append(f"column {use.column!r} also looks like {use.field.value}; {told}")
    return warnings


def _totals_warning(con: duckdb.DuckDBPyConnection) -> list[str]:
    """A total that the rows do not add up to means rows are missing."""
    found = con.execute("SELECT line, cost FROM judged WHERE is_totals AND cost IS NOT NULL").fetchall()
    summed = con.execute("SELECT sum(cost), count(DISTINCT currency) FROM judged WHERE NOT is_totals").fetchall()[0]
    if len(found) != 1 or summed[1] != 1 or found[0][1] == summed[0]:
        return []
    line, stated = found[0]
    return [
        f"the totals row in line {line} states cost {amount(stated)}; the rows add up to {amount(int(summed[0] or 0))}"
    ]
