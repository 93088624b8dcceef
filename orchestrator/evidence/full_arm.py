"""What the brand makes of all its own data: incremental returns, margins, and the stock that may be sold."""

import numpy as np

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.attributed import attributed_returns
from orchestrator.evidence.cells import CellEvidence, Evidence, category_by_sku
from orchestrator.evidence.observations import CellEstimate, CellKey, FullObservation
from orchestrator.evidence.sales_model import SalesFit, fit_sales
from orchestrator.evidence.shrinkage import between_sd
from orchestrator.evidence.sku_days import PLACEMENTS, SkuDays, sku_days
from schemas.units import MICROS_PER_UNIT

PRIOR_STOCK_DAYS = 28
MIN_CELL_SPREAD = 0.25  # of a cell's return: no arm knows a single cell better than that from ninety days


def full_evidence(observation: FullObservation, keys: tuple[CellKey, ...], campaign_days: int) -> Evidence:
    """Raises InputInvalid when the private feed does not cover the retailers of `keys`."""
    days = sku_days(observation, tuple(dict.fromkeys(key.retailer_id for key in keys)))
    fit = fit_sales(days)
    mean_UP, sd_UP, seen_UP = _incremental_returns(days, fit)
    mean_UP = mean_UP * _availability(days)[:, None]
    spend_UP = days.spend_UPT.sum(axis=-1)
    half_UP = np.where(spend_UP > 0, fit.half, _middle_half(fit, spend_UP))
    scale_UP = np.where(spend_UP > 0, fit.hill_scale, 2 * half_UP)
    row = {unit: number for number, unit in enumerate(days.unit_U)}
    categories = category_by_sku(observation.catalogue)
    outlook = observation.outlook.set_index(["retailer_id", "sku_id"])
    price = outlook["price_micros"].to_dict()
    margin = outlook["margin_share"].to_dict()
    cells = []
    for key in keys:
        unit = (key.retailer_id, key.sku_id)
        at = row[unit], PLACEMENTS.index(key.placement_type)
        cells.append(
            CellEvidence(
                estimate=CellEstimate(key, float(mean_UP[at]), float(sd_UP[at]), withheld=not seen_UP[at]),
                category=categories[key.sku_id],
                spend=float(spend_UP[at]),
                scale=float(scale_UP[at]),
                half=float(half_UP[at]),
                price=float(price[unit]) / MICROS_PER_UNIT,
                margin_share=max(0.0, float(margin[unit])),
            )
        )
    return Evidence(tuple(cells), days.days, _ad_units(observation, campaign_days))


def _incremental_returns(days: SkuDays, fit: SalesFit) -> tuple[Floats, Floats, Floats]:
    """(U, P) posterior mean, sd, and whether the cell had spend.

    Attribution ranks the cells of a placement but credits it too much: each placement's attributed returns are scaled
    to the incremental return that its SKUs' sales show, then each cell moves towards what its own sales say.
    """
    pools = [place.value for _ in days.unit_U for place in PLACEMENTS]
    spend_UP = days.spend_UPT.sum(axis=-1)
    shrunk, seen = attributed_returns(
        days.attributed_UPT.sum(axis=-1).ravel(), spend_UP.ravel(), days.conversions_UPT.sum(axis=-1).ravel(), pools
    )
    attributed_UP, seen_UP = shrunk.mean.reshape(spend_UP.shape), seen.reshape(spend_UP.shape)
    mean_UP, sd_UP = np.empty_like(spend_UP), np.empty_like(spend_UP)
    for place in range(len(PLACEMENTS)):
        weights = spend_UP[:, place] + 1e-9
        whole = float(np.average(attributed_UP[:, place], weights=weights))
        factor = max(0.0, float(fit.pooled[place])) / max(whole, 1e-9)
        centre = factor * attributed_UP[:, place]
        centre_sd = np.hypot(
            factor * shrunk.sd.reshape(spend_UP.shape)[:, place], fit.pooled_sd[place] * attributed_UP[:, place] / whole
        )
        mean_UP[:, place], sd_UP[:, place] = _towards_own_sales(
            centre, centre_sd, fit.cell[:, place], fit.cell_sd[:, place]
        )
    return mean_UP, sd_UP, seen_UP


def _availability(days: SkuDays) -> Floats:
    """(U,) expected share of days in stock, from history: ads on an empty shelf sell nothing.

    Each SKU's own share with a month of the average one's on top, because a run of empty days may be one late lorry.
    """
    in_stock = (~days.sold_out_UT).sum(axis=1)
    typical = float(in_stock.mean()) / days.days
    share: Floats = (in_stock + PRIOR_STOCK_DAYS * typical) / (days.days + PRIOR_STOCK_DAYS)
    return share


def _towards_own_sales(centre: Floats, centre_sd: Floats, own: Floats, own_sd: Floats) -> tuple[Floats, Floats]:
    """Each cell's own sales, weighed by how much cells differ from `centre` beyond the noise of their sales."""
    heard = np.isfinite(own_sd)
    spread = between_sd((own - centre)[heard], own_sd[heard])
    known = np.where(heard, own_sd, 1.0)
    weight = np.where(heard, spread**2 / (spread**2 + known**2), 0.0)
    mean = np.maximum(centre + weight * (own - centre), 0.0)
    left = np.hypot(np.sqrt(1 - weight) * max(spread, 1e-9), centre_sd)
    return mean, np.maximum(left, MIN_CELL_SPREAD * mean)


def _middle_half(fit: SalesFit, spend_UP: Floats) -> Floats:
    """(P,) half-saturation of a cell that never had spend: the middle one of its placement."""
    spent = np.where(spend_UP > 0, fit.half, np.nan)
    return np.array(
        [np.nanmedian(spent[:, place]) if (spend_UP[:, place] > 0).any() else 1.0 for place in range(spent.shape[1])]
    )


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
