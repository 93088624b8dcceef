"""What would be bought without advertising, day by day: size, weekday, season, promotions, shocks."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from data.market.draws import Bools, Draws, Floats
from data.market.holidays import is_holiday_time
from data.market.parameters import MarketParameters
from data.market.traits import BrandTraits

WEEKDAY = np.array([0.92, 0.90, 0.93, 1.00, 1.10, 1.15, 1.00])  # Monday first; mean 1
SMALLEST_MARGIN = 0.01  # a discount eats margin, but the brand does not sell below cost
PLANNED_PROMOTION_COVER = 0.7  # supply plans for this much of a promotion's extra demand


@dataclass(frozen=True)
class Days:
    """Day by day from the first day of history. `index_RST` is the day's mean organic demand over the usual one;
    `organic_RST` adds the day's chance; `forecast_RST` is what the brand expects without advertising."""

    promotion_RST: Bools
    price_RST: Floats
    margin_RST: Floats
    index_RST: Floats
    organic_RST: Floats
    forecast_RST: Floats


def build_days(parameters: MarketParameters, traits: BrandTraits, draws: Draws, days: int) -> Days:
    depth_RST = _promotion_depth(parameters, draws, traits.size_RS.shape, days)
    calendar_ST = _calendar(parameters, traits, days)
    expected_RST = traits.size_RS[:, :, None] * calendar_ST
    promoted_RST = 1 + parameters.promotion_lift * depth_RST
    shock_RST = _shock(parameters, draws, traits.size_RS.shape, days)
    mean_RST = expected_RST * promoted_RST * shock_RST
    price_RST = np.maximum(np.round(traits.retail_price_RS[:, :, None] * (1 - depth_RST), 2), 0.01)
    planned_RST = 1 + PLANNED_PROMOTION_COVER * parameters.promotion_lift * depth_RST
    return Days(
        promotion_RST=depth_RST > 0,
        price_RST=price_RST,
        margin_RST=np.maximum(1 - traits.cost_price_RS[:, :, None] / price_RST, SMALLEST_MARGIN),
        index_RST=mean_RST / traits.size_RS[:, :, None],
        organic_RST=mean_RST * draws.gamma_by_day("demand", 1 / (1 / mean_RST + parameters.overdispersion)),
        forecast_RST=expected_RST * planned_RST * traits.forecast_bias_RS[:, :, None],
    )


def _promotion_depth(parameters: MarketParameters, draws: Draws, shape: tuple[int, ...], days: int) -> Floats:
    """Discount as a share of the price, 0 off promotion. Promotions start on the week's first day."""
    if not parameters.promotions:
        return np.zeros((*shape, days))
    weeks = -(-days // 7)
    starts = draws.uniform_by_day("promotion start", shape, weeks) < parameters.promotion_rate
    is_long = draws.uniform_by_day("promotion length", shape, weeks) < parameters.promotion_two_weeks_share
    low, high = parameters.promotion_shallowest, parameters.promotion_deepest
    depth = starts * (low + (high - low) * draws.uniform_by_day("promotion depth", shape, weeks))
    carried = np.zeros_like(depth)
    carried[..., 1:] = (depth * is_long)[..., :-1]
    return np.repeat(np.where(depth > 0, depth, carried), 7, axis=-1)[..., :days]


def _calendar(parameters: MarketParameters, traits: BrandTraits, days: int) -> Floats:
    """Weekday times season times holidays; each category peaks in another part of the year."""
    day_T = np.arange(days)
    weekday_T = WEEKDAY[(parameters.first_day.weekday() + day_T) % 7] ** parameters.weekday_strength
    holiday_T = 1 + parameters.holiday_lift * is_holiday_time(parameters.first_day, days)
    of_year_T = (parameters.first_day.timetuple().tm_yday + day_T) / 365.25
    phase_S = traits.category_S / 4
    return np.asarray(
        weekday_T * holiday_T * (1 + parameters.season_amplitude * np.sin(2 * np.pi * (of_year_T + phase_S[:, None])))
    )


def _shock(parameters: MarketParameters, draws: Draws, shape: tuple[int, ...], days: int) -> Floats:
    """exp of a stationary AR(1), mean 1."""
    persistence, sd = parameters.shock_persistence, parameters.shock_sd
    innovation = draws.normal_by_day("demand shock", shape, days) * sd
    innovation[..., 1:] *= np.sqrt(1 - persistence**2)
    return np.asarray(np.exp(lfilter([1.0], [1.0, -persistence], innovation, axis=-1) - sd**2 / 2))
