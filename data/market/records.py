"""The networks' daily sums as a table."""

import numpy as np
import pandas as pd

from data.market.keys import calendar, cell_columns
from data.market.world import BrandWorld


def delivery_table(world: BrandWorld) -> pd.DataFrame:
    """One row per day and cell with any delivery: the sums of its events, per attribution window."""
    delivered = world.history.delivered
    cell_days = np.flatnonzero(delivered.events_D)
    cell, day = np.divmod(cell_days, world.parameters.days)
    table = pd.DataFrame(
        {
            "date": calendar(world.parameters)[day],
            **{name: values[cell] for name, values in cell_columns(world).items()},
            **{name: sums_D[cell_days] for name, sums_D in delivered.sums_D.items()},
        }
    )
    return table.sort_values(["date", "retailer_id", "sku_id", "placement_type"], ignore_index=True)
