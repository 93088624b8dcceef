"""The Amazon Ads console's "Sponsored Products advertised product" workbook.

Amounts are texts with their symbol ("$ 16.22"), ratios are percent texts, and "7 Day Total Sales " ends in a space.
Sponsored Products uses 7 days for sellers; Sponsored Display workbooks name 14 days in the same places.
"""

import pandas as pd

from data.exports.amounts import amounts, percents, ratios
from data.exports.report_schema import ReportColumn, ReportSchema, unused, windowed
from schemas.rmis import MatchLevel, PlacementVocabulary, SourceField

WINDOWS = (7, 14)

SCHEMA = ReportSchema(
    network="amazon_console",
    extension="xlsx",
    columns=(
        ReportColumn("Date", SourceField.DATE),
        ReportColumn("Currency", SourceField.CURRENCY),
        ReportColumn("Campaign Name", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.CAMPAIGN),
        ReportColumn("Advertised SKU", SourceField.SKU_ID),
        ReportColumn("Advertised ASIN", SourceField.PRODUCT_ID),
        ReportColumn("Impressions", SourceField.IMPRESSIONS),
        ReportColumn("Clicks", SourceField.CLICKS),
        ReportColumn("Spend", SourceField.COST),
        *windowed("{} Day Total Orders (#)", SourceField.CONVERSIONS, WINDOWS),
        *windowed("{} Day Total Units (#)", SourceField.UNITS, WINDOWS),
        *windowed("{} Day Total Sales ", SourceField.REVENUE, WINDOWS),
        *unused("Portfolio name", "Ad Group Name", "Click-Thru Rate (CTR)", "Cost Per Click (CPC)"),
        *unused("Total Advertising Cost of Sales (ACOS)", "Total Advertising Cost of Sales (ACoS)"),
        *unused("Total Return on Advertising Spend (ROAS)", "Total Return on Advertising Spend (RoAS)"),
        *unused(*(f"{days} Day Conversion Rate" for days in WINDOWS)),
        *unused(*(f"{days} Day {whose} SKU Units (#)" for days in WINDOWS for whose in ("Advertised", "Other"))),
        *unused(*(f"{days} Day {whose} SKU Sales" for days in WINDOWS for whose in ("Advertised", "Other"))),
    ),
    signature=frozenset({"Campaign Name", "Advertised ASIN", "Spend"}),
    match_level=MatchLevel.BRAND,
)


def report(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Date": rows["date"],
            "Portfolio name": rows["brand_name"],
            "Currency": "USD",
            "Campaign Name": rows["campaign"],
            "Ad Group Name": rows["product_line"],
            "Advertised SKU": rows["sku_id"],
            "Advertised ASIN": rows["asin"],
            "Impressions": rows["impressions"],
            "Clicks": rows["clicks"],
            "Click-Thru Rate (CTR)": percents(rows["clicks"], rows["impressions"]),
            "Cost Per Click (CPC)": _dollars(ratios(rows["cost_micros"] / 1e6, rows["clicks"], 2)),
            "Spend": _dollars(amounts(rows["cost_micros"])),
            "7 Day Total Sales ": _dollars(amounts(rows["revenue_micros_7d"])),
            "Total Advertising Cost of Sales (ACOS)": percents(rows["cost_micros"], rows["revenue_micros_7d"]),
            "Total Return on Advertising Spend (ROAS)": ratios(rows["revenue_micros_7d"], rows["cost_micros"], 2),
            "7 Day Total Orders (#)": rows["conversions_7d"],
            "7 Day Total Units (#)": rows["units_7d"],
            "7 Day Conversion Rate": percents(rows["conversions_7d"], rows["clicks"]),
        }
    )


def _dollars(texts: list[str]) -> list[str]:
    return [f"$ {text}" if text else "" for text in texts]
