"""Repetitions of one setting: every method on every drawn test, without and with the lift."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.calibration.settings import Drawn, Setting
from orchestrator.tools.experiments.measured import Measured
from schemas.errors import InputInvalid


@dataclass(frozen=True)
class Trial:
    """One test, one method. `null_p_value` is spread evenly within its step where p comes in steps, as of placebos."""

    null_p_value: float
    null_p_value_spread: float
    estimate: float
    low: float
    high: float
    p_value: float
    formula_power: float


def trials(setting: Setting[Drawn], repetitions: int, seed: int) -> Iterator[dict[str, Trial | None]]:
    """Per repetition, a trial of every method; None where it refused. The same seed draws the same tests."""
    for repetition in range(repetitions):
        random = np.random.default_rng([seed, repetition])
        null, lifted = setting.draw(random)
        spread = float(random.random())
        yield {name: _trial(method, null, lifted, setting.lift, spread) for name, method in setting.methods.items()}


def formula_power(measured: Measured, lift: float) -> float:
    """The chance of p < 0.05 at a true `lift`, by the formula behind `minimum_detectable_relative`."""
    effect, error = lift * measured.counterfactual, measured.standard_error
    above = stats.t.sf((measured.reach - effect) / error, measured.degrees)
    return float(above + stats.t.cdf((-measured.reach - effect) / error, measured.degrees))


def _trial(method: Callable[[Drawn], Measured], null: Drawn, lifted: Drawn, lift: float, spread: float) -> Trial | None:
    try:
        without, found = method(null), method(lifted)
    except InputInvalid:
        return None
    placebos = without.facts.get("placebos")
    step = 0.0 if placebos is None else 1 / (float(placebos) + 1)
    low, high = found.relative.ci95
    return Trial(
        null_p_value=without.p_value,
        null_p_value_spread=without.p_value - spread * step,
        estimate=found.relative.estimate,
        low=low,
        high=high,
        p_value=found.p_value,
        formula_power=formula_power(found, lift),
    )
