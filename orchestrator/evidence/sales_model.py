"""Incremental return per unit of spend from the brand's own daily sales.

units / mean units = SKU and retailer-day effects + promotion + sum over placements of return * spend / mean sales

Dividing by each SKU's mean makes one percentage scale of all sizes, so that effects can be pooled. Retailer-day effects
take out season and weekday, SKU effects size, and the promotion flag, where it is known, the planner's habit of
spending when a promotion runs; the randomised pauses give spend variation that follows nothing. Days that closed sold
out stay in: they are sold out because much was wanted, and leaving out days by their outcome doubled the error of the
returns in the worlds kept for tuning.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.signal import lfilter

from orchestrator.evidence.arrays import Floats
from orchestrator.evidence.sku_days import PLACEMENTS, SkuDays

CARRY_DAYS = 6  # purchases may follow by up to a week; the split between same day and later is estimated, not assumed
SATURATION_DAYS = 7  # media-mix models are fitted weekly: an audience tires of a week's pressure
MIN_MEAN_UNITS = 0.05  # per day; below it an SKU sold a handful of units and says nothing by itself
DEMEANING_ROUNDS = 12
HALF_SATURATION = 1.07
"""Half-saturation in multiples of a cell's mean spend: the mean of Google Meridian's default prior on it, `ec_m`, a
normal(0.8, 0.8) truncated to 0.1 and above. Ninety days of spend that follows demand do not identify it: the fit then
prefers a straight line, because spending more when demand is high looks like returns that never diminish."""


@dataclass(frozen=True)
class SalesFit:
    """Revenue per unit of spend. `pooled`, `pooled_sd`: (P,); `cell`, `cell_sd`: (U, P), infinite sd where unseen.

    `hill_scale`: (U, P) daily value per unit of return of spend x is hill_scale * x / (x + half).
    """

    pooled: Floats
    pooled_sd: Floats
    cell: Floats
    cell_sd: Floats
    hill_scale: Floats
    half: Floats


def fit_sales(days: SkuDays) -> SalesFit:
    mean_units_U = days.units_UT.mean(axis=1)
    floor_U = np.maximum(mean_units_U, MIN_MEAN_UNITS)
    present_UT = np.repeat((mean_units_U >= MIN_MEAN_UNITS).astype(float)[:, None], days.days, axis=1)
    saturated_UPT, scale_UP, half_UP = _saturated(days.spend_UPT)
    share_UPT = saturated_UPT / (floor_U * days.price_U)[:, None, None]
    later_UPT = lfilter(np.concatenate([[0.0], np.full(CARRY_DAYS, 1 / CARRY_DAYS)]), [1.0], share_UPT, axis=-1)
    outcome_UT = days.units_UT / floor_U[:, None]
    controls = [] if days.promoted_UT is None else [days.promoted_UT[None]]
    columns = np.concatenate([outcome_UT[None], *controls, share_UPT.transpose(1, 0, 2), later_UPT.transpose(1, 0, 2)])
    retailer_U = np.array([retailer_id for retailer_id, _ in days.unit_U])
    weight_UT = present_UT
    for _ in range(2):
        demeaned = _demeaned(columns, weight_UT, retailer_U)
        coefficient, covariance, residual_UT = _weighted_fit(demeaned, weight_UT)
        weight_UT = present_UT / _noise(residual_UT, present_UT, floor_U)[:, None]
    demeaned = _demeaned(columns, weight_UT, retailer_U)
    coefficient, covariance, residual_UT = _weighted_fit(demeaned, weight_UT)
    count, first = len(PLACEMENTS), len(controls)
    same_day, later = coefficient[first : first + count], coefficient[first + count :]
    pooled = same_day + later
    adds = np.hstack([np.zeros((count, first)), np.eye(count), np.eye(count)])
    pooled_sd = np.sqrt(np.diag(adds @ covariance @ adds.T))
    spent = demeaned[1 + first :]
    effect_PUT = _timed(spent[:count], spent[count:], same_day, later)
    cell, cell_sd = _cells(effect_PUT, residual_UT, weight_UT, pooled)
    return SalesFit(pooled, pooled_sd, cell, cell_sd, scale_UP, half_UP)


def _saturated(spend_UPT: Floats) -> tuple[Floats, Floats, Floats]:
    """Spend weighed down by the week's level, scaled back so that each cell's total stays its spend.

    A coefficient on it is then the return at the historical spend, whatever the half-saturation.
    """
    mean_UP = spend_UPT.mean(axis=-1)
    half_UP = np.maximum(HALF_SATURATION * mean_UP, 1e-9)
    level_UPT = lfilter(np.full(SATURATION_DAYS, 1 / SATURATION_DAYS), [1.0], spend_UPT, axis=-1)
    weighed = spend_UPT / (1 + level_UPT / half_UP[..., None])
    total = weighed.sum(axis=-1)
    rescale_UP = np.divide(spend_UPT.sum(axis=-1), total, out=np.ones_like(total), where=total > 0)
    return weighed * rescale_UP[..., None], rescale_UP * half_UP, half_UP


def _demeaned(columns: Floats, weight_UT: Floats, retailer_U: Floats) -> Floats:
    """Columns without their weighted SKU and retailer-day means, by alternating projections."""
    columns = columns.copy()
    per_unit = np.maximum(weight_UT.sum(axis=1), 1e-12)
    for _ in range(DEMEANING_ROUNDS):
        columns -= ((columns * weight_UT).sum(axis=2) / per_unit)[:, :, None]
        for retailer in np.unique(retailer_U):
            inside = retailer_U == retailer
            per_day = np.maximum(weight_UT[inside].sum(axis=0), 1e-12)
            columns[:, inside] -= ((columns[:, inside] * weight_UT[inside]).sum(axis=1) / per_day)[:, None, :]
    return columns * (weight_UT > 0)


def _weighted_fit(demeaned: Floats, weight_UT: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients, their covariance clustered by SKU and retailer, and residuals (U, T)."""
    regressors = demeaned[1:].reshape(len(demeaned) - 1, -1)
    weighted = regressors * weight_UT.ravel()
    inverse = np.linalg.pinv(weighted @ regressors.T)
    coefficient = inverse @ (weighted @ demeaned[0].ravel())
    residual_UT = demeaned[0] - np.tensordot(coefficient, demeaned[1:], axes=1)
    scores = np.einsum("kut,ut->ku", demeaned[1:] * weight_UT, residual_UT)
    return coefficient, inverse @ (scores @ scores.T) @ inverse, residual_UT


