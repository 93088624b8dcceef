"""From what an arm has seen to a response curve per cell with its uncertainty: one path for every arm.

1. What attribution reports, shrunk (`attributed`). 2. Where the brand's own days are seen, each placement is brought to
the incremental return that its sales show, then each cell towards what its own sales say (`sales_model`). 3. Where an
experiment was run, its result calibrates the cells it speaks of (`experiments`). 4. Where stock is known, what an empty
shelf will cost.
"""

from collections.abc import Sequence

import numpy as np

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.attributed import Returns, attributed_returns
from orchestrator.evidence.cells import CellEvidence, Evidence
from orchestrator.evidence.experiments import calibrated
from orchestrator.evidence.observations import CellEstimate, CellKey
from orchestrator.evidence.sales_model import HALF_SATURATION, SalesFit, fit_sales
from orchestrator.evidence.seen import Seen
from orchestrator.evidence.shrinkage import between_sd
from orchestrator.evidence.sku_days import PLACEMENTS, SkuDays

MIN_CELL_SPREAD = 0.25  # of a cell's return: no arm knows a single cell better than that from ninety days


def evidence(seen: Seen, keys: Sequence[CellKey]) -> Evidence:
    """Of the cells `keys`, each of which must be among those seen."""
    returns = attributed_returns(seen)
    half = _reference(seen.spend) / seen.history_days * HALF_SATURATION
    scale = half * (1 + 1 / HALF_SATURATION)
    if seen.sales is not None:
        fit = fit_sales(seen.sales)
        returns = _towards_sales(seen, seen.sales, fit, returns)
        half, scale = _fitted(seen, seen.sales, fit, half, scale)
    returns = calibrated(seen, returns)
    if seen.stock is not None:
        returns = Returns(returns.mean * seen.stock.availability, returns.sd, returns.common_sd)
    row = {key: number for number, key in enumerate(seen.keys)}
    cells = tuple(_cell(seen, returns, half, scale, row[key]) for key in keys)
    return Evidence(cells, seen.history_days, seen.stock.ad_units if seen.stock else None)


def _cell(seen: Seen, returns: Returns, half: Floats, scale: Floats, i: int) -> CellEvidence:
    withheld = not bool(seen.told[i])
    return CellEvidence(
        estimate=CellEstimate(seen.keys[i], float(returns.mean[i]), float(returns.sd[i]), withheld),
        category=seen.category[i],
        spend=float(seen.spend[i]),
        scale=float(scale[i]),
        half=float(half[i]),
        price=None if seen.price is None else float(seen.price[i]),
        margin_share=None if seen.margin_share is None else max(0.0, float(seen.margin_share[i])),
    )


def _reference(spend: Floats) -> Floats:
    """(cells,) what a cell's curve is scaled by: its own spend, or the middle one where it never had any."""
    spent = spend[spend > 0]
    return np.where(spend > 0, spend, float(np.median(spent)) if len(spent) else 1.0)


def _towards_sales(seen: Seen, days: SkuDays, fit: SalesFit, attributed: Returns) -> Returns:
    """Attribution ranks the cells of a placement but credits it too much: each placement is scaled to the incremental
    return that its SKUs' sales show, then each cell moves towards what its own sales say."""
    unit = _units(seen, days)
    mean, sd = np.empty_like(attributed.mean), np.empty_like(attributed.sd)
    common = attributed.common_sd.copy()
    for place in range(len(PLACEMENTS)):
        inside = np.flatnonzero(seen.placement == place)
        if not len(inside):
            continue
        told = attributed.mean[inside]
        whole = max(float(np.average(told, weights=seen.spend[inside] + 1e-9)), 1e-9)
        pooled, pooled_sd = max(0.0, float(fit.pooled[place])), float(fit.pooled_sd[place])
        centre = pooled / whole * told
        centre_sd = np.hypot(pooled / whole * attributed.sd[inside], pooled_sd * told / whole)
        own, own_sd = fit.cell[unit[inside], place], fit.cell_sd[unit[inside], place]
        mean[inside], sd[inside] = _towards_own_sales(centre, centre_sd, own, own_sd)
        common[place] = pooled_sd / max(pooled, pooled_sd)
    return Returns(mean, sd, common)


def _towards_own_sales(centre: Floats, centre_sd: Floats, own: Floats, own_sd: Floats) -> tuple[Floats, Floats]:
    """Each cell's own sales, weighed by how much cells differ from `centre` beyond the noise of their sales."""
    heard = np.isfinite(own_sd)
    spread = between_sd((own - centre)[heard], own_sd[heard])
    known = np.where(heard, own_sd, 1.0)
    weight = np.where(heard, spread**2 / (spread**2 + known**2), 0.0)
    mean = np.maximum(centre + weight * (own - centre), 0.0)
    left = np.hypot(np.sqrt(1 - weight) * max(spread, 1e-9), centre_sd)
    return mean, np.maximum(left, MIN_CELL_SPREAD * mean)


def _fitted(seen: Seen, days: SkuDays, fit: SalesFit, half: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """(cells,) half-saturation and scale by the days' own path of spend, where there was any."""
    at = _units(seen, days), seen.placement
    return np.where(seen.spend > 0, fit.half[at], half), np.where(seen.spend > 0, fit.hill_scale[at], scale)


def _units(seen: Seen, days: SkuDays) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """(cells,) row of the cell's retailer and SKU in the daily arrays."""
    row = {unit: number for number, unit in enumerate(days.unit_U)}
    return np.array([row[key.retailer_id, key.sku_id] for key in seen.keys], dtype=np.int64)
