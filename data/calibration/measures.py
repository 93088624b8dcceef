"""The measures, in one place for every side: SQL over the table `lines`.

A row of `lines` is sales of one SKU at one price: `sku`, `lines` (purchases), `units`, `sales`, `discount` (what the
same units would have cost more at the regular price) and `is_promoted`.
"""

from dataclasses import dataclass

import duckdb

MIN_ROWS_FOR_SPREAD = 10  # of an SKU, so that the spread of its prices means something
SQL = f"""
    WITH sku AS (
        SELECT sku, sum(sales) AS sales, median(sales / units) AS price,
               CASE WHEN count(*) >= {MIN_ROWS_FOR_SPREAD} THEN stddev_samp(ln(sales / units)) END AS price_spread
        FROM lines WHERE units > 0 AND sales > 0 GROUP BY sku
    ), ranked AS (
        SELECT *, row_number() OVER (ORDER BY sales DESC, sku) AS place, count(*) OVER () AS skus FROM sku
    ), sizes AS (
        SELECT max(skus) AS skus,
               sum(sales) FILTER (place <= ceil(skus * 0.01)) / sum(sales) AS top_1_percent_share,
               sum(sales) FILTER (place <= ceil(skus * 0.10)) / sum(sales) AS top_10_percent_share,
               stddev_samp(ln(sales)) AS log_sales_sd,
               max(sales) / median(sales) AS largest_over_median,
               median(price) AS price_median,
               stddev_samp(ln(price)) AS log_price_sd,
               quantile_cont(price, 0.9) / quantile_cont(price, 0.1) AS price_p90_over_p10,
               avg(price_spread) AS log_price_sd_within_sku
        FROM ranked
    ), promotion AS (
        SELECT sum(lines) FILTER (is_promoted) / sum(lines) AS promoted_lines_share,
               sum(sales) FILTER (is_promoted) / sum(sales) AS promoted_sales_share,
               sum(discount) FILTER (is_promoted) / sum(sales + discount) FILTER (is_promoted) AS promotion_depth
        FROM lines WHERE units > 0 AND sales > 0
    )
    SELECT * FROM sizes, promotion
"""


@dataclass(frozen=True)
class Measure:
    name: str
    label: str
    is_share: bool = False


MEASURES = (
    Measure("skus", "SKUs sold"),
    Measure("top_1_percent_share", "sales of the largest 1 % of SKUs", is_share=True),
    Measure("top_10_percent_share", "sales of the largest 10 % of SKUs", is_share=True),
    Measure("log_sales_sd", "sd of log sales by SKU"),
    Measure("largest_over_median", "largest SKU over the median one"),
    Measure("promoted_lines_share", "purchases at a discount", is_share=True),
    Measure("promoted_sales_share", "sales at a discount", is_share=True),
    Measure("promotion_depth", "mean depth of those discounts", is_share=True),
    Measure("price_median", "median price, $"),
    Measure("log_price_sd", "sd of log price between SKUs"),
    Measure("price_p90_over_p10", "price: 90th over 10th percentile"),
    Measure("log_price_sd_within_sku", "sd of log price within an SKU"),
)


def measured(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    """Of the connection's table or view `lines`."""
    answer = connection.execute(SQL)
    names = [column[0] for column in answer.description or ()]
    [values] = answer.fetchall()
    return {name: float("nan") if value is None else float(value) for name, value in zip(names, values, strict=True)}
