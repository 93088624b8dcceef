"""One or few treated units against a weighted mean of the untreated ones, with placebo inference.

Every unit's series is divided by its own mean before the start, so that units of all sizes can stand in for each other
(an intercept-shifted synthetic control: Doudchenko and Imbens 2016; Ferman and Pinto 2021). A supposed effect is taken
out of the treated units; then any group of as many units could have been the treated one, and the real group's score is
ranked among such groups' (Abadie, Diamond and Hainmueller 2010; as a randomisation test, Firpo and Possebom 2018).
"""

import math
from dataclasses import replace

import numpy as np

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.arrays import Floats
from orchestrator.tools.experiments.measured import NO_COST_DIFFERENCE, Measured, require_positive, require_variation
from orchestrator.tools.experiments.placebos import placebos_of
from schemas.errors import InputInvalid
from schemas.lift import Estimate

MOST_TREATED = 3
FEWEST_UNTREATED = 19  # the smallest number whose placebos can rank an estimate among the most extreme 5 %
FEWEST_PERIODS = 8  # before the start; weights fitted to fewer follow noise


def synthetic_control(arms: Arms) -> Measured:
    """Raises InputInvalid for too few units or periods, gaps in a treated unit's rows, or a level that is not positive.

    The interval holds the relative effects whose removal leaves the treated group unremarkable among the placebos.
    """
    arms = _complete(arms)
    base = float(arms.outcome_UT[arms.is_treated_U][:, ~arms.is_after_T].mean())
    placebos = placebos_of(arms)
    require_variation(placebos.error)
    level, counterfactual = placebos.level, placebos.counterfactual
    require_positive(counterfactual * base)
    least_kept, most_kept = placebos.kept_shares()
    if least_kept <= 0:
        raise InputInvalid(
            "the untreated units follow the treated one so loosely before the start that an effect of its whole "
            "outcome cannot be ruled out; give a longer history, or units that move alike"
        )
    without = np.sort(placebos.scores(counterfactual / level)[1:])
    absolute = Estimate(
        estimate=(level - counterfactual) * base, ci95=(level * (1 - most_kept) * base, level * (1 - least_kept) * base)
    )
    extra_cost = _extra_cost(arms)
    return Measured(
        absolute=absolute,
        relative=Estimate(estimate=level / counterfactual - 1, ci95=(1 / most_kept - 1, 1 / least_kept - 1)),
        p_value=placebos.p_value(1.0),
        counterfactual=counterfactual * base,
        reach=placebos.error * float(without[math.ceil(0.95 * (len(without) + 1)) - 1]) * base,
        standard_error=placebos.error * float(np.sqrt(np.mean(without**2))) * base,
        degrees=float(len(arms.units) - 2),
        iroas=None if not extra_cost else _ratio(absolute, extra_cost),
        iroas_missing=NO_COST_DIFFERENCE if extra_cost == 0 else "",
        facts={
            "untreated_units_used": arms.untreated_units,
            "placebos": len(without),
            "fit_error_before_relative": placebos.error,
            "heaviest_untreated_units": _heaviest(placebos.weights, arms),
        },
    )


def _complete(arms: Arms) -> Arms:
    """Untreated units with gaps, or with nothing before the start, are left out. Raises InputInvalid."""
    usable = ~np.isnan(arms.outcome_UT).any(axis=1) & (arms.before_U > 0)
    broken = arms.is_treated_U & ~usable
    if broken.any():
        raise InputInvalid(
            f"treated unit {arms.units[int(np.flatnonzero(broken)[0])]!r} has no row for some period, or a mean before "
            "the start that is not positive; synthetic_control needs both: fill in 0 where no row means no sale"
        )
    kept = replace(
        arms,
        outcome_UT=arms.outcome_UT[usable],
        is_treated_U=arms.is_treated_U[usable],
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
