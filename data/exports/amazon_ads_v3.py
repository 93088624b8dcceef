"""Amazon Ads reporting v3, `spAdvertisedProduct`. It has no placement: the campaign name carries it.

Column names: the report type's own constants. Windows of 1, 7, 14 and 30 days stand side by side; 14 is a vendor's.
"""

import pandas as pd

from data.exports.amounts import amounts, ratios
from data.exports.report_schema import ReportColumn, ReportSchema, unused, windowed
from schemas.rmis import MatchLevel, PlacementVocabulary, SourceField

WINDOWS = (1, 7, 14, 30)

SCHEMA = ReportSchema(
    network="amazon_ads_v3",
    extension="csv",
    columns=(
        ReportColumn("date", SourceField.DATE),
        ReportColumn("campaignName", SourceField.PLACEMENT_TYPE, vocabulary=PlacementVocabulary.CAMPAIGN),
        ReportColumn("campaignBudgetCurrencyCode", SourceField.CURRENCY),
        ReportColumn("advertisedSku", SourceField.SKU_ID),
        ReportColumn("advertisedAsin", SourceField.PRODUCT_ID),
        ReportColumn("impressions", SourceField.IMPRESSIONS),
        ReportColumn("clicks", SourceField.CLICKS),
        ReportColumn("cost", SourceField.COST),
        ReportColumn("spend", SourceField.COST),
        *windowed("purchases{}d", SourceField.CONVERSIONS, WINDOWS),
        *windowed("unitsSoldClicks{}d", SourceField.UNITS, WINDOWS),
        *windowed("sales{}d", SourceField.REVENUE, WINDOWS),
        *unused("campaignId", "campaignStatus", "campaignBudgetAmount", "campaignBudgetType", "adGroupName"),
        *unused("adGroupId", "adId", "portfolioId", "costPerClick", "clickThroughRate"),
        *unused("acosClicks7d", "acosClicks14d", "roasClicks7d", "roasClicks14d"),
        *unused("salesOtherSku7d", "unitsSoldOtherSku7d"),
        *unused(*(f"purchasesSameSku{days}d" for days in WINDOWS)),
        *unused(*(f"attributedSalesSameSku{days}d" for days in WINDOWS)),
        *unused(*(f"unitsSoldSameSku{days}d" for days in WINDOWS)),
    ),
    signature=frozenset({"campaignName", "advertisedAsin", "impressions"}),
    match_level=MatchLevel.BRAND,
)


def report(rows: pd.DataFrame) -> pd.DataFrame:
    cost = amounts(rows["cost_micros"])
    return pd.DataFrame(
        {
            "date": rows["date"].map(lambda day: day.isoformat()),
            "campaignName": rows["campaign"],
            "campaignId": rows["campaign_id"],
            "adGroupName": rows["product_line"],
            "adGroupId": rows["ad_group_id"],
            "campaignBudgetCurrencyCode": "USD",
            "advertisedAsin": rows["asin"],
            "advertisedSku": rows["sku_id"],
            "impressions": rows["impressions"],
            "clicks": rows["clicks"],
            "costPerClick": ratios(rows["cost_micros"] / 1e6, rows["clicks"]),
            "clickThroughRate": ratios(rows["clicks"] * 100, rows["impressions"]),
            "cost": cost,
            "spend": cost,
            "purchases7d": rows["conversions_7d"],
            "purchases14d": rows["conversions"],
            "purchases30d": rows["conversions_30d"],
            "unitsSoldClicks7d": rows["units_7d"],
            "unitsSoldClicks14d": rows["units"],
            "unitsSoldClicks30d": rows["units_30d"],
            "sales7d": amounts(rows["revenue_micros_7d"]),
            "sales14d": amounts(rows["revenue_micros"]),
            "sales30d": amounts(rows["revenue_micros_30d"]),
            "acosClicks14d": ratios(rows["cost_micros"] * 100, rows["revenue_micros"]),
            "roasClicks14d": ratios(rows["revenue_micros"], rows["cost_micros"]),
        }
    )
