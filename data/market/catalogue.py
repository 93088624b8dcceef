"""Two brands' products: brand > category > product line > SKU."""

import numpy as np
import pandas as pd

from data.market.draws import Draws
from data.market.parameters import MarketParameters
from schemas.brands import BRAND_RULES
from schemas.products import PRODUCT_LINES
from schemas.units import to_micros

BRANDS = ("brand_x", "brand_y")
VARIANTS = ("Original", "Organic", "Intense", "Light", "Vanilla", "Family", "Mini", "Classic")
PACKS = ("1 pack", "2 pack", "4 pack", "6 pack", "12 pack")
SKUS_PER_CATEGORY = 60  # at most, so that an SKU's neighbours stay few
USUAL_CATEGORIES = 4
KNUTH_MULTIPLIER = 2_654_435_761  # odd, so multiplying modulo 2**32 never gives one code to two products


def build_catalogue(parameters: MarketParameters) -> pd.DataFrame:
    """One row per SKU, in brand order; prices in micros, whole cents."""
    sizes = brand_sizes(parameters)
    return pd.concat([_brand_catalogue(parameters, brand_id, sizes) for brand_id in BRANDS], ignore_index=True)


def brand_sizes(parameters: MarketParameters) -> dict[str, int]:
    """SKUs per brand: the lead brand's share, and at least one each."""
    lead = min(max(round(parameters.skus * parameters.lead_brand_sku_share), 1), parameters.skus - 1)
    return {BRANDS[0]: lead, BRANDS[1]: parameters.skus - lead}


def _brand_catalogue(parameters: MarketParameters, brand_id: str, sizes: dict[str, int]) -> pd.DataFrame:
    count = sizes[brand_id]
    first = 0 if brand_id == BRANDS[0] else sizes[BRANDS[0]]
    prices = _list_prices(parameters, brand_id, count)
    rows = [_product(brand_id, number, first + number, count, price) for number, price in enumerate(prices)]
    return pd.DataFrame(rows)


def _product(brand_id: str, number: int, overall: int, count: int, price: float) -> dict[str, object]:
    categories = list(PRODUCT_LINES)[: _category_count(count)]
    category = categories[number % len(categories)]
    place = number // len(categories)
    lines = PRODUCT_LINES[category]
    line = lines[place % len(lines)]
    variant = VARIANTS[place // len(lines) % len(VARIANTS)]
    pack = PACKS[(number + place) % len(PACKS)]
    return {
        "sku_id": f"{brand_id.removeprefix('brand_').upper()}-{number + 1:04d}",
        "brand_id": brand_id,
        "product_name": f"{BRAND_RULES[brand_id].brand_name} {line} {variant} {pack}",
        "category": category,
        "product_line": line,
        "pack_size": pack,
        "list_price_micros": to_micros(f"{price:.2f}"),
        "asin": f"B0{(overall + 1) * KNUTH_MULTIPLIER % 2**32:08X}",
        "item_id": str(500_000_000 + overall * 7_919),
    }


def _category_count(count: int) -> int:
    wanted = max(USUAL_CATEGORIES, -(-count // SKUS_PER_CATEGORY))
    return min(wanted, count, len(PRODUCT_LINES))


def _list_prices(parameters: MarketParameters, brand_id: str, count: int) -> list[float]:
    normal = Draws(parameters.seed, brand_id).normal("list price", (count,))
    raw = parameters.price_median * np.exp(parameters.price_sigma * normal)
    return [max(round(value * 2) / 2, 2.0) - 0.01 for value in raw.tolist()]
