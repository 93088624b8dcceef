"""What the brand sees in all its own data: every cell's delivery, its own days, margins, and what stock may be sold."""

import numpy as np
import pandas as pd

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.cells import brand_cells, category_by_sku
from orchestrator.evidence.observations import CellKey, FullObservation
from orchestrator.evidence.seen import Seen, Stock
from orchestrator.evidence.sku_days import PLACEMENTS, SkuDays, sku_days
from schemas.units import MICROS_PER_UNIT

PRIOR_STOCK_DAYS = 28


def seen_by_brand(observation: FullObservation, retailers: tuple[str, ...], campaign_days: int) -> Seen:
    """Raises InputInvalid when the private feed does not cover the retailers."""
    days = sku_days(observation, retailers)
    keys = brand_cells(observation.catalogue, retailers)
    row = {unit: number for number, unit in enumerate(days.unit_U)}
    units = np.array([row[key.retailer_id, key.sku_id] for key in keys])
    at = units, np.array([PLACEMENTS.index(key.placement_type) for key in keys])
    categories = category_by_sku(observation.catalogue)
    spend = days.spend_UPT.sum(axis=-1)[at]
    revenue = days.attributed_UPT.sum(axis=-1)[at]
    outlook = observation.outlook.set_index(["retailer_id", "sku_id"])
    expected = outlook.reindex(pd.MultiIndex.from_tuples([(key.retailer_id, key.sku_id) for key in keys]))
    return Seen(
        keys=keys,
        category=tuple(categories[key.sku_id] for key in keys),
        history_days=days.days,
        spend=spend,
        cost=spend,
        revenue=revenue,
        conversions=days.conversions_UPT.sum(axis=-1)[at],
        level=_levels(keys, revenue, spend),
        sales=days,
        price=expected["price_micros"].to_numpy(float) / MICROS_PER_UNIT,
        margin_share=expected["margin_share"].to_numpy(float),
        stock=Stock(_availability(days)[units], _ad_units(observation, campaign_days)),
        experiments=observation.experiments,
    )


def _levels(keys: tuple[CellKey, ...], revenue: Floats, spend: Floats) -> Floats:
    """(cells,) attributed return of each cell's placement at its retailer."""
    pools = pd.Series([f"{key.retailer_id}/{key.placement_type.value}" for key in keys])
    totals = pd.DataFrame({"pool": pools, "revenue": revenue, "spend": spend}).groupby("pool").transform("sum")
    spent = totals["spend"].to_numpy(float)
    level: Floats = np.divide(totals["revenue"].to_numpy(float), spent, out=np.full(len(keys), np.nan), where=spent > 0)
    return level


def _availability(days: SkuDays) -> Floats:
    """(U,) expected share of days in stock, from history: ads on an empty shelf sell nothing.

    Each SKU's own share with a month of the average one's on top, because a run of empty days may be one late lorry.
    """
    in_stock = (~days.sold_out_UT).sum(axis=1)
    typical = float(in_stock.mean()) / days.days
    share: Floats = (in_stock + PRIOR_STOCK_DAYS * typical) / (days.days + PRIOR_STOCK_DAYS)
    return share


def _ad_units(observation: FullObservation, campaign_days: int) -> dict[tuple[str, str], float]:
    """Stock on hand and inbound less what will sell without ads; the outlook's flows are scaled to the campaign."""
    outlook = observation.outlook
    share = campaign_days / observation.outlook_days
    flows = (outlook["inbound_units"].astype(float) - outlook["expected_organic_units"].astype(float)) * share
    left = np.maximum(outlook["stock_on_hand"].astype(float) + flows, 0.0)
    return {
        (str(retailer_id), str(sku_id)): float(units)
        for retailer_id, sku_id, units in zip(outlook["retailer_id"], outlook["sku_id"], left, strict=True)
    }
