"""Sales without any treatment, to draw tests from. Axes: U units, D days."""

from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from data.complete_journey import MEMORY_LIMIT, PURCHASES, package_tables
from data.market import market_parameters, simulate
from orchestrator.tools.experiments.arrays import Floats

MARKET_SEEDS = range(3000, 3006)  # apart from the seeds that other commands tune and evaluate on
MARKET_DAYS = 44 * 7
MARKET_BRAND = "brand_x"
JOURNEY_WEEKS = range(2, 53)  # of the tables' 53, those with seven days
FEWEST_HOUSEHOLD_WEEKS = 26


@dataclass(frozen=True)
class Source:
    """`units` in words; a test takes its units from one of the tables. `small_UD`: small units, in words and sales.

    `basket`: how many units make one that is large enough to be followed alone.
    """

    name: str
    first_day: date
    units: str
    daily_UD: tuple[Floats, ...]
    basket: int = 1
    small_UD: tuple[str, tuple[Floats, ...]] | None = None


def market_source(seeds: range = MARKET_SEEDS, days: int = MARKET_DAYS) -> Source:
    """Units are retailer x SKU of one brand in several markets, without its randomised pauses."""
    tables = []
    for seed in seeds:
        parameters = market_parameters(seed=seed, days=days, paused_share=0.0)
        feed = simulate(parameters).private_feed(MARKET_BRAND)
        sales = feed["units"] * feed["price_micros"] / 1e6
        wide = feed.assign(sales=sales).pivot(index=["retailer_id", "sku_id"], columns="date", values="sales")
        tables.append(wide.to_numpy(float))
    return Source("market simulator", parameters.first_day, "SKUs", tuple(tables), basket=4)


def journey_source() -> Source:
    """Units are stores that sold in every week, or households that bought in half of them. Raises DataMissing."""
    folder = package_tables()
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.read_parquet(str(folder / "transactions.parquet")).create_view("transactions")
        connection.execute(PURCHASES)
        stores = _daily(connection, "store_id", len(JOURNEY_WEEKS))
        households = _daily(connection, "household_id", FEWEST_HOUSEHOLD_WEEKS)
        [(first_day,)] = connection.execute("SELECT min(date) FROM purchases WHERE week = 2").fetchall()
    return Source("Complete Journey", first_day, "stores", (stores,), small_UD=("households", (households,)))


def _daily(connection: duckdb.DuckDBPyConnection, unit: str, fewest_weeks: int) -> Floats:
    """(U, D): 0 on a day without a purchase."""
    weeks = f"week BETWEEN {JOURNEY_WEEKS[0]} AND {JOURNEY_WEEKS[-1]}"
    rows = connection.execute(
        f"""
        SELECT {unit} AS unit, date, sum(sales_value) AS sales FROM purchases WHERE {weeks} AND {unit} IN (
            SELECT {unit} FROM purchases WHERE {weeks} GROUP BY ALL HAVING count(DISTINCT week) >= {fewest_weeks}
        ) GROUP BY ALL
        """
    ).df()
    wide = rows.pivot(index="unit", columns="date", values="sales").sort_index()
    every_day = pd.date_range(wide.columns.min(), wide.columns.max())
    return np.asarray(wide.reindex(columns=every_day).fillna(0.0), dtype=float)


def weekly(daily_UD: Floats) -> Floats:
    weeks = daily_UD.shape[1] // 7
    return np.asarray(daily_UD[:, : weeks * 7].reshape(len(daily_UD), weeks, 7).sum(axis=2))
