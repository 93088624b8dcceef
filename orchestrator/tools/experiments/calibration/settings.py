"""The tests that are drawn: units, arms and a stretch of time from untreated sales, and the same with a lift put in."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

import numpy as np
import pandas as pd

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.calibration.row_test import row_test
from orchestrator.tools.experiments.calibration.sources import Source, weekly
from orchestrator.tools.experiments.choice import chosen_method
from orchestrator.tools.experiments.experiment import Experiment
from orchestrator.tools.experiments.lift import measured_by
from orchestrator.tools.experiments.measured import Measured
from orchestrator.tools.experiments.methods import ARM_METHODS
from orchestrator.tools.experiments.panel import Panel
from orchestrator.tools.experiments.switchback import blocks_of, switchback

WEEKS_BEFORE, WEEKS_AFTER = 26, 8
BLOCK_DAYS, BURN_IN_DAYS = 7, 2
SELLING_WEEKS_SHARE = 0.5  # a unit that hardly sells is not one that somebody would test

Drawn = TypeVar("Drawn")


@dataclass(frozen=True)
class Setting(Generic[Drawn]):
    """`draw` gives the same test without an effect and with `lift` (a share) put in."""

    source: str
    name: str
    lift: float
    draw: Callable[[np.random.Generator], tuple[Drawn, Drawn]]
    methods: dict[str, Callable[[Drawn], Measured]]


AnySetting = Setting[Arms] | Setting[Panel]


def settings_of(source: Source) -> list[AnySetting]:
    """Every method of `METHODS`, `auto`, and the row-level test that the others exist to replace."""
    settings: list[AnySetting] = [halves_of(source), _halves(source, 20, 0.20)]
    if source.small_UD is not None:
        settings.append(_halves(source, 400, 0.10, of_small=True))
    settings += [_few(source, treated) for treated in (1, 3)]
    settings += [_switchback(source, units, blocks) for units, blocks in ((20, 10), (1, 24))]
    return settings


def halves_of(source: Source) -> Setting[Arms]:
    return _halves(source, 60, 0.12)


def with_lift(outcome: Floats, is_on: Flags, lift: float) -> Floats:
    return np.asarray(outcome * (1 + lift * is_on))


def _halves(source: Source, units: int, lift: float, of_small: bool = False) -> Setting[Arms]:
    group, daily = source.small_UD if of_small and source.small_UD is not None else (source.units, source.daily_UD)
    tables = tuple(weekly(_selling(table)) for table in daily)
    methods = {name: _by(name) for name in ARM_METHODS} | {"auto": _auto, "rows (not offered)": row_test}
    name = f"{units} {group}, half treated, {WEEKS_BEFORE} + {WEEKS_AFTER} weeks"
    return Setting(source.name, name, lift, lambda random: _arms(random, tables, units, units // 2, lift), methods)


def _few(source: Source, treated: int) -> Setting[Arms]:
    """A synthetic control is for few large units: an SKU alone is too noisy for one, so baskets of them are drawn."""
    tables, size, lift = tuple(weekly(table) for table in source.daily_UD), source.basket, 0.25
    what = source.units if size == 1 else f"baskets of {size} {source.units}"
    name = f"{treated} of 30 {what} treated, {WEEKS_BEFORE} + {WEEKS_AFTER} weeks"
    methods = {"synthetic_control": _by("synthetic_control")}
    return Setting(source.name, name, lift, lambda random: _arms(random, tables, 30, treated, lift, size), methods)


def _switchback(source: Source, units: int, blocks: int) -> Setting[Panel]:
    """One unit is all sales together: a whole retailer or placement switched."""
    if units == 1:
        tables = tuple(table.sum(axis=0, keepdims=True) for table in source.daily_UD)
        what, lift = f"all {source.units} together", 0.12
    else:
        tables = tuple(_selling(table) for table in source.daily_UD)
        what, lift = f"{units} {source.units}, each its own schedule", 0.20
    name = f"{what}, {blocks} blocks of {BLOCK_DAYS} days"

    def draw(random: np.random.Generator) -> tuple[Panel, Panel]:
        outcome = _sample(random, tables, units, blocks * BLOCK_DAYS)
        is_on = np.repeat(_schedules(random, units, blocks), BLOCK_DAYS, axis=1)
        times = pd.date_range(source.first_day, periods=outcome.shape[1])
        panel = Panel(tuple(map(str, range(units))), times, outcome, is_on)
        return panel, replace(panel, outcome_UT=with_lift(outcome, is_on, lift))

    def measure(panel: Panel) -> Measured:
        return switchback(blocks_of(panel, source.first_day, BLOCK_DAYS, BURN_IN_DAYS))

    return Setting(source.name, name, lift, draw, {"switchback": measure})


def _schedules(random: np.random.Generator, units: int, blocks: int) -> Flags:
    """Half of each unit's blocks, at random."""
    half = np.arange(blocks) < blocks // 2
    return np.array([random.permutation(half) for _ in range(units)])


def _arms(
    random: np.random.Generator, tables: tuple[Floats, ...], units: int, treated: int, lift: float, basket: int = 1
) -> tuple[Arms, Arms]:
    outcome = _sample(random, tables, units, WEEKS_BEFORE + WEEKS_AFTER, basket)
    is_treated = random.permutation(np.arange(units) < treated)
    is_after = np.arange(outcome.shape[1]) >= WEEKS_BEFORE
    arms = Arms(
        outcome_UT=outcome,
        is_treated_U=is_treated,
        is_after_T=is_after,
        day_T=np.arange(0, 7 * outcome.shape[1], 7, dtype=np.float64),
        units=tuple(map(str, range(units))),
    )
    return arms, replace(arms, outcome_UT=with_lift(outcome, is_treated[:, None] & is_after, lift))


def _sample(
    random: np.random.Generator, tables: tuple[Floats, ...], units: int, periods: int, basket: int = 1
) -> Floats:
    large_enough = [table for table in tables if len(table) >= units * basket]
    table = large_enough[random.integers(len(large_enough))]
    chosen = random.choice(len(table), units * basket, replace=False)
    start = random.integers(table.shape[1] - periods + 1)
    rows = table[chosen, start : start + periods]
    return np.asarray(rows.reshape(units, basket, periods).sum(axis=1))


def _selling(daily_UD: Floats) -> Floats:
    return np.asarray(daily_UD[(weekly(daily_UD) > 0).mean(axis=1) >= SELLING_WEEKS_SHARE])


def _by(method: str) -> Callable[[Arms], Measured]:
    return partial(measured_by, method)


def _auto(arms: Arms) -> Measured:
    return measured_by(chosen_method(arms, Experiment(start=pd.Timestamp(0).date())).method, arms)
