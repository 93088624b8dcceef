"""The brand's own data as arrays: one row per retailer x SKU, one column per day."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from orchestrator.evidence.arrays import Flags, Floats
from orchestrator.evidence.observations import FullObservation
from schemas.errors import InputInvalid
from schemas.tasks import PlacementType
from schemas.units import MICROS_PER_UNIT

PLACEMENTS = tuple(PlacementType)


@dataclass(frozen=True)
class SkuDays:
    """Money in currency units. `promoted_UT` is None where promotions are not known; `sold_out_UT`: closed with nothing
    on the shelf."""

    unit_U: tuple[tuple[str, str], ...]
    category_U: tuple[str, ...]
    units_UT: Floats
    price_UT: Floats
    promoted_UT: Floats | None
    sold_out_UT: Flags
    paused_UT: Flags
    spend_UPT: Floats
    attributed_UPT: Floats
    conversions_UPT: Floats

    @cached_property
    def price_U(self) -> Floats:
        price: Floats = self.price_UT.mean(axis=1)
        return price

    @property
    def days(self) -> int:
        return int(self.units_UT.shape[1])


def sku_days(observation: FullObservation, retailers: tuple[str, ...]) -> SkuDays:
    """Raises InputInvalid when the private feed has no row at these retailers or lacks days."""
    feed = observation.private_feed
    feed = feed[feed["retailer_id"].isin(retailers)].assign(date=lambda rows: pd.to_datetime(rows["date"]))
    if feed.empty:
        raise InputInvalid(f"the private feed has no row at {', '.join(map(repr, retailers))}")
    units = feed.pivot(index=["retailer_id", "sku_id"], columns="date", values="units").sort_index()
    if units.isna().to_numpy().any():
        raise InputInvalid("the private feed lacks days; it needs one row per retailer, SKU and day")
    categories = observation.catalogue.set_index("sku_id")["category"]

    def table(column: str) -> Floats:
        wide = feed.pivot(index=["retailer_id", "sku_id"], columns="date", values=column).sort_index()
        values: Floats = wide.to_numpy(float)
        return values

    spend, revenue, conversions = _delivered(observation.delivery, units)
    return SkuDays(
        unit_U=tuple(units.index),
        category_U=tuple(categories.loc[[sku_id for _, sku_id in units.index]]),
        units_UT=table("units"),
        price_UT=table("price_micros") / MICROS_PER_UNIT,
        promoted_UT=table("promo_flag"),
        sold_out_UT=table("stock_level") <= 0,
        paused_UT=table("ads_paused") > 0,
        spend_UPT=spend / MICROS_PER_UNIT,
        attributed_UPT=revenue / MICROS_PER_UNIT,
        conversions_UPT=conversions,
    )


def _delivered(delivery: pd.DataFrame, units: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """(U, P, T) cost, attributed revenue and conversions; days without a row are 0."""
    shape = (len(units.index), len(PLACEMENTS), len(units.columns))
    unit = units.index.get_indexer(pd.MultiIndex.from_frame(delivery[["retailer_id", "sku_id"]]))
    placement = pd.Index([place.value for place in PLACEMENTS]).get_indexer(delivery["placement_type"].astype(str))
    day = units.columns.get_indexer(pd.to_datetime(delivery["date"]))
    known = (unit >= 0) & (placement >= 0) & (day >= 0)
    where = (unit[known], placement[known], day[known])
    tables = []
    for column in ("cost", "revenue", "conversions"):
        table = np.zeros(shape)
        np.add.at(table, where, delivery[column].to_numpy(float)[known])
        tables.append(table)
    return tables[0], tables[1], tables[2]
