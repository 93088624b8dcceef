"""Simulated panels with a lift that is known because it was put in."""

from datetime import date

import numpy as np
import pandas as pd

from orchestrator.tools.experiments import Columns, Experiment, Panel, measure_lift, panel_from_frame
from orchestrator.tools.experiments.arms import Arms, arms_of
from schemas.lift import LiftEstimate

START = date(2026, 3, 2)
COLUMNS = Columns("unit", "day", "sales", "arm")
WITH_COST = Columns("unit", "day", "sales", "arm", "cost")


def frame(
    seed: int,
    units: int = 60,
    days_before: int = 28,
    days_after: int = 14,
    lift: float = 0.0,
    cost: float = 0.0,
    size_spread: float = 0.6,
    split: float = 0.5,
) -> pd.DataFrame:
    """Units of log-normal size, weekday swings and autocorrelated shocks; treated sales are raised by `lift` (share).

    `cost` is spent per treated unit and day, in the unit's proportion of size, with noise.
    """
    random = np.random.default_rng(seed)
    days = days_before + days_after
    dates = pd.date_range(end=pd.Timestamp(START) + pd.Timedelta(days=days_after - 1), periods=days)
    size = 100 * random.lognormal(0, size_spread, units)
    shocks = random.normal(0, 0.15, (units, days))
    for day in range(1, days):
        shocks[:, day] += 0.6 * shocks[:, day - 1]
    weekday = 1 + 0.2 * np.sin(2 * np.pi * np.arange(days) / 7)
    treated = np.zeros(units, bool)
    treated[random.permutation(units)[: round(units * split)]] = True
    after = np.arange(days) >= days_before
    on = treated[:, None] & after[None, :]
    sales = size[:, None] * weekday * np.exp(shocks) * (1 + lift * on)
    spend = on * cost * size[:, None] / 100 * random.lognormal(0, 0.1, (units, days))
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{i}" for i in range(units)], days),
            "day": np.tile(dates, units),
            "sales": sales.ravel(),
            "arm": np.repeat(treated.astype(int), days),
            "cost": spend.ravel(),
        }
    )


def panel(seed: int, columns: Columns = COLUMNS, **made: float) -> Panel:
    return panel_from_frame(frame(seed, **made), columns)  # type: ignore[arg-type]


def arms(seed: int, columns: Columns = COLUMNS, **made: float) -> Arms:
    return arms_of(panel(seed, columns, **made), START)


def lift_in(panel: Panel, method: str = "auto", **said: float) -> LiftEstimate:
    return measure_lift(panel, Experiment(START, method, **said))  # type: ignore[arg-type]
