"""The household log and its daily sums as tables."""

import numpy as np
import pandas as pd

from data.market.draws import Draws, Ints
from data.market.exposures import households_per_retailer
from data.market.keys import Names, calendar, cell_columns
from data.market.world import BrandWorld

REGIONS = 40
CREATIVES = (
    "{product}: in stock and ready for your next basket.",
    "Meet {product}. Add it to this week's shop.",
    "{product}, for the days that need it.",
)


def event_table(worlds: tuple[BrandWorld, ...], catalogue: pd.DataFrame) -> pd.DataFrame:
    """Every brand's events in one log, by day; conversions and revenue are those of the 14 days after."""
    parts = [_events_of_brand(world, catalogue) for world in worlds]
    events = pd.concat(parts, ignore_index=True)
    events = events.sort_values(["date", "shuffle"], kind="stable", ignore_index=True).drop(columns="shuffle")
    numbers = pd.Series(np.arange(1, len(events) + 1)).astype(str).str.zfill(8)
    events.insert(0, "event_id", "ev_" + numbers)
    return events


def delivery_table(world: BrandWorld) -> pd.DataFrame:
    """One row per day and cell with any delivery: the sums of its events, per attribution window."""
    exposures, credit, traits = world.history.exposures, world.history.credit, world.traits
    days = world.parameters.days
    columns = {
        "impressions": exposures.impressions_E,
        "clicks": exposures.clicks_E,
        "conversions": credit.orders_E[14],
        "units": credit.units_E[14],
        "revenue_micros": credit.revenue_micros_E[14],
        "revenue_micros_7d": credit.revenue_micros_E[7],
        "revenue_micros_30d": credit.revenue_micros_E[30],
        "conversions_7d": credit.orders_E[7],
        "conversions_30d": credit.orders_E[30],
        "cost_micros": exposures.cost_micros_E,
    }
    exposed = exposures.daily(np.ones_like(exposures.day_E), traits.shape_RSP, days).ravel()
    delivered = np.flatnonzero(exposed)
    cell, day = np.divmod(delivered, days)
    table = pd.DataFrame(
        {
            "date": calendar(world.parameters)[day],
            **{name: values[cell] for name, values in cell_columns(world).items()},
            **{
                name: exposures.daily(values, traits.shape_RSP, days).ravel()[delivered]
                for name, values in columns.items()
            },
        }
    )
    return table.sort_values(["date", "retailer_id", "sku_id", "placement_type"], ignore_index=True)


def _events_of_brand(world: BrandWorld, catalogue: pd.DataFrame) -> pd.DataFrame:
    exposures, credit = world.history.exposures, world.history.credit
    random = world.draws.generator("event labels")
    _, skus, placements = world.traits.shape_RSP
    sku_E = exposures.cell_E // placements % skus
    return pd.DataFrame(
        {
            "date": calendar(world.parameters)[exposures.day_E],
            **{name: values[exposures.cell_E] for name, values in cell_columns(world).items()},
            "customer_id": _customers(world, exposures.shopper_E),
            "impressions": exposures.impressions_E,
            "clicks": exposures.clicks_E,
            "conversions": credit.orders_E[14],
            "revenue_micros": credit.revenue_micros_E[14],
            "cost_micros": exposures.cost_micros_E,
            "creative_text": _creatives(world, catalogue, sku_E, random),
            "geo_detail": _regions(world, exposures.shopper_E),
            "shuffle": random.random(len(exposures.day_E)),
        }
    )


def _customers(world: BrandWorld, shopper_E: Ints) -> Names:
    """The retailer's own loyalty number: the same household has another one elsewhere."""
    count = households_per_retailer(world.parameters)
    names = [f"{retailer_id}-{number:07d}" for retailer_id in world.traits.retailer_ids for number in range(count)]
    return np.array(names, dtype=object)[shopper_E]


def _regions(world: BrandWorld, shopper_E: Ints) -> Names:
    """A household's region, the same for every brand."""
    shoppers = households_per_retailer(world.parameters) * world.parameters.retailers
    region = Draws(world.parameters.seed, "households").generator("region").integers(0, REGIONS, shoppers)
    return np.array([f"region_{number:02d}" for number in range(REGIONS)], dtype=object)[region[shopper_E]]


def _creatives(world: BrandWorld, catalogue: pd.DataFrame, sku_E: Ints, random: np.random.Generator) -> Names:
    products = catalogue.set_index("sku_id")["product_name"]
    texts = [[text.format(product=products[sku_id]) for text in CREATIVES] for sku_id in world.traits.sku_ids]
    return np.array(texts, dtype=object)[sku_E, random.integers(0, len(CREATIVES), len(sku_E))]
