"""What an estimator hands on: intervals, p-value and the precision that power follows from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scipy import stats

from orchestrator.tools.experiments.effects import Effect, Found
from orchestrator.tools.experiments.ratio import fieller, log_ratio
from schemas.errors import InputInvalid
from schemas.lift import Estimate

UNSURE_LEVEL = "approximate: units differ so much that the level without treatment cannot be told from 0"
NO_COST_DIFFERENCE = "the arms' cost cannot be told apart, so a ratio to it has no bounded interval"


@dataclass(frozen=True)
class Measured:
    """`counterfactual`: the treated arm's level without treatment. `reach`: the smallest estimate that is
    significant at 5 %. `standard_error`, `degrees`: of `absolute`.

    `iroas_missing`: why cost was given and yet there is no `iroas`. `facts`: what only this method can say.
    """

    absolute: Estimate
    relative: Estimate
    p_value: float
    counterfactual: float
    reach: float
    standard_error: float
    degrees: float
    iroas: Estimate | None = None
    iroas_missing: str = ""
    facts: Mapping[str, str | float | bool] = field(default_factory=dict)

    @property
    def minimum_detectable_relative(self) -> float:
        """The true lift that a repetition would find significant four times in five (Bloom 1995, with Student's t)."""
        least = self.reach + float(stats.t.ppf(0.8, self.degrees)) * self.standard_error
        return least / self.counterfactual


def measured_from(found: Found, cost: Effect | None, facts: Mapping[str, str | float | bool] | None = None) -> Measured:
    """Raises InputInvalid for an outcome that does not vary or a level without treatment that is not positive."""
    effect, counterfactual = found.effect, found.counterfactual
    require_variation(effect.standard_error)
    require_positive(counterfactual.estimate)
    facts = dict(facts or {})
    relative = fieller(effect, counterfactual)
    if relative is None:
        relative = log_ratio(found.treated_level, counterfactual)
        facts["relative_interval"] = UNSURE_LEVEL
    iroas = None if cost is None else fieller(effect, cost)
    return Measured(
        absolute=effect.interval,
        relative=relative,
        p_value=effect.p_value,
        counterfactual=counterfactual.estimate,
        reach=float(stats.t.ppf(0.975, effect.degrees)) * effect.standard_error,
        standard_error=effect.standard_error,
        degrees=effect.degrees,
        iroas=iroas,
        iroas_missing=NO_COST_DIFFERENCE if cost is not None and iroas is None else "",
        facts=facts,
    )


def require_variation(standard_error: float) -> None:
    if standard_error == 0:
        raise InputInvalid("the outcome does not vary between units, so nothing can be said about chance; check it")


def require_positive(counterfactual: float) -> None:
    if counterfactual <= 0:
        raise InputInvalid(
            f"without treatment the outcome is estimated at {counterfactual:g} per unit and period; "
            "a relative lift needs a positive one"
        )
