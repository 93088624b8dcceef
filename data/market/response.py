"""What spend adds to demand: saturation on recent spend, geometric carry-over, and spill onto neighbouring SKUs.

A unit of spend returns `rate(level)`, level being the exponentially weighted average of the cell's own daily spend
(default half-life a week): an audience tires of a week's pressure, not of the hour a click was billed in. At a constant
spend x the daily return is x * rate(x), the Hill curve top * x / (x + half) with top = return * (reference + half);
`ResponseShape` gives the two other families. Purchases then follow exposures with geometric carry-over
(Jin et al., "Bayesian methods for media mix modeling with carryover and shape effects", Google, 2017).
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from data.market.demand import Days
from data.market.draws import Bools, Floats
from data.market.parameters import MarketParameters, ResponseShape
from data.market.traits import BrandTraits


@dataclass(frozen=True)
class AdState:
    """What past spend leaves behind: the level audiences are used to, and purchases still to come (per day)."""

    level_RSP: Floats
    pending_RSP: Floats


@dataclass(frozen=True)
class AdEffect:
    """`lift_RSPT`: extra units a day of the advertised SKU itself. `reach_RSPT`: share of its buyers an ad gets to."""

    lift_RSPT: Floats
    reach_RSPT: Floats
    after: AdState


def steady_state(parameters: MarketParameters, traits: BrandTraits) -> AdState:
    """Where a market that always spent the reference amounts stands."""
    level = traits.reference_spend_RSP
    return AdState(level, level * rate(parameters, traits, level[..., None])[..., 0])


def rate(parameters: MarketParameters, traits: BrandTraits, level_RSPT: Floats) -> Floats:
    """Incremental revenue per unit of spend at each level; `traits.return_RSP` at the reference spend, and
    at every level without saturation."""
    if not parameters.saturation:
        return np.broadcast_to(traits.return_RSP[..., None], level_RSPT.shape)
    half, reference = traits.half_RSP[..., None], traits.reference_spend_RSP[..., None]
    shape = parameters.response_shape
    return traits.return_RSP[..., None] * _decline(shape, level_RSPT / half) / _decline(shape, reference / half)


def ad_effect(
    parameters: MarketParameters, traits: BrandTraits, days: Days, before: AdState, spend_RSPT: Floats, first: int
) -> AdEffect:
    """Effect of the spend of days first, first + 1, ..., given what came before."""
    last = first + spend_RSPT.shape[-1]
    keep = 0.5 ** (1 / parameters.saturation_half_life_days)
    level = _smoothed(spend_RSPT, keep, before.level_RSP)
    bought = spend_RSPT * rate(parameters, traits, level)
    pending = np.stack(
        [
            _smoothed(bought[:, :, number], placement.carry_over, before.pending_RSP[:, :, number])
            for number, placement in enumerate(parameters.placement_traits)
        ],
        axis=2,
    )
    receptive_RST = days.index_RST[:, :, first:last] ** parameters.demand_synergy
    lift = pending * (receptive_RST / traits.retail_price_RS[:, :, None])[:, :, None, :]
    return AdEffect(
        lift_RSPT=lift,
        reach_RSPT=level / (level + traits.half_RSP[..., None]),
        after=AdState(level[..., -1], pending[..., -1]),
    )


def spill_RSS(parameters: MarketParameters, traits: BrandTraits) -> Floats:
    """[r, i, j]: units of j's demand that follow one extra unit of i: 1 for i itself, less within its product line
    (cannibalisation), more in the rest of its category (halo). Both are shares of i's revenue, split by j's sales."""
    sales_RS = traits.size_RS * traits.retail_price_RS
    same_line = traits.line_S[:, None] == traits.line_S[None, :]
    same_category = traits.category_S[:, None] == traits.category_S[None, :]
    itself = np.eye(len(traits.sku_ids), dtype=bool)
    lost = _shared(same_line & ~itself, sales_RS) * parameters.cannibalisation_share
    gained = _shared(same_category & ~same_line, sales_RS) * parameters.halo_share
    units_per_unit = traits.retail_price_RS[:, :, None] / traits.retail_price_RS[:, None, :]
    return np.asarray(itself + (gained - lost) * units_per_unit)


def _shared(neighbours_SS: Bools, sales_RS: Floats) -> Floats:
    weight_RSS = neighbours_SS * sales_RS[:, None, :]
    total = weight_RSS.sum(axis=2, keepdims=True)
    return np.asarray(np.divide(weight_RSS, total, out=np.zeros_like(weight_RSS), where=total > 0))


def _decline(shape: ResponseShape, ratio: Floats) -> Floats:
    """Average return at a level of `ratio` times the half-saturation, relative to the first unit's."""
    if shape is ResponseShape.HILL:
        return 1 / (1 + ratio)
    if shape is ResponseShape.LOG:
        return np.divide(np.log1p(ratio), ratio, out=np.ones_like(ratio), where=ratio > 0)
    return 1 / np.sqrt(1 + 3 * ratio)


def _smoothed(values_T: Floats, keep: float, before: Floats) -> Floats:
    """y[t] = keep * y[t-1] + (1 - keep) * values[t], days on the last axis."""
    smoothed, _ = lfilter([1 - keep], [1, -keep], values_T, axis=-1, zi=keep * before[..., None])
    return np.asarray(smoothed)
