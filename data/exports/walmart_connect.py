"""Walmart Connect sponsored search, snapshot report v2 `adItem`. The campaign name carries the placement.

A snapshot holds the metrics that were asked for: ours has the 14- and 30-day windows; 3 days can be read too.
"""

import pandas as pd

from data.exports.amounts import amounts
from data.exports.report_schema import ReportColumn, ReportSchema, unused, windowed
from schemas.rmis import MatchLevel, PlacementVocabulary, SourceField

WINDOWS = (3, 14, 30)

SCHEMA = ReportSchema(
    network="walmart_connect",
    extension="csv",
    columns=(
        ReportColumn("date", SourceField.DATE),
        ReportColumn("campaignName", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.CAMPAIGN),
        ReportColumn("skuId", SourceField.SKU_ID),
        ReportColumn("itemId", SourceField.PRODUCT_ID),
        ReportColumn("numAdsShown", SourceField.IMPRESSIONS),
        ReportColumn("numAdsClicks", SourceField.CLICKS),
        ReportColumn("adSpend", SourceField.COST),
        *windowed("attributedOrders{}days", SourceField.CONVERSIONS, WINDOWS),
        *windowed("attributedUnits{}days", SourceField.UNITS, WINDOWS),
        *windowed("unitsSold{}days", SourceField.UNITS, WINDOWS),
        *windowed("attributedSales{}days", SourceField.REVENUE, WINDOWS),
        *unused("campaignId", "adGroupId", "adGroupName", "itemName", "itemImage", "bid"),
        *unused(
            *(
                f"{metric}{days}days"
                for days in WINDOWS
                for metric in (
                    *("advertisedSkuSales", "advertisedSkuUnits", "otherSkuSales", "otherSkuUnits"),
                    *("directAttributedSales", "brandAttributedSales", "relatedAttributedSales"),
                    *("inStoreAttributedSales", "inStoreAdvertisedSales", "inStoreOtherSales", "inStoreOrders"),
                    *("inStoreUnitsSold", "ntbOrders", "ntbUnits", "ntbRevenue"),
                )
            )
        ),
    ),
    signature=frozenset({"itemId", "numAdsShown", "adSpend"}),
    currency="USD",
    match_level=MatchLevel.BRAND,
)


def report(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": rows["date"].map(lambda day: day.isoformat()),
            "campaignId": rows["campaign_id"],
            "campaignName": rows["campaign"],
            "adGroupId": rows["ad_group_id"],
            "adGroupName": rows["product_line"],
            "itemId": rows["item_id"],
            "itemName": rows["product_name"],
            "skuId": rows["sku_id"],
            "numAdsShown": rows["impressions"],
            "numAdsClicks": rows["clicks"],
            "adSpend": amounts(rows["cost_micros"]),
            "attributedSales14days": amounts(rows["revenue_micros"]),
            "attributedSales30days": amounts(rows["revenue_micros_30d"]),
            "attributedOrders14days": rows["conversions"],
            "attributedOrders30days": rows["conversions_30d"],
            "attributedUnits14days": rows["units"],
            "attributedUnits30days": rows["units_30d"],
        }
    )
