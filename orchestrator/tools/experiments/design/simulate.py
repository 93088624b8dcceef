"""Tests that never happened, run on history: arms drawn, a lift put in, measured as the real test would be."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.design.matching import coin_per_pair, matched_pairs
from orchestrator.tools.experiments.design.results import Option, PowerPoint, SimulatedShare
from orchestrator.tools.experiments.lift import measured_by

LEVEL, WANTED_POWER = 0.05, 0.8
STEPS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0)  # of what the formula says can be found; the simulation corrects it
FEWEST_BEFORE_SHARE = 0.5  # of the history: the real test will have all of it before its start


@dataclass(frozen=True)
class History:
    """Complete rows: (units, times), and how many days one period lasts."""

    outcome_UT: Floats
    day_T: Floats
    period_days: float

    def periods(self, weeks: float) -> int:
        return max(1, round(weeks * 7 / self.period_days))


@dataclass(frozen=True)
class PlaceboTest:
    arms: Arms

    def with_lift(self, lift: float) -> Arms:
        arms = self.arms
        on: Flags = arms.is_treated_U[:, None] & arms.is_after_T
        return Arms(arms.outcome_UT * (1 + lift * on), arms.is_treated_U, arms.is_after_T, arms.day_T, units=arms.units)


def placebo_tests(history: History, weeks: float, pairs: int, draws: int, seed: int) -> list[PlaceboTest]:
    """Units, start and treated one of each pair at random; pairs are matched on what was known at the start."""
    after, (units, periods) = history.periods(weeks), history.outcome_UT.shape
    earliest = int(np.ceil(periods * FEWEST_BEFORE_SHARE))
    tests = []
    for draw in range(draws):
        random = np.random.default_rng([seed, draw])
        start = int(random.integers(min(earliest, periods - after), periods - after + 1))
        outcome = history.outcome_UT[:, : start + after]
        chosen = random.choice(units, len(outcome) if 2 * pairs >= units - 1 else 2 * pairs, replace=False)
        matched = matched_pairs(outcome[chosen, :start].mean(axis=1))
        treated = coin_per_pair(matched, len(chosen), random)[matched.ravel()]
        is_after = np.arange(start + after) >= start
        tests.append(
            PlaceboTest(Arms(outcome[chosen[matched.ravel()]], treated, is_after, history.day_T[: start + after]))
        )
    return tests


def simulated_option(tests: Sequence[PlaceboTest], weeks: float, method: str, lift: float) -> Option:
    """Raises InputInvalid when the method cannot measure these units."""
    without = [measured_by(method, test.arms) for test in tests]
    formula = float(np.median([measured.minimum_detectable_relative for measured in without]))
    lifts = sorted({*(round(step * formula, 6) for step in STEPS), lift})
    curve = tuple(PowerPoint(lift=value, power=_power(tests, method, value)) for value in lifts)
    return Option(
        weeks=weeks,
        units=len(tests[0].arms.is_treated_U),
        size=simulated_share([measured.p_value <= LEVEL for measured in without]),
        power_at_lift=next(point.power for point in curve if point.lift == lift),
        minimum_detectable_relative=_minimum_detectable(curve),
        power_curve=curve,
    )


def simulated_share(hits: Sequence[bool]) -> SimulatedShare:
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(0.95, method="exact")
    return SimulatedShare(share=sum(hits) / len(hits), ci95=(float(interval.low), float(interval.high)))


def _power(tests: Sequence[PlaceboTest], method: str, lift: float) -> SimulatedShare:
    return simulated_share([measured_by(method, test.with_lift(lift)).p_value <= LEVEL for test in tests])


def _minimum_detectable(curve: Sequence[PowerPoint]) -> float | None:
    """Where the curve, made never to fall, crosses the wanted power; linear in between."""
    power = np.maximum.accumulate([point.power.share for point in curve])
    lifts = np.array([point.lift for point in curve])
    if power[-1] < WANTED_POWER:
        return None
    first = int(np.argmax(power >= WANTED_POWER))
    if first == 0:
        return float(lifts[0])
    share = (WANTED_POWER - power[first - 1]) / (power[first] - power[first - 1])
    return float(lifts[first - 1] + share * (lifts[first] - lifts[first - 1]))
