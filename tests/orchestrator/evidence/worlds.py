"""A simulated world, and what each arm sees of it."""

from datetime import date
from functools import cache
from typing import Any

import pandas as pd

from data.market import Market, MarketParameters, simulate
from orchestrator.evidence import CleanRoomObservation, FullObservation
from schemas.brief import CampaignBrief
from schemas.plan import Plan

BRAND = "brand_x"
THRESHOLD = 100


@cache
def world(seed: int = 1, **parameters: Any) -> Market:
    return simulate(MarketParameters(seed=seed, **parameters))


def brief(**changed: Any) -> CampaignBrief:
    fields = {
        "name": "Spring",
        "brand_id": BRAND,
        "text": "Grow profit.",
        "budget": 6000,
        "start": date(2026, 4, 6),
        "end": date(2026, 5, 3),
        "retailers": ("retailer_a", "retailer_b"),
        "max_change_share": 0.5,
    }
    return CampaignBrief.model_validate(fields | changed)


def plan(of: CampaignBrief) -> Plan:
    return Plan(
        objective=of.objective,
        pacing=of.pacing,
        budget_micros=of.budget_micros,
        currency=of.currency,
        start=of.start,
        end=of.end,
        retailers=of.retailers,
        placements=of.placements,
        lead_placement=of.placements[0],
        categories=of.categories,
    )


def full_observation(market: Market) -> FullObservation:
    return FullObservation(
        delivery=market.delivery(BRAND).rename(columns={"revenue_micros": "revenue", "cost_micros": "cost"}),
        private_feed=market.private_feed(BRAND),
        outlook=market.outlook(BRAND),
        catalogue=own_products(market),
    )


def own_products(market: Market) -> pd.DataFrame:
    return market.catalogue[market.catalogue["brand_id"] == BRAND]


def clean_room_observation(market: Market) -> CleanRoomObservation:
    """Weeks by placement at both retailers and months by SKU at the first, cells under the threshold left out."""
    events = market.events()
    events = events[events["brand_id"] == BRAND].rename(columns={"revenue_micros": "revenue", "cost_micros": "cost"})
    day = pd.to_datetime(events["date"])
    weekly = events.assign(date=day.dt.to_period("W-SUN").dt.start_time)
    monthly = events.assign(date=day.dt.to_period("M").dt.start_time)
    monthly = monthly[monthly["retailer_id"] == "retailer_a"]
    rows = _released(weekly, ["retailer_id", "date", "placement_type"])
    rows += _released(monthly, ["retailer_id", "date", "placement_type", "sku_id"])
    cells = events.groupby(["retailer_id", "sku_id", "placement_type"], as_index=False)["cost"].sum()
    return CleanRoomObservation(rows=tuple(rows), catalogue=own_products(market), cells=cells)


def _released(events: pd.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    metrics = ["impressions", "clicks", "conversions", "revenue", "cost"]
    grouped = events.groupby(by)
    enough = (grouped.size() >= THRESHOLD) & (grouped["customer_id"].nunique() >= THRESHOLD)
    answer = grouped[metrics].sum()[enough].reset_index()
    answer["date"] = answer["date"].dt.date.astype(str)
    return [{str(name): value for name, value in row.items()} for row in answer.to_dict("records")]
