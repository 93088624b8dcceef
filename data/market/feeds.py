"""What the brand itself knows: its private daily feed, and its own view of the weeks to come."""

import numpy as np
import pandas as pd

from data.market.draws import Floats, Ints
from data.market.keys import calendar
from data.market.stock import whole_stock, whole_units
from data.market.world import BrandWorld, committed_deliveries
from schemas.units import MICROS_PER_UNIT


def private_feed(world: BrandWorld) -> pd.DataFrame:
    """One row per retailer x SKU x day of history, in that order."""
    parameters, traits, history = world.parameters, world.traits, world.history
    retailer, sku, day = (index.ravel() for index in np.indices(history.paused_RST.shape))
    days = world.environment.days
    last = parameters.days
    return pd.DataFrame(
        {
            "retailer_id": np.array(traits.retailer_ids, dtype=object)[retailer],
            "sku_id": np.array(traits.sku_ids, dtype=object)[sku],
            "date": calendar(parameters)[day],
            "units": whole_units(history.trade.sales_T).ravel(),
            "price_micros": _micros(days.price_RST[..., :last]),
            "margin_share": np.round(days.margin_RST[..., :last].ravel(), 4),
            "promo_flag": days.promotion_RST[..., :last].ravel(),
            "stock_level": whole_stock(history.trade.closing_T).ravel(),
            "ads_paused": history.paused_RST.ravel(),
        }
    )


def outlook(world: BrandWorld) -> pd.DataFrame:
    """One row per retailer x SKU: the outlook window as the brand expects it on the last day of history.

    `stock_on_hand` is that evening's; `inbound_units` arrive by the window's end; price and margin are the window's
    daily means.
    """
    parameters, traits = world.parameters, world.traits
    start, end = ((day - parameters.first_day).days for day in parameters.outlook_window)
    environment = world.environment_through(end + 1)
    arriving = committed_deliveries(world, end + 1)
    window = slice(start, end + 1)
    retailer, sku = (index.ravel() for index in np.indices(traits.size_RS.shape))
    return pd.DataFrame(
        {
            "retailer_id": np.array(traits.retailer_ids, dtype=object)[retailer],
            "sku_id": np.array(traits.sku_ids, dtype=object)[sku],
            "stock_on_hand": whole_stock(world.history.trade.closing_T[..., -1]).ravel(),
            "inbound_units": np.rint(arriving.sum(axis=-1)).astype(np.int64).ravel(),
            "expected_organic_units": np.round(environment.days.forecast_RST[..., window].sum(axis=-1).ravel(), 2),
            "promo_days": environment.days.promotion_RST[..., window].sum(axis=-1).ravel(),
            "price_micros": _micros(environment.days.price_RST[..., window].mean(axis=-1)),
            "margin_share": np.round(environment.days.margin_RST[..., window].mean(axis=-1).ravel(), 4),
        }
    )


def _micros(amounts: Floats) -> Ints:
    return np.rint(amounts.ravel() * MICROS_PER_UNIT).astype(np.int64)
