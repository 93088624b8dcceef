"""What is compared: simulated markets, and from the Complete Journey tables the whole store and one brand in it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from data.calibration.measures import measured
from data.complete_journey import MEMORY_LIMIT, NOT_PRODUCTS, package_tables
from data.market import Market, MarketParameters, load_market, simulate
from schemas.errors import DataMissing
from schemas.units import MICROS_PER_UNIT

SEEDS = range(5)
BRAND_SKUS = 100
LINES = """
    CREATE OR REPLACE TEMP VIEW lines AS
    SELECT product_id AS sku, 1 AS lines, quantity AS units, sales_value AS sales,
           retail_disc AS discount, retail_disc > 0 AS is_promoted
    FROM transactions JOIN chosen USING (product_id)
    WHERE quantity > 0
"""


@dataclass(frozen=True)
class Profile:
    """`simulated`: one entry per market and retailer. The Complete Journey sides are None where its package is absent,
    and `hint` says how to get it."""

    simulated: tuple[dict[str, float], ...]
    simulated_from: str
    store: dict[str, float] | None
    brand: dict[str, float] | None
    hint: str | None


def market_profile(market_dir: Path | None) -> Profile:
    """Of the market in the directory, or of the default one for each of `SEEDS`."""
    if market_dir is not None:
        markets = [load_market(market_dir)]
        named = f"the market with seed {markets[0].parameters.seed}"
    else:
        markets = [simulate(MarketParameters(seed=seed)) for seed in SEEDS]
        named = f"default markets, seeds {SEEDS[0]} to {SEEDS[-1]}"
    simulated = tuple(side for market in markets for side in _simulated(market))
    try:
        folder = package_tables()
    except DataMissing as missing:
        return Profile(simulated, named, None, None, str(missing))
    store, brand = _complete_journey(folder)
    return Profile(simulated, named, store, brand, None)


def _simulated(market: Market) -> list[dict[str, float]]:
    """Each retailer's shelf, both brands together; a unit is a purchase, the highest price is the regular one."""
    feeds = pd.concat([market.private_feed(brand_id) for brand_id in market.brand_ids])
    price = feeds["price_micros"] / MICROS_PER_UNIT
    regular = price.groupby([feeds["retailer_id"], feeds["sku_id"]]).transform("max")
    lines = pd.DataFrame(
        {
            "retailer_id": feeds["retailer_id"],
            "sku": feeds["sku_id"],
            "lines": feeds["units"],
            "units": feeds["units"],
            "sales": feeds["units"] * price,
            "discount": feeds["units"] * (regular - price),
            "is_promoted": feeds["promo_flag"],
        }
    )
    return [_measured_frame(of_retailer) for _, of_retailer in lines.groupby("retailer_id")]


def _measured_frame(lines: pd.DataFrame) -> dict[str, float]:
    with duckdb.connect() as connection:
        connection.register("lines", lines)
        return measured(connection)


def _complete_journey(folder: Path) -> tuple[dict[str, float], dict[str, float]]:
    """(all goods of the store, the best-selling SKUs of the manufacturer that sells most of them), over the year."""
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as connection:
        for table in ("transactions", "products"):
            connection.read_parquet(str(folder / f"{table}.parquet")).create_view(table)
        connection.execute(
            f"""
            CREATE TEMP TABLE goods AS
            SELECT product_id, any_value(manufacturer_id) AS manufacturer_id, sum(sales_value) AS sales
            FROM products JOIN transactions USING (product_id)
            WHERE product_category IS NOT NULL AND department NOT IN ({", ".join("?" * len(NOT_PRODUCTS))})
            GROUP BY product_id
            """,
            NOT_PRODUCTS,
        )
        store = _measured_choice(connection, "SELECT product_id FROM goods")
        brand = _measured_choice(
            connection,
            f"""
            SELECT product_id FROM goods
            WHERE manufacturer_id = (
                SELECT manufacturer_id FROM goods
                WHERE manufacturer_id NOT IN (SELECT manufacturer_id FROM products WHERE brand = 'Private')
                GROUP BY manufacturer_id ORDER BY sum(sales) DESC, manufacturer_id LIMIT 1
            )
            ORDER BY sales DESC, product_id LIMIT {BRAND_SKUS}
            """,
        )
        return store, brand


def _measured_choice(connection: duckdb.DuckDBPyConnection, products: str) -> dict[str, float]:
    connection.execute(f"CREATE OR REPLACE TEMP TABLE chosen AS {products}")
    connection.execute(LINES)
    return measured(connection)
