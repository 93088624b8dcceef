"""The cells a brief may fund, and what an arm knows of each: its return, its curve, its stock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.observations import CellEstimate, CellKey
from schemas.brief import CampaignBrief
from schemas.errors import InputInvalid
from schemas.plan import Plan
from schemas.tasks import PlacementType
from schemas.units import MICROS_PER_UNIT


@dataclass(frozen=True)
class CellEvidence:
    """`spend`: currency units over history. A day's spend x is worth mean * scale * x / (x + half).

    `price`, `margin_share`: expected over the campaign; None where the arm does not know them.
    """

    estimate: CellEstimate
    category: str
    spend: float
    scale: float
    half: float
    price: float | None = None
    margin_share: float | None = None


@dataclass(frozen=True)
class Evidence:
    """`ad_units`: per (retailer, SKU), the units that advertising may sell; None where stock is unknown."""

    cells: tuple[CellEvidence, ...]
    history_days: int
    ad_units: Mapping[tuple[str, str], float] | None = None


def fundable(brief: CampaignBrief, plan: Plan, catalogue: pd.DataFrame) -> tuple[CellKey, ...]:
    """Every retailer x SKU x placement of the plan. Raises InputInvalid when no product is left."""
    own = catalogue[catalogue["brand_id"] == brief.brand_id] if "brand_id" in catalogue else catalogue
    categories = plan.categories or brief.categories
    chosen = own[own["category"].isin(categories)] if categories else own
    if chosen.empty:
        known = ", ".join(sorted(own["category"].unique()))
        raise InputInvalid(
            f"no product of {brief.brand_id!r} in the categories {', '.join(map(repr, categories))}; it has {known}"
        )
    return tuple(
        CellKey(retailer_id, sku_id, placement)
        for retailer_id in plan.retailers
        for sku_id in sorted(chosen["sku_id"].astype(str))
        for placement in plan.placements
    )


def brand_cells(catalogue: pd.DataFrame, retailers: Sequence[str]) -> tuple[CellKey, ...]:
    """Every cell of the catalogue at the retailers: curves learn from cells that a brief does not fund, too."""
    skus = sorted(catalogue["sku_id"].astype(str))
    return tuple(CellKey(retailer, sku, place) for retailer in retailers for sku in skus for place in PlacementType)


def category_by_sku(catalogue: pd.DataFrame) -> dict[str, str]:
    return dict(zip(catalogue["sku_id"].astype(str), catalogue["category"].astype(str), strict=True))


def spend_by_cell(rows: pd.DataFrame, keys: Sequence[CellKey]) -> Floats:
    """(cells,) currency units; `rows` has retailer_id, sku_id, placement_type and cost in micros."""
    total = rows.assign(placement_type=rows["placement_type"].astype(str))
    total = total.groupby(["retailer_id", "sku_id", "placement_type"])["cost"].sum()
    found = {(str(r), str(s), str(p)): float(cost) / MICROS_PER_UNIT for (r, s, p), cost in total.items()}
    return np.array([found.get((key.retailer_id, key.sku_id, key.placement_type.value), 0.0) for key in keys])
