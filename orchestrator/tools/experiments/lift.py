"""From a panel to a lift estimate: pick the method, estimate, check, read."""

from dataclasses import dataclass

from scipy import stats

from orchestrator.tools.experiments.checks import IMBALANCE_ALARM, balance_p_value, checks, p_value
from orchestrator.tools.experiments.methods import METHODS, TITLES, Effect, difference_in_means
from orchestrator.tools.experiments.panel import Panel
from orchestrator.tools.experiments.ratio import fieller
from schemas.errors import InputInvalid
from schemas.lift import Estimate, LiftEstimate

FEW_UNITS = 20  # per arm: below it a regression has too few degrees of freedom to earn its keep


@dataclass(frozen=True)
class Choice:
    method: str
    reason: str


def measure_lift(panel: Panel, method: str = "auto", expected_share: float = 0.5) -> LiftEstimate:
    """`expected_share`: the share of units that was meant to be treated.

    Raises InputInvalid for an unknown method, a method that needs the periods that are missing, an outcome that does
    not vary, or an untreated mean that is not positive.
    """
    choice = chosen_method(panel, method)
    found_effect = METHODS[choice.method](panel)
    effect, level = found_effect.effect, found_effect.treated_level
    _require_variation(effect)
    counterfactual = level.estimate - effect.estimate
    if counterfactual <= 0:
        raise InputInvalid(
            f"without treatment the outcome is estimated at {counterfactual:g} per unit and period; "
            "a relative lift needs a positive one"
        )
    found = checks(panel, effect, counterfactual, expected_share)
    found["method_reason"] = choice.reason
    iroas, missing = _iroas(panel, effect, choice.method)
    if missing:
        found["iroas_missing"] = missing
    relative = _interval(_relative(effect, level, counterfactual))
    return LiftEstimate(
        method=choice.method,
        estimand=f"average effect on the outcome per unit and period, intention to treat; {TITLES[choice.method]}",
        lift_relative=relative,
        lift_absolute=_interval(effect),
        p_value=p_value(effect),
        iroas=iroas,
        checks=found,
        reading=_reading(relative, p_value(effect), found, iroas),
    )


def chosen_method(panel: Panel, method: str) -> Choice:
    """What the data supports. Raises InputInvalid."""
    if method != "auto" and method not in METHODS:
        raise InputInvalid(f"no method {method!r}; choose auto, {', '.join(METHODS)}")
    if not panel.has_before:
        if method not in {"auto", "welch"}:
            raise InputInvalid(
                f"method {method!r} needs periods before the start and there are none; "
                "give an earlier history, a later start, or method 'welch'"
            )
        return Choice("welch", "no period before the start: the arms are compared after it, which trusts the split")
    if method != "auto":
        return Choice(method, "asked for")
    smaller = int(min(panel.treated.sum(), (~panel.treated).sum()))
    if smaller < FEW_UNITS:
        return Choice("did", f"the smaller arm has {smaller} units: differences of unit means need the fewest")
    if balance_p_value(panel) < IMBALANCE_ALARM:
        return Choice("did", "the arms differed before the start: each unit is compared with itself")
    return Choice("ancova", "balanced arms with a history: adjusting for it gives the narrowest interval")


def _relative(effect: Effect, level: Effect, counterfactual: float) -> Effect:
    """effect / (treated level - effect), by the delta method on the units' influences."""
    influence = level.estimate * effect.influence - effect.estimate * level.influence
    return Effect(effect.estimate / counterfactual, influence / counterfactual**2, effect.degrees)


def _iroas(panel: Panel, effect: Effect, method: str) -> tuple[Estimate | None, str]:
    """Incremental outcome per unit of extra cost, or why there is none."""
    if panel.cost_after is None:
        return None, ""
    assert panel.cost_before is not None
    cost = panel.cost_after if method == "welch" else panel.cost_after - panel.cost_before
    ratio = fieller(effect, difference_in_means(cost, panel.treated))
    if ratio is None:
        return None, "the arms' cost cannot be told apart, so a ratio to it has no bounded interval"
    return ratio, ""


def _require_variation(effect: Effect) -> None:
    if effect.standard_error == 0:
        raise InputInvalid("the outcome does not vary between units, so nothing can be said about chance; check it")


def _interval(effect: Effect) -> Estimate:
    reach = float(stats.t.ppf(0.975, effect.degrees)) * effect.standard_error
    return Estimate(estimate=effect.estimate, ci95=(effect.estimate - reach, effect.estimate + reach))


def _reading(relative: Estimate, p: float, found: dict[str, str | float | bool], iroas: Estimate | None) -> str:
    low, high = relative.ci95
    if low > 0 or high < 0:
        verdict = f"The outcome changed by {relative.estimate:+.1%} (95 % interval {low:+.1%} to {high:+.1%})."
    else:
        least = float(found["minimum_detectable_effect_relative"])
        verdict = (
            f"No effect can be told from chance: {relative.estimate:+.1%} (95 % interval {low:+.1%} to {high:+.1%}); "
            f"this test would reliably find {least:.1%} or more."
        )
    parts = [verdict]
    if iroas is not None:
        parts.append(f"Incremental ROAS {iroas.estimate:.2f} ({iroas.ci95[0]:.2f} to {iroas.ci95[1]:.2f}).")
    parts += _warnings(found)
    return " ".join(parts)


def _warnings(found: dict[str, str | float | bool]) -> list[str]:
    words = {
        "sample_ratio_ok": "The split of units is not the one expected; if it was meant so, give its share.",
        "balance_ok": "The arms differed before the start.",
        "pre_trend_ok": "The arms were already drifting apart before the start, so the effect may be that drift.",
    }
    warnings = [text for check, text in words.items() if found.get(check) is False]
    if found["periods_before"] == 0:
        warnings.append("Without a period before the start this rests on the split being random.")
    if found["units_left_out"]:
        warnings.append(f"{found['units_left_out']} units without rows on both sides of the start were left out.")
    return warnings
