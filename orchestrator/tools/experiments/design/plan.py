"""From a history to a design: which lengths and numbers of units would find the wished lift."""

import sys
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from orchestrator.tools.experiments.arrays import Flags
from orchestrator.tools.experiments.catalogue import METHOD_FACTS
from orchestrator.tools.experiments.choice import FEW_UNITS
from orchestrator.tools.experiments.design.matching import coin_per_pair, matched_pairs
from orchestrator.tools.experiments.design.results import Design, Option, Pair
from orchestrator.tools.experiments.design.simulate import History, placebo_tests, simulated_option
from orchestrator.tools.experiments.design.words import design_limits, design_reading, recommended
from orchestrator.tools.experiments.panel import Panel
from schemas.errors import InputInvalid

WEEKS = (1.0, 2.0, 4.0, 6.0, 8.0, 12.0)
UNIT_SHARES = (0.25, 0.5, 0.75)
FEWEST_UNITS, FEWEST_PERIODS = 6, 8
LONGEST_SHARE = 1 / 3  # of the history: a test longer than that has too little behind it


@dataclass(frozen=True)
class Wish:
    """`lift` as a share; `weeks` None to try several. `tests` are simulated per option."""

    lift: float = 0.05
    weeks: float | None = None
    tests: int = 200
    seed: int = 0


def design_test(panel: Panel, wish: Wish) -> Design:
    """Raises InputInvalid for a history with too few complete units or periods, or shorter than the wished test."""
    kept = _complete_units(panel)
    history = _history(panel, kept)
    weeks = _weeks(history, wish.weeks)
    pairs = matched_pairs(history.outcome_UT.mean(axis=1))
    method = "did" if len(pairs) < FEW_UNITS else "cuped"
    counts = sorted({max(FEWEST_UNITS // 2, round(share * len(pairs))) for share in UNIT_SHARES} - {len(pairs)})
    with tqdm(total=len(weeks) + len(counts), unit="option", file=sys.stderr, leave=False) as progress:

        def option(length: float, count: int) -> Option:
            tests = placebo_tests(history, length, count, wish.tests, wish.seed)
            progress.update()
            return simulated_option(tests, length, method, wish.lift)

        durations = tuple(option(length, len(pairs)) for length in weeks)
        length = recommended(durations, (), wish.lift).weeks or weeks[-1]
        full = next(found for found in durations if found.weeks == length)
        sample_sizes = (*(option(length, count) for count in counts), full)
    names = [unit for unit, keep in zip(panel.units, kept, strict=True) if keep]
    recommendation = recommended(durations, sample_sizes, wish.lift)
    drawn = _drawn(history, names, pairs, wish.seed)
    return Design(
        lift=wish.lift,
        method=method,
        estimand=METHOD_FACTS[method].estimand,
        method_class=METHOD_FACTS[method].method_class,
        units=2 * len(pairs),
        units_left_out=len(panel.units) - 2 * len(pairs),
        periods=history.outcome_UT.shape[1],
        period_days=history.period_days,
        durations=durations,
        sample_sizes=sample_sizes,
        recommendation=recommendation,
        assignment={
            name: arm for pair in drawn for name, arm in ((pair.treated, "treatment"), (pair.untreated, "control"))
        },
        pairs=drawn,
        simulated_tests=wish.tests,
        seed=wish.seed,
        limits=design_limits(method, history),
        reading=design_reading(recommendation, durations, wish.lift, method),
    )


def _complete_units(panel: Panel) -> Flags:
    kept: Flags = np.asarray(panel.is_present_UT.all(axis=1))
    if kept.sum() < FEWEST_UNITS:
        raise InputInvalid(
            f"{int(kept.sum())} of {len(kept)} units have a row for every period; a design needs at least "
            f"{FEWEST_UNITS}: add units, or fill in 0 where no row means no sale"
        )
    return kept


def _history(panel: Panel, kept: Flags) -> History:
    periods = len(panel.times)
    if periods < FEWEST_PERIODS:
        raise InputInvalid(f"{periods} periods of history; a design needs at least {FEWEST_PERIODS}: add history")
    return History(panel.outcome_UT[kept], panel.day_T, float(np.median(np.diff(panel.day_T))))


def _weeks(history: History, wished: float | None) -> tuple[float, ...]:
    """Lengths of whole periods that leave enough history before them."""
    longest = history.outcome_UT.shape[1] * history.period_days / 7
    if wished is not None:
        if wished * 7 < history.period_days or wished > longest / 2:
            raise InputInvalid(
                f"a test of {wished:g} weeks does not fit a history of {longest:.1f} weeks in periods of "
                f"{history.period_days:g} days; choose {history.period_days / 7:.1f} to {longest / 2:.1f} weeks, "
                "or add history"
            )
        return (wished,)
    fitting = tuple(weeks for weeks in WEEKS if history.period_days <= weeks * 7 <= longest * 7 * LONGEST_SHARE)
    return fitting or (max(1, int(history.outcome_UT.shape[1] * LONGEST_SHARE)) * history.period_days / 7,)


def _drawn(history: History, names: list[str], pairs: np.ndarray, seed: int) -> tuple[Pair, ...]:
    mean_U = history.outcome_UT.mean(axis=1)
    is_treated = coin_per_pair(pairs, len(names), np.random.default_rng(seed))
    ordered = [(a, b) if is_treated[a] else (b, a) for a, b in pairs.tolist()]
    return tuple(
        Pair(treated=names[a], untreated=names[b], mean_treated=float(mean_U[a]), mean_untreated=float(mean_U[b]))
        for a, b in ordered
    )
