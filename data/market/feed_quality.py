"""How a feed can fail the brand: days it does not know yet, and rows whose amounts are wrong by a factor."""

import numpy as np

from data.market.draws import Draws, Floats, Ints
from data.market.parameters import FeedLag, MarketParameters
from schemas.units import MICROS_PER_UNIT

HIGHEST_MARGIN = 0.99


def known_days(parameters: MarketParameters) -> Ints:
    """For each day the feed shows, from the first of history, the day whose facts it shows."""
    last_known = parameters.days - 1 - parameters.feed_lag_days
    if parameters.feed_lag is FeedLag.MISSING:
        return np.arange(last_known + 1)
    return np.minimum(np.arange(parameters.days), last_known)


def error_factor(parameters: MarketParameters, draws: Draws, feed: str, shape_RST: tuple[int, ...]) -> Floats:
    """What a row's amounts are multiplied with: 1 where it is right."""
    *rows, days = shape_RST
    is_wrong = draws.uniform_by_day(f"{feed} error", tuple(rows), days) < parameters.feed_error_share
    is_high = draws.uniform_by_day(f"{feed} error side", tuple(rows), days) < 0.5
    factor = parameters.feed_error_factor
    return np.where(is_wrong, np.where(is_high, factor, 1 / factor), 1.0)


def wrong_count(counts: Ints | Floats, factor: Floats) -> Ints:
    return np.rint(counts * factor).astype(np.int64)


def wrong_price_micros(prices: Floats, factor: Floats) -> Ints:
    return np.rint(prices * factor * MICROS_PER_UNIT).astype(np.int64)


def wrong_margin(margins: Floats, factor: Floats) -> Floats:
    """Never above HIGHEST_MARGIN, where no product is sold."""
    return np.asarray(np.round(np.minimum(margins * factor, HIGHEST_MARGIN), 4))
