"""The days on which more is bought: US federal holidays and the days before them."""

from datetime import date, timedelta
from functools import cache

import numpy as np
import pandas as pd
from pandas.tseries.holiday import USFederalHolidayCalendar

from data.market.draws import Bools

DAYS_BEFORE = 3


@cache
def is_holiday_time(first: date, days: int) -> Bools:
    """Of `days` days from `first`."""
    holidays = USFederalHolidayCalendar().holidays(first, first + timedelta(days=days + DAYS_BEFORE))
    until = (holidays - pd.Timestamp(first)).days.to_numpy()
    distance = until[None, :] - np.arange(days)[:, None]
    return np.asarray(((distance >= 0) & (distance <= DAYS_BEFORE)).any(axis=1))
