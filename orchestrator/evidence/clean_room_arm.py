"""What clean-room answers alone support: attributed returns, pooled where a cell was withheld. No margin, no stock."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.cells import brand_cells, category_by_sku, spend_by_cell
from orchestrator.evidence.observations import CellKey, CleanRoomObservation
from orchestrator.evidence.seen import Seen
from schemas.errors import InputInvalid
from schemas.units import MICROS_PER_UNIT

METRICS = ("revenue", "cost", "conversions")


def seen_in_clean_room(
    observation: CleanRoomObservation, retailers: tuple[str, ...], campaign_daily_spend: float
) -> Seen:
    """Raises InputInvalid when the clean room released nothing that the brief could use."""
    placements = _totals(observation.rows, ("retailer_id", "placement_type"), with_sku=False)
    released = _totals(observation.rows, ("retailer_id", "sku_id", "placement_type"), with_sku=True)
    if placements.empty and released.empty:
        raise InputInvalid("the clean room released no cell at these retailers; ask for a longer period")
    keys = brand_cells(observation.catalogue, retailers)
    told = _of_cells(released, keys)
    spend = _spend(observation, keys, told, placements)
    categories = category_by_sku(observation.catalogue)
    days = observation.history_days or _days_told(observation.rows) or round(spend.sum() / campaign_daily_spend) or 1
    return Seen(
        keys=keys,
        category=tuple(categories[key.sku_id] for key in keys),
        history_days=days,
        spend=spend,
        cost=told["cost"].to_numpy(float),
        revenue=told["revenue"].to_numpy(float),
        conversions=told["conversions"].to_numpy(float),
        level=_levels(placements, keys),
        experiments=observation.experiments,
    )


def _totals(rows: Sequence[dict[str, Any]], by: tuple[str, ...], with_sku: bool) -> pd.DataFrame:
    """Sums over the periods that were released, indexed by `by`; money in currency units."""
    chosen = [row for row in rows if ("sku_id" in row) == with_sku]
    frame = pd.DataFrame(chosen, columns=[*by, *METRICS])
    frame["placement_type"] = frame["placement_type"].astype(str)
    total = frame.groupby(list(by))[list(METRICS)].sum().astype(float)
    total[["revenue", "cost"]] /= MICROS_PER_UNIT
    return total


def _of_cells(released: pd.DataFrame, keys: tuple[CellKey, ...]) -> pd.DataFrame:
    wanted = pd.MultiIndex.from_tuples([(key.retailer_id, key.sku_id, key.placement_type.value) for key in keys])
    return released.reindex(wanted).fillna(0.0)


def _levels(placements: pd.DataFrame, keys: tuple[CellKey, ...]) -> Floats:
    """(cells,) attributed return of each cell's placement at its retailer, NaN where it was not told."""
    spent = placements[placements["cost"] > 0]
    wanted = pd.MultiIndex.from_tuples([(key.retailer_id, key.placement_type.value) for key in keys])
    level: Floats = (spent["revenue"] / spent["cost"]).reindex(wanted).to_numpy(float)
    return level


def _spend(
    observation: CleanRoomObservation, keys: tuple[CellKey, ...], told: pd.DataFrame, placements: pd.DataFrame
) -> Floats:
    """Currency units over history: the brand's own budget lines, else what was released and the rest split evenly."""
    if observation.cells is not None:
        return spend_by_cell(observation.cells, keys)
    cost = told["cost"].to_numpy(float)
    spend: Floats = cost.copy()
    pools = [(key.retailer_id, key.placement_type.value) for key in keys]
    for pool in dict.fromkeys(pools):
        inside = np.array([other == pool for other in pools])
        hidden = inside & (cost <= 0)
        total = float(placements["cost"].get(pool, 0.0))
        rest = max(0.0, total - cost[inside].sum()) or float(cost[inside].mean())
        if hidden.any():
            spend[hidden] = rest / hidden.sum()
    return spend


def _days_told(rows: Sequence[dict[str, Any]]) -> int | None:
    """From the first period's first day to the last one's, and one period's days on top; None without dates."""
    placements = {pd.Timestamp(row["date"]) for row in rows if "date" in row and "sku_id" not in row}
    starts = sorted(placements or {pd.Timestamp(row["date"]) for row in rows if "date" in row})
    if len(starts) < 2:
        return None
    step = min((later - earlier).days for earlier, later in pairwise(starts))
    return int((starts[-1] - starts[0]).days + step)
