"""How spend was decided in history: it follows demand and promotions, and is switched off at random for a while.

The first part confounds (spend is high where sales would be high anyway); the pauses are the brand's own experiment.
"""

import numpy as np

from data.market.demand import Days
from data.market.draws import Bools, Draws, Floats
from data.market.parameters import MarketParameters
from data.market.traits import BrandTraits


def paused_RST(parameters: MarketParameters, traits: BrandTraits, draws: Draws) -> Bools:
    """Retailer x SKU whose ads are off: a random `paused_share` of all, in the last `pause_days` of history."""
    retailers, skus, _ = traits.shape_RSP
    rank = draws.uniform("paused", (retailers * skus,)).argsort().argsort().reshape(retailers, skus)
    chosen = rank < round(parameters.paused_share * retailers * skus)
    late = np.arange(parameters.days) >= parameters.days - parameters.pause_days
    return np.asarray(chosen[:, :, None] & late)


def intended_spend(
    parameters: MarketParameters, traits: BrandTraits, days: Days, draws: Draws, paused: Bools
) -> Floats:
    """(R, S, P, T) over history, in units of the reference spend's currency."""
    last = parameters.days
    demand_RST = days.index_RST[..., :last] ** parameters.demand_following
    promoted_RST = 1 + parameters.promotion_boost * days.promotion_RST[..., :last]
    weeks = -(-last // 7)
    weekly = np.exp(parameters.spend_noise_sigma * draws.normal_by_day("spend noise", traits.shape_RSP, weeks))
    noise_RSPT = np.repeat(weekly, 7, axis=-1)[..., :last]
    wanted_RST = demand_RST * promoted_RST * ~paused
    return np.asarray(traits.reference_spend_RSP[..., None] * wanted_RST[:, :, None, :] * noise_RSPT)
