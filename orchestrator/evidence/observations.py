"""What an arm may see, and what it makes of it per cell."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from schemas.tasks import PlacementType


class CellKey(NamedTuple):
    retailer_id: str
    sku_id: str
    placement_type: PlacementType

    @property
    def text(self) -> str:
        return f"{self.retailer_id}/{self.sku_id}/{self.placement_type.value}"


@dataclass(frozen=True)
class ExperimentResult:
    """An incremental return per unit of spend that an experiment measured, with its standard error.

    It speaks of the cells at `retailers` in `placements`; an empty tuple is all of them.
    """

    iroas: float
    sd: float
    retailers: tuple[str, ...] = ()
    placements: tuple[PlacementType, ...] = ()

    def __post_init__(self) -> None:
        if not self.sd > 0:
            raise ValueError(f"an experiment's standard error must be above 0, got {self.sd!r}")

    def speaks_of(self, key: CellKey) -> bool:
        at_retailer = not self.retailers or key.retailer_id in self.retailers
        return at_retailer and (not self.placements or key.placement_type in self.placements)


@dataclass(frozen=True)
class FullObservation:
    """The brand's own data, all of it.

    `delivery`: date, retailer_id, sku_id, placement_type, impressions, clicks, conversions, revenue, cost (micros).
    `private_feed`: retailer_id, sku_id, date, units, price_micros, margin_share, promo_flag, stock_level, ads_paused.
    `outlook`: retailer_id, sku_id, stock_on_hand, inbound_units, expected_organic_units, price_micros, margin_share.
    `catalogue`: sku_id, brand_id, category. `paused_share` is the share of retailer x SKU the brand meant to pause,
    `outlook_days` the days the outlook looks ahead. `experiments` are results that the days above do not hold already.
    """

    delivery: pd.DataFrame
    private_feed: pd.DataFrame
    outlook: pd.DataFrame
    catalogue: pd.DataFrame
    paused_share: float = 0.3
    outlook_days: int = 28
    experiments: tuple[ExperimentResult, ...] = ()


@dataclass(frozen=True)
class CleanRoomObservation:
    """Clean-room answers, and what a brand knows without asking anyone: its products and where its own budget is set.

    `rows`: retailer_id, date (first day of the period), placement_type, optionally sku_id, and sums of impressions,
    clicks, conversions, revenue, cost (micros). Rows without sku_id are totals over SKUs.
    `cells`: the cells the brand may fund, retailer_id, sku_id, placement_type and `cost`, the micros it set for each
    over history. Without it every SKU may be funded everywhere, and the spend not seen per SKU is spread evenly.
    `history_days`: the days asked about; without it, read off the dates of the rows, and without those, as many as it
    takes to spend the same at the campaign's daily rate. `experiments`: results the brand has, such as a lift study's.
    """

    rows: tuple[dict[str, Any], ...]
    catalogue: pd.DataFrame
    cells: pd.DataFrame | None = None
    history_days: int | None = None
    experiments: tuple[ExperimentResult, ...] = ()


@dataclass(frozen=True)
class CellEstimate:
    """Return per unit of spend at the historical spend: incremental in the full arm, attributed in the clean room.

    `mean` and `sd` are after shrinkage. `withheld`: nothing was seen of this very cell, so they are its pool's.
    """

    key: CellKey
    mean: float
    sd: float
    withheld: bool

    @property
    def interval(self) -> tuple[float, float]:
        return max(0.0, self.mean - 1.96 * self.sd), self.mean + 1.96 * self.sd
