"""What clean-room answers alone support: attributed returns, pooled where a cell was withheld. No margin, no stock."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.attributed import attributed_returns
from orchestrator.evidence.cells import CellEvidence, Evidence, category_by_sku, reference_spend, spend_by_cell
from orchestrator.evidence.observations import CellEstimate, CellKey, CleanRoomObservation
from orchestrator.evidence.sales_model import HALF_SATURATION
from schemas.errors import InputInvalid
from schemas.units import MICROS_PER_UNIT

METRICS = ("revenue", "cost", "conversions")
UNSEEN_SPREAD = 0.5  # of the pool's return: how far a cell may lie from it when no cell of any pool was released


def clean_room_evidence(
    observation: CleanRoomObservation, keys: tuple[CellKey, ...], campaign_daily_spend: float
) -> Evidence:
    """Raises InputInvalid when the clean room released nothing that the brief could use."""
    placements = _totals(observation.rows, ("retailer_id", "placement_type"), with_sku=False)
    released = _totals(observation.rows, ("retailer_id", "sku_id", "placement_type"), with_sku=True)
    if placements.empty and released.empty:
        raise InputInvalid("the clean room released no cell at these retailers; ask for a longer period")
    seen = _of_cells(released, keys)
    mean, sd, withheld = _returns(seen, placements, keys)
    spend = _spend(observation, keys, seen, placements)
    reference = reference_spend(spend)
    categories = category_by_sku(observation.catalogue)
    days = observation.history_days or _days_told(observation.rows) or round(sum(spend) / campaign_daily_spend) or 1
    cells = tuple(
        CellEvidence(
            estimate=CellEstimate(key, float(mean[i]), float(sd[i]), bool(withheld[i])),
            category=categories[key.sku_id],
            spend=spend[i],
            scale=reference[i] / days * (1 + HALF_SATURATION),
            half=reference[i] / days * HALF_SATURATION,
        )
        for i, key in enumerate(keys)
    )
    return Evidence(cells, days)


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


def _pool(key: CellKey) -> str:
    return f"{key.retailer_id}/{key.placement_type.value}"


def _returns(seen: pd.DataFrame, placements: pd.DataFrame, keys: tuple[CellKey, ...]) -> tuple[Floats, Floats, Floats]:
    """(cells,) mean, sd, withheld. A withheld cell takes its placement's return at that retailer."""
    pools = [_pool(key) for key in keys]
    cost = seen["cost"].to_numpy(float)
    withheld = cost <= 0
    mean, sd = np.zeros(len(keys)), np.zeros(len(keys))
    spread = UNSEEN_SPREAD
    if not withheld.all():
        shrunk, _ = attributed_returns(
            seen["revenue"].to_numpy(float), cost, seen["conversions"].to_numpy(float), pools
        )
        mean, sd = shrunk.mean, shrunk.sd
        typical = float(np.mean(mean[~withheld]))
        spread = max(UNSEEN_SPREAD, float(np.std(mean[~withheld])) / max(typical, 1e-9))
    of_pool = _pool_returns(placements)
    for i in np.flatnonzero(withheld):
        if pools[i] in of_pool:
            mean[i] = of_pool[pools[i]]
        elif of_pool and withheld.all():
            mean[i] = float(np.mean(list(of_pool.values())))
        sd[i] = max(sd[i], spread * mean[i])
    return mean, sd, withheld


def _pool_returns(placements: pd.DataFrame) -> dict[str, float]:
    spent = placements[placements["cost"] > 0]
    returns = spent["revenue"] / spent["cost"]
    return {f"{retailer_id}/{placement}": float(value) for (retailer_id, placement), value in returns.items()}


def _spend(
    observation: CleanRoomObservation, keys: tuple[CellKey, ...], seen: pd.DataFrame, placements: pd.DataFrame
) -> list[float]:
    """Currency units over history: the brand's own budget lines, else what was released and the rest split evenly."""
    if observation.cells is not None:
        return spend_by_cell(observation.cells, keys)
    cost = seen["cost"].to_numpy(float)
    spend = cost.copy()
    for pool in dict.fromkeys(map(_pool, keys)):
        inside = np.array([_pool(key) == pool for key in keys])
        hidden = inside & (cost <= 0)
        index = tuple(pool.split("/"))
        total = float(placements["cost"].get(index, 0.0))
        rest = max(0.0, total - cost[inside].sum()) or float(cost[inside].mean())
        if hidden.any():
            spend[hidden] = rest / hidden.sum()
    return [float(amount) for amount in spend]


def _days_told(rows: Sequence[dict[str, Any]]) -> int | None:
    """From the first period's first day to the last one's, and one period's days on top; None without dates."""
    placements = {pd.Timestamp(row["date"]) for row in rows if "date" in row and "sku_id" not in row}
    starts = sorted(placements or {pd.Timestamp(row["date"]) for row in rows if "date" in row})
    if len(starts) < 2:
        return None
    step = min((later - earlier).days for earlier, later in pairwise(starts))
    return int((starts[-1] - starts[0]).days + step)