def _noise(residual_UT: Floats, present_UT: Floats, mean_units_U: Floats) -> Floats:
    """(U,) variance of a day: counting noise, which falls with units, and shocks, which do not."""
    days_U = present_UT.sum(axis=1)
    heard = days_U > 0
    variance_U = (residual_UT**2 * present_UT).sum(axis=1)[heard] / days_U[heard]
    parts = np.column_stack([1 / mean_units_U[heard], np.ones(int(heard.sum()))])
    root = np.sqrt(days_U[heard])
    (counting, shocks), _ = nnls(parts * root[:, None], variance_U * root)
    noise: Floats = np.maximum(counting / mean_units_U + shocks, 1e-6)
    return noise


def _timed(same_PUT: Floats, later_PUT: Floats, same_day: Floats, later: Floats) -> Floats:
    """One column per placement with the pooled timing: the share of the effect that comes on the same day."""
    total = same_day + later
    share = np.clip(np.divide(same_day, total, out=np.full_like(total, 0.5), where=total > 0), 0, 1)
    return share[:, None, None] * same_PUT + (1 - share)[:, None, None] * later_PUT


def _cells(effect_PUT: Floats, residual_UT: Floats, weight_UT: Floats, pooled: Floats) -> tuple[Floats, Floats]:
    """Each SKU's own deviation from the pooled return, its three placements together.

    The weights are inverse variances, so the inverse of the normal equations is the covariance.
    """
    normal = np.einsum("put,qut,ut->upq", effect_PUT, effect_PUT, weight_UT)
    score = np.einsum("put,ut->up", effect_PUT, residual_UT * weight_UT)
    cell = np.tile(pooled, (len(score), 1))
    sd = np.full(cell.shape, np.inf)
    for unit in range(len(score)):
        active = np.flatnonzero(np.diag(normal[unit]) > 1e-9)
        if len(active) == 0 or np.linalg.cond(normal[unit][np.ix_(active, active)]) > 1e8:
            continue
        covariance = np.linalg.inv(normal[unit][np.ix_(active, active)])
        cell[unit, active] += covariance @ score[unit, active]
        sd[unit, active] = np.sqrt(np.diag(covariance))
    return cell, sd
