"""A small delivery and its catalogue, with money that does not end at the cent."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from schemas.tasks import PlacementType

CATEGORIES = ("coffee", "snacks", "breakfast", "beverages")


def make_catalogue(skus: int = 6, brand_id: str = "brand_x") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sku_id": [f"XAN-{number:03d}" for number in range(skus)],
            "brand_id": brand_id,
            "product_name": [f'Xando Roast, "No. {number}"' for number in range(skus)],
            "category": [CATEGORIES[number % len(CATEGORIES)] for number in range(skus)],
            "product_line": [f"line {number % 3}" for number in range(skus)],
            "pack_size": "12 oz",
            "list_price_micros": 4_990_000,
            "asin": [f"B0XAN{number:05d}" for number in range(skus)],
            "item_id": [str(700_000_000 + number) for number in range(skus)],
        }
    )


def make_delivery(catalogue: pd.DataFrame, days: int = 15, seed: int = 7) -> pd.DataFrame:
    """Every SKU in every placement at retailer_a and retailer_b on each day from 2026-01-05."""
    rng = np.random.default_rng(seed)
    keys = [
        (date(2026, 1, 5) + timedelta(days=day), retailer, sku, placement.value)
        for day in range(days)
        for retailer in ("retailer_a", "retailer_b")
        for sku in catalogue["sku_id"]
        for placement in PlacementType
    ]
    rows = pd.DataFrame(keys, columns=["date", "retailer_id", "sku_id", "placement_type"])
    impressions = rng.integers(1, 4_000, len(rows))
    clicks = rng.binomial(impressions, 0.02)
    conversions = rng.binomial(clicks, 0.2)
    conversions_7d = rng.binomial(conversions, 0.8)
    conversions_30d = conversions + rng.binomial(clicks, 0.05)
    price = rng.integers(1_000_000, 30_000_000, len(rows))
    return rows.assign(
        brand_id=catalogue["brand_id"].iloc[0],
        impressions=impressions,
        clicks=clicks,
        conversions=conversions,
        units=conversions * rng.integers(1, 4, len(rows)),
        revenue_micros=conversions * price,
        revenue_micros_7d=conversions_7d * price,
        revenue_micros_30d=conversions_30d * price,
        conversions_7d=conversions_7d,
        conversions_30d=conversions_30d,
        cost_micros=clicks * rng.integers(200_000, 2_500_000, len(rows)),
    )
