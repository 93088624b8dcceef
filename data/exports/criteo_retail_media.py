"""Criteo Retail Media, product report by day and page type (API 2027-01 names, and the older adv* ones for reading).

The attribution window is chosen in the report request and the file does not state it; neither does it state a
currency, which is the account's. The placement follows from the media type and the page the ad was on.
"""

import pandas as pd

from data.exports.amounts import amounts, ratios
from data.exports.campaigns import network_id
from data.exports.report_schema import ReportColumn, ReportSchema, unused
from schemas.rmis import PlacementVocabulary, SourceField
from schemas.tasks import PlacementType

PAGE_TYPES = {
    PlacementType.SPONSORED_SEARCH: "search",
    PlacementType.SPONSORED_DISPLAY: "home",
    PlacementType.SPONSORED_NATIVE: "productDetail",
}
MEDIA_TYPES = {
    PlacementType.SPONSORED_SEARCH: "sponsoredProducts",
    PlacementType.SPONSORED_DISPLAY: "display",
    PlacementType.SPONSORED_NATIVE: "sponsoredProducts",
}

SCHEMA = ReportSchema(
    network="criteo_retail_media",
    extension="csv",
    columns=(
        ReportColumn("date", SourceField.DATE),
        ReportColumn("productId", SourceField.SKU_ID),
        ReportColumn("advProductId", SourceField.SKU_ID),
        ReportColumn("mediaType", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.MEDIA_TYPE),
        ReportColumn("pageType", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.PAGE_TYPE),
        ReportColumn("pageTypeName", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.PAGE_TYPE),
        # Product reports often come without the page; then the campaign's name is all there is.
        ReportColumn("campaignName", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.CAMPAIGN),
        ReportColumn("impressions", SourceField.IMPRESSIONS),
        ReportColumn("clicks", SourceField.CLICKS),
        ReportColumn("spend", SourceField.COST),
        ReportColumn("attributedOrders", SourceField.CONVERSIONS),
        ReportColumn("attributedUnits", SourceField.UNITS),
        ReportColumn("attributedSales", SourceField.REVENUE),
        *unused("accountId", "accountName", "campaignId", "campaignTypeName", "lineItemId"),
        *unused("lineItemName", "retailerId", "retailerName", "brandId", "brandName", "productCategory"),
        *unused("productName", "advProductName", "advProductCategory", "salesChannel", "environment", "keyword"),
        *unused("searchTerm", "buyType", "creativeId", "assistedSales", "assistedUnits", "newToBrandAttributedSales"),
        *unused("uniqueVisitors", "frequency", "winRate", "videoViewability", "ctr", "cpc", "cpm", "cpo", "roas"),
    ),
    signature=frozenset({"spend", "attributedSales", "attributedOrders"}),
)


def report(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "date": rows["date"].map(lambda day: day.isoformat()),
            "accountId": network_id("account", rows["brand_id"].iloc[0]) if len(rows) else "",
            "campaignId": rows["campaign_id"],
            "campaignName": rows["campaign"],
            "lineItemId": rows["ad_group_id"],
            "lineItemName": rows["product_line"],
            "retailerName": rows["retailer_id"],
            "brandName": rows["brand_name"],
            "productId": rows["sku_id"],
            "productName": rows["product_name"],
            "productCategory": rows["category"],
            "salesChannel": "online",
            "mediaType": rows["placement_type"].map(MEDIA_TYPES),
            "pageType": rows["placement_type"].map(PAGE_TYPES),
            "impressions": rows["impressions"],
            "clicks": rows["clicks"],
            "spend": amounts(rows["cost_micros"]),
            "attributedSales": amounts(rows["revenue_micros"]),
            "attributedUnits": rows["units"],
            "attributedOrders": rows["conversions"],
            "ctr": ratios(rows["clicks"], rows["impressions"], 6),
            "cpc": ratios(rows["cost_micros"] / 1e6, rows["clicks"]),
            "roas": ratios(rows["revenue_micros"], rows["cost_micros"]),
        }
    )
