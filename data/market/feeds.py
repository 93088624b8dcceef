"""What the brand itself knows: its private daily feed, and its own view of the weeks to come."""

import numpy as np
import pandas as pd

from data.market.feed_quality import error_factor, known_days, wrong_count, wrong_margin, wrong_price_micros
from data.market.keys import calendar
from data.market.stock import whole_stock, whole_units
from data.market.world import BrandWorld, committed_deliveries


def private_feed(world: BrandWorld) -> pd.DataFrame:
    """One row per retailer x SKU x day of history that the feed knows or fills in, in that order."""
    parameters, traits, history = world.parameters, world.traits, world.history
    days, known = world.environment.days, known_days(parameters)
    factor_RST = error_factor(parameters, world.draws, "feed", history.paused_RST.shape)[..., known]
    retailer, sku, shown = (index.ravel() for index in np.indices(factor_RST.shape))
    return pd.DataFrame(
        {
            "retailer_id": np.array(traits.retailer_ids, dtype=object)[retailer],
            "sku_id": np.array(traits.sku_ids, dtype=object)[sku],
            "date": calendar(parameters)[shown],
            "units": wrong_count(whole_units(history.trade.sales_T)[..., known], factor_RST).ravel(),
            "price_micros": wrong_price_micros(days.price_RST[..., known], factor_RST).ravel(),
            "margin_share": wrong_margin(days.margin_RST[..., known], factor_RST).ravel(),
            "promo_flag": days.promotion_RST[..., known].ravel(),
            "stock_level": wrong_count(whole_stock(history.trade.closing_T)[..., known], factor_RST).ravel(),
            "ads_paused": history.paused_RST[..., : len(known)].ravel(),
        }
    )


def outlook(world: BrandWorld) -> pd.DataFrame:
    """One row per retailer x SKU: the outlook window as the brand expects it on the last day of history.

    `stock_on_hand` is of the last evening the feed knows; `inbound_units` arrive by the window's end; price and margin
    are the window's daily means.
    """
    parameters, traits = world.parameters, world.traits
    start, end = ((day - parameters.first_day).days for day in parameters.outlook_window)
    environment = world.environment_through(end + 1)
    arriving = committed_deliveries(world, end + 1)
    window = slice(start, end + 1)
    on_hand_RS = whole_stock(world.history.trade.closing_T[..., known_days(parameters)[-1]])
    factor_RS = error_factor(parameters, world.draws, "outlook", (*traits.size_RS.shape, 1))[..., 0]
    forecast_RS = environment.days.forecast_RST[..., window].sum(axis=-1)
    retailer, sku = (index.ravel() for index in np.indices(traits.size_RS.shape))
    return pd.DataFrame(
        {
            "retailer_id": np.array(traits.retailer_ids, dtype=object)[retailer],
            "sku_id": np.array(traits.sku_ids, dtype=object)[sku],
            "stock_on_hand": wrong_count(on_hand_RS, factor_RS).ravel(),
            "inbound_units": wrong_count(np.rint(arriving.sum(axis=-1)), factor_RS).ravel(),
            "expected_organic_units": np.round(forecast_RS * factor_RS, 2).ravel(),
            "promo_days": environment.days.promotion_RST[..., window].sum(axis=-1).ravel(),
            "price_micros": wrong_price_micros(
                environment.days.price_RST[..., window].mean(axis=-1), factor_RS
            ).ravel(),
            "margin_share": wrong_margin(environment.days.margin_RST[..., window].mean(axis=-1), factor_RS).ravel(),
        }
    )
