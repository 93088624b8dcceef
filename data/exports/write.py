"""A brand's delivery, written once for each network it was reported by."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from data.exports import amazon_ads_v3, amazon_console, criteo_retail_media, walmart_connect
from data.exports.campaigns import brand_name, campaign_name, network_id
from data.exports.report_schema import ReportSchema
from data.exports.workbook import write_workbook

Report = Callable[[pd.DataFrame], pd.DataFrame]

NETWORK_PAIRS: tuple[tuple[tuple[ReportSchema, Report], ...], ...] = (
    ((amazon_ads_v3.SCHEMA, amazon_ads_v3.report), (amazon_console.SCHEMA, amazon_console.report)),
    (
        (criteo_retail_media.SCHEMA, criteo_retail_media.report),
        (walmart_connect.SCHEMA, walmart_connect.report),
    ),
)
"""Two views of the same delivery per retailer; retailers in order of their id take the pairs in turn."""

REPORT_SCHEMAS: dict[str, ReportSchema] = {schema.network: schema for pair in NETWORK_PAIRS for schema, _ in pair}


def write_exports(delivery: pd.DataFrame, catalogue: pd.DataFrame, brand_id: str, out_dir: Path) -> list[Path]:
    """Write `out_dir/<retailer_id>__<network>.<ext>` for every retailer in `delivery` and return the files.

    delivery: one row per day x SKU x placement with date, retailer_id, brand_id, sku_id, placement_type, impressions,
    clicks, conversions, units, revenue_micros and cost_micros at 14 days, and revenue_micros_7d, revenue_micros_30d,
    conversions_7d, conversions_30d. Units of the other windows are `units_7d` and `units_30d` where given, otherwise
    as many per order as at 14 days. catalogue: sku_id, product_name, category, product_line, asin, item_id.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    retailers = sorted(delivery["retailer_id"].unique())
    rows = _described(delivery[delivery["brand_id"] == brand_id], catalogue, brand_id)
    written: list[Path] = []
    for position, retailer_id in enumerate(retailers):
        at_retailer = rows[rows["retailer_id"] == retailer_id].reset_index(drop=True)
        for schema, report in NETWORK_PAIRS[position % len(NETWORK_PAIRS)]:
            path = out_dir / f"{retailer_id}__{schema.network}.{schema.extension}"
            _write(report(at_retailer), path)
            written.append(path)
    return written


def _described(delivery: pd.DataFrame, catalogue: pd.DataFrame, brand_id: str) -> pd.DataFrame:
    """The delivery with what reports say about each row's product and campaign, by day, SKU and placement."""
    products = catalogue[["sku_id", "product_name", "category", "product_line", "asin", "item_id"]]
    rows = delivery.merge(products, on="sku_id", how="left", validate="many_to_one")
    rows = rows.sort_values(["date", "sku_id", "placement_type"], kind="stable").reset_index(drop=True)
    keys = list(zip(rows["placement_type"], rows["category"], rows["product_line"], strict=True))
    campaigns = [campaign_name(brand_id, placement, category) for placement, category, _ in keys]
    return rows.assign(
        date=pd.to_datetime(rows["date"]).dt.date.astype(object),
        placement_type=rows["placement_type"].astype(str),
        brand_name=brand_name(brand_id),
        campaign=campaigns,
        campaign_id=[network_id(name) for name in campaigns],
        ad_group_id=[network_id(name, key[2]) for name, key in zip(campaigns, keys, strict=True)],
        units_7d=_units(rows, "7d"),
        units_30d=_units(rows, "30d"),
    )


def _units(rows: pd.DataFrame, window: str) -> pd.Series:
    given = f"units_{window}"
    if given in rows:
        return rows[given]
    orders = rows["conversions"].where(rows["conversions"] > 0, 1)
    return rows["units"] * rows[f"conversions_{window}"] // orders


def _write(report: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".xlsx":
        write_workbook(report, path)
    else:
        report.to_csv(path, index=False, lineterminator="\n")
