"""The true response curve of each cell over a campaign: what an arm's estimate is compared with, and an oracle's input.

Of one cell by itself, at an evenly paced spend that audiences are used to: what the cell's SKU and its category's other
products gain, on full shelves, at the campaign's own demand, prices and margins.
"""

from datetime import date

import numpy as np
import pandas as pd

from data.market.keys import cell_columns
from data.market.response import rate
from data.market.world import BrandWorld


def true_curves(world: BrandWorld, start: date, end: date, spends: np.ndarray) -> pd.DataFrame:
    """One row per cell: keys, `revenue` and `margin`, each a tuple with an entry per spend.

    `spends`: (points,) multiples of the cell's reference spend a day. `reference_spend` is that amount in currency
    units; `revenue` and `margin` are currency units a day, on average over the campaign.
    """
    traits, parameters = world.traits, world.parameters
    first = (start - parameters.first_day).days
    last = (end - parameters.first_day).days + 1
    environment = world.environment_through(last)
    daily = spends * traits.reference_spend_RSP[..., None]
    added = daily * rate(parameters, traits, daily)
    days = environment.days
    receptive_RST = days.index_RST[..., first:last] ** parameters.demand_synergy
    units_RS = receptive_RST / traits.retail_price_RS[..., None]
    price_RST = days.price_RST[..., first:last]
    revenue_RS = np.einsum("rit,rij,rjt->ri", units_RS, environment.spill_RSS, price_RST) / (last - first)
    margin_RST = price_RST * days.margin_RST[..., first:last]
    margin_RS = np.einsum("rit,rij,rjt->ri", units_RS, environment.spill_RSS, margin_RST) / (last - first)
    points = added.reshape(-1, len(spends))
    keys = {name: values for name, values in cell_columns(world).items() if name != "brand_id"}
    placements = traits.reference_spend_RSP.shape[2]
    return pd.DataFrame(
        {
            **keys,
            "reference_spend": traits.reference_spend_RSP.ravel(),
            "revenue": list(points * np.repeat(revenue_RS.ravel(), placements)[:, None]),
            "margin": list(points * np.repeat(margin_RS.ravel(), placements)[:, None]),
        }
    )
