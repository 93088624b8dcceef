"""One or few treated units against a weighted mean of the untreated ones, with placebo inference.

Every unit's series is divided by its own mean before the start, so that units of all sizes can stand in for each other
(an intercept-shifted synthetic control: Doudchenko and Imbens 2016; Ferman and Pinto 2021).
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import nnls

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.arrays import Flags, Floats
from orchestrator.tools.experiments.measured import NO_COST_DIFFERENCE, Measured, require_positive, require_variation
from schemas.errors import InputInvalid
from schemas.lift import Estimate

MOST_TREATED = 3
FEWEST_UNTREATED = 19  # the smallest number whose placebos can rank an estimate among the most extreme 5 %
FEWEST_PERIODS = 8  # before the start; weights fitted to fewer follow noise
MOST_PLACEBOS = 199
SUM_WEIGHT = 1e3  # how hard the least squares hold the sum of the weights at 1; what is left is divided out


@dataclass(frozen=True)
class Fit:
    """`gap`: mean distance to the synthetic series after the start; `error`: root mean square before it."""

    gap: float
    error: float
    weights: Floats

    @property
    def score(self) -> float:
        """Abadie, Diamond and Hainmueller 2010: a gap counts in proportion to how well the fit was before."""
        return self.gap / self.error


def synthetic_control(arms: Arms) -> Measured:
    """Raises InputInvalid for too few units or periods, gaps in a treated unit's rows, or a level that is not positive.

    The interval inverts the placebo test: effects whose removal leaves a score among the placebos' inner 95 %.
    """
    arms = _complete(arms)
    series, base = _index(arms.outcome_UT[arms.is_treated_U].mean(axis=0), arms.is_after_T)
    donors = np.array([_index(row, arms.is_after_T)[0] for row in arms.outcome_UT[~arms.is_treated_U]])
    fit = fitted(series, donors, arms.is_after_T, arms.treated_units)
    require_variation(fit.error)
    scores = np.abs(placebo_scores(arms))
    level = float(series[arms.is_after_T].mean())
    require_positive((level - fit.gap) * base)
    reach = fit.error * float(np.sort(scores)[math.ceil(0.95 * (len(scores) + 1)) - 1])
    low, high = fit.gap - reach, fit.gap + reach
    if high >= level:
        raise InputInvalid(
            "the untreated units follow the treated one so loosely before the start that an effect of its whole "
            "outcome cannot be ruled out; give a longer history, or units that move alike"
        )
    absolute = Estimate(estimate=fit.gap * base, ci95=(low * base, high * base))
    extra_cost = _extra_cost(arms)
    return Measured(
        absolute=absolute,
        relative=Estimate(estimate=fit.gap / (level - fit.gap), ci95=(low / (level - low), high / (level - high))),
        p_value=float((1 + np.sum(scores >= abs(fit.score))) / (len(scores) + 1)),
        counterfactual=(level - fit.gap) * base,
        standard_error=fit.error * float(np.sqrt(np.mean(scores**2))) * base,
        degrees=float(len(scores) - 1),
        iroas=None if not extra_cost else _ratio(absolute, extra_cost),
        iroas_missing=NO_COST_DIFFERENCE if extra_cost == 0 else "",
        facts={
            "untreated_units_used": len(donors),
            "placebos": len(scores),
            "fit_error_before_relative": fit.error,
            "heaviest_untreated_units": _heaviest(fit.weights, arms),
        },
    )


def fitted(series: Floats, donors: Floats, is_after: Flags, treated_units: int) -> Fit:
    """Convex weights by non-negative least squares, with the ridge penalty of Arkhangelsky and others 2021.

    Their zeta: (treated units x periods after) ** (1/4) times the standard deviation of the untreated units' steps.
    """
    before = donors[:, ~is_after]
    zeta = (treated_units * is_after.sum()) ** 0.25 * np.diff(before, axis=1).std()
    rows = [before.T, np.full((1, len(donors)), SUM_WEIGHT), np.eye(len(donors)) * zeta * math.sqrt(before.shape[1])]
    target = np.concatenate([series[~is_after], [SUM_WEIGHT], np.zeros(len(donors))])
    weights = nnls(np.vstack(rows), target)[0]
    weights /= weights.sum()
    gap = series - weights @ donors
    return Fit(float(gap[is_after].mean()), float(np.sqrt(np.mean(gap[~is_after] ** 2))), weights)


def placebo_scores(arms: Arms) -> Floats:
    """The score of groups of untreated units, as many as were treated, taken for the treated ones."""
    outcome = arms.outcome_UT[~arms.is_treated_U]
    indices = np.array([_index(row, arms.is_after_T)[0] for row in outcome])
    scores = []
    for group in _groups(len(outcome), arms.treated_units):
        series, _ = _index(outcome[group].mean(axis=0), arms.is_after_T)
        scores.append(fitted(series, np.delete(indices, group, axis=0), arms.is_after_T, arms.treated_units).score)
    return np.array(scores)


def _groups(untreated: int, size: int) -> list[list[int]]:
    """All groups, or as many as suffice, drawn the same way every time."""
    if math.comb(untreated, size) <= MOST_PLACEBOS:
        return [list(group) for group in combinations(range(untreated), size)]
    random = np.random.default_rng(0)
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < MOST_PLACEBOS:
        drawn.add(tuple(sorted(random.choice(untreated, size, replace=False).tolist())))
    return [list(group) for group in sorted(drawn)]


def _index(row: Floats, is_after: Flags) -> tuple[Floats, float]:
    base = float(row[~is_after].mean())
    return row / base, base


def _complete(arms: Arms) -> Arms:
    """Untreated units with gaps, or with nothing before the start, are left out. Raises InputInvalid."""
    usable = ~np.isnan(arms.outcome_UT).any(axis=1) & (arms.before_U > 0)
    broken = arms.is_treated_U & ~usable
    if broken.any():
        raise InputInvalid(
            f"treated unit {arms.units[int(np.flatnonzero(broken)[0])]!r} has no row for some period, or a mean before "
            "the start that is not positive; synthetic_control needs both: fill in 0 where no row means no sale"
        )
    kept = Arms(
        outcome_UT=arms.outcome_UT[usable],
        is_treated_U=arms.is_treated_U[usable],
        is_after_T=arms.is_after_T,
        day_T=arms.day_T,
        cost_UT=None if arms.cost_UT is None else arms.cost_UT[usable],
        units=tuple(unit for unit, keep in zip(arms.units, usable, strict=True) if keep),
    )
    reason = unsuitable(kept)
    if reason:
        raise InputInvalid(f"method synthetic_control: {reason}")
    return kept


def unsuitable(arms: Arms) -> str:
    """Why these arms cannot carry a synthetic control; empty when they can."""
    if not 1 <= arms.treated_units <= MOST_TREATED:
        return f"{arms.treated_units} treated units; it is for 1 to {MOST_TREATED}, choose did or cuped for more"
    if arms.untreated_units < FEWEST_UNTREATED:
        return (
            f"{arms.untreated_units} untreated units with complete rows; a 95 % interval from placebos needs at least "
            f"{FEWEST_UNTREATED}: add untreated units"
        )
    if arms.periods_before < FEWEST_PERIODS:
        return f"{arms.periods_before} periods before the start; at least {FEWEST_PERIODS} are needed: add history"
    return ""


def _extra_cost(arms: Arms) -> float | None:
    """What treatment cost more per treated unit and period, taken as known; 0 when untreated ones' did the same."""
    if arms.cost_before_U is None or arms.cost_after_U is None:
        return None
    change = arms.cost_after_U - arms.cost_before_U
    untreated = change[~arms.is_treated_U]
    extra = float(change[arms.is_treated_U].mean() - untreated.mean())
    usual = np.abs(untreated - untreated.mean())
    return extra if np.mean(usual >= abs(extra)) < 0.05 and extra != 0 else 0.0


def _ratio(absolute: Estimate, cost: float) -> Estimate:
    low, high = sorted(bound / cost for bound in absolute.ci95)
    return Estimate(estimate=absolute.estimate / cost, ci95=(low, high))


def _heaviest(weights: Floats, arms: Arms, most: int = 3) -> str:
    names = [unit for unit, treated in zip(arms.units, arms.is_treated_U, strict=True) if not treated]
    order = np.argsort(-weights, kind="stable")[:most]
    return ", ".join(f"{names[index]} {weights[index]:.2f}" for index in order)
