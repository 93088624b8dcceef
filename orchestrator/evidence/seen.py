"""What an arm knows of the brand's cells, in one shape for every arm: where it sees nothing, the part is None."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestrator.evidence.arrays import Flags, Floats
from orchestrator.evidence.observations import CellKey, ExperimentResult
from orchestrator.evidence.sku_days import PLACEMENTS, SkuDays


@dataclass(frozen=True)
class Stock:
    """`availability`: (cells,) share of days that the product is on the shelf; `ad_units`: per (retailer, SKU), the
    units that advertising may sell over the campaign."""

    availability: Floats
    ad_units: Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Seen:
    """Arrays are (cells,), one entry per key; money in currency units over history.

    `spend` is what the brand set. `cost`, `revenue` and `conversions` are what attribution reports of a cell by itself,
    `cost` 0 where it was not told; `level` is attributed revenue per unit of cost of the cell's placement at its
    retailer, NaN where that was not told either. `sales` are the brand's own days, `price` and `margin_share` what it
    expects over the campaign.
    """

    keys: tuple[CellKey, ...]
    category: tuple[str, ...]
    history_days: int
    spend: Floats
    cost: Floats
    revenue: Floats
    conversions: Floats
    level: Floats
    sales: SkuDays | None = None
    price: Floats | None = None
    margin_share: Floats | None = None
    stock: Stock | None = None
    experiments: tuple[ExperimentResult, ...] = ()

    @cached_property
    def told(self) -> Flags:
        """(cells,) whether attribution reported the cell by itself."""
        told: Flags = self.cost > 0
        return told

    @cached_property
    def placement(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """(cells,) index into PLACEMENTS."""
        return np.array([PLACEMENTS.index(key.placement_type) for key in self.keys], dtype=np.int64)
