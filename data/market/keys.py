"""Cells and days of the arrays as columns of tables."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from data.market.parameters import PLACEMENTS, MarketParameters
from data.market.world import BrandWorld

Names = NDArray[np.object_]


def cell_columns(world: BrandWorld) -> dict[str, Names]:
    """The keys of every cell, in (R, S, P) order."""
    traits = world.traits
    retailer, sku, placement = (index.ravel() for index in np.indices(traits.shape_RSP))
    return {
        "retailer_id": np.array(traits.retailer_ids, dtype=object)[retailer],
        "brand_id": np.full(retailer.shape, traits.brand_id, dtype=object),
        "sku_id": np.array(traits.sku_ids, dtype=object)[sku],
        "placement_type": np.array([place.value for place in PLACEMENTS], dtype=object)[placement],
    }


def calendar(parameters: MarketParameters) -> Names:
    """The dates of history."""
    return np.array(list(days_from(parameters.first_day, parameters.days)), dtype=object)


def days_from(first: date, days: int) -> list[date]:
    return [first + timedelta(days=day) for day in range(days)]
