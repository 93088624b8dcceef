"""The mapping applied in DuckDB: each row becomes a record, a totals row, or a reject that says what and why."""

from dataclasses import dataclass

import duckdb
import pandas as pd

from orchestrator.harmonizer import sql
from orchestrator.harmonizer.choices import Choices
from orchestrator.harmonizer.formats import Formats
from orchestrator.harmonizer.reading import read_columns
from orchestrator.harmonizer.reasons import QUOTED_MACRO, reject_reasons
from orchestrator.harmonizer.selection import Selection
from orchestrator.harmonizer.totals import TOTALS_PATTERN
from schemas.rmis import MatchLevel, MeasurementClass


@dataclass(frozen=True)
class Constants:
    """What is the same for every record of the file. `currency` stands in where a row names none."""

    retailer_id: str
    network: str
    source_file: str
    currency: str
    click_days: int | None
    match_level: MatchLevel | None


def judge_rows(
    con: duckdb.DuckDBPyConnection,
    selection: Selection,
    formats: Formats,
    constants: Constants,
    choices: Choices,
    catalogue: pd.DataFrame | None,
) -> None:
    """From the table `cells` make `judged`: the record's fields, `reasons` (fields that do not fit) and `is_totals`."""
    con.execute(QUOTED_MACRO)
    _load_identifiers(con, catalogue)
    placement = choices.placement.value if choices.placement else None
    con.execute(f"CREATE TEMP TABLE read AS SELECT line, raw, {read_columns(selection, formats, placement)} FROM cells")
    con.execute(
        "CREATE TEMP TABLE resolved AS SELECT read.*, coalesce(" + _resolution(catalogue is not None) + ") AS sku_id "
        "FROM read LEFT JOIN identifiers AS by_sku ON by_sku.id = read.sku_text "
        "LEFT JOIN identifiers AS by_product ON by_product.id = read.product_text"
    )
    reasons = ", ".join(reject_reasons(selection, formats, catalogue is not None))
    constant = (
        f"{sql.value(constants.retailer_id)} AS retailer_id, {sql.value(constants.network)} AS network, "
        f"{sql.value(constants.source_file)} AS source_file, {sql.value(constants.click_days)}::INTEGER AS click_days, "
        f"{sql.value(constants.match_level)}::VARCHAR AS match_level"
    )
    con.execute(
        f"CREATE TEMP TABLE judged AS SELECT *, coalesce(stated_currency, {sql.text(constants.currency)}) AS currency, "
        f"{constant}, date IS NULL AND coalesce(regexp_matches(lower(label), {sql.text(TOTALS_PATTERN)}), FALSE) "
        f"AS is_totals, list_filter([{reasons}], lambda reason: reason IS NOT NULL) AS reasons FROM resolved"
    )


RECORDS = f"""
SELECT date, retailer_id, sku_id, placement_type, impressions, clicks, conversions, units, revenue, cost, currency,
       click_days AS attribution_click_days, NULL::INTEGER AS attribution_view_days, match_level,
       '{MeasurementClass.ATTRIBUTED.value}' AS measurement_class, network, source_file, line AS source_line
FROM judged WHERE NOT is_totals AND len(reasons) = 0 ORDER BY line
"""


def _load_identifiers(con: duckdb.DuckDBPyConnection, catalogue: pd.DataFrame | None) -> None:
    """Every id a product goes by -> its SKU. A SKU's own id wins over another product's ASIN or item id."""
    con.execute("CREATE TEMP TABLE identifiers (id VARCHAR, sku_id VARCHAR)")
    if catalogue is None:
        return
    names = [name for name in ("sku_id", "asin", "item_id") if name in catalogue]
    products = catalogue[names].astype(str)
    con.register("products", products)
    listed = " UNION ALL ".join(
        f"SELECT {name} AS id, sku_id, {rank} AS rank FROM products WHERE {name} NOT IN ('', 'None', 'nan', '<NA>')"
        for rank, name in enumerate(names)
    )
    con.execute(f"INSERT INTO identifiers SELECT id, arg_min(sku_id, rank) FROM ({listed}) GROUP BY id")
    con.unregister("products")


def _resolution(has_catalogue: bool) -> str:
    return "by_sku.sku_id, by_product.sku_id" if has_catalogue else "sku_text, product_text"
