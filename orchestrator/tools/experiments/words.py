"""The paragraph and the limits: what an estimate says, and what it does not."""

from orchestrator.tools.experiments.catalogue import METHOD_FACTS
from orchestrator.tools.experiments.checks import Checks
from orchestrator.tools.experiments.experiment import Experiment
from orchestrator.tools.experiments.measured import Measured
from schemas.lift import MethodClass

HISTORY_ADVISED = 25  # periods; what GeoLift's authors recommend for a synthetic control
ALARMS = {
    "sample_ratio_ok": "The split of units is not the one expected; if it was meant so, give its share.",
    "balance_ok": "The arms differed before the start.",
    "pre_trend_ok": "The arms were already drifting apart before the start, so the effect may be that drift.",
}


def paragraph(method: str, measured: Measured, found: Checks) -> str:
    low, high = measured.relative.ci95
    interval = f"95 % interval {low:+.1%} to {high:+.1%}"
    if low > 0 or high < 0:
        verdict = f"The outcome changed by {measured.relative.estimate:+.1%} ({interval})."
    else:
        verdict = (
            f"No effect can be told from chance: {measured.relative.estimate:+.1%} ({interval}); "
            f"this test would reliably find {measured.minimum_detectable_relative:.1%} or more."
        )
    parts = [verdict, f"Method: {METHOD_FACTS[method].title}."]
    if measured.iroas is not None:
        low, high = measured.iroas.ci95
        parts.append(f"Incremental ROAS {measured.iroas.estimate:.2f} ({low:.2f} to {high:.2f}).")
    elif measured.iroas_missing:
        parts.append(f"No incremental ROAS: {measured.iroas_missing}.")
    return " ".join([*parts, *_warnings(found)])


def class_of(method: str, experiment: Experiment) -> MethodClass:
    """An experiment is one by its random assignment; the same arithmetic without it models what did not happen."""
    named = METHOD_FACTS[method].method_class
    if named is MethodClass.EXPERIMENTS and not experiment.is_randomised:
        return MethodClass.COUNTERFACTUALS
    return named


def limits(method: str, experiment: Experiment, found: Checks) -> tuple[str, ...]:
    said = list(METHOD_FACTS[method].limits)
    if class_of(method, experiment) is MethodClass.EXPERIMENTS:
        said.append("It is an experiment only if chance assigned the treatment; the data cannot show that.")
    elif method != "synthetic_control":
        said.append("Units were chosen, not drawn: whatever else set them apart after the start is in the effect.")
    said.append("What treatment does to untreated units (spillover, sales moved between them) is not seen.")
    said.append("It speaks of these units in these periods, not of what would last.")
    before = found.get("periods_before")
    if method == "synthetic_control" and before is not None and float(before) < HISTORY_ADVISED:
        said.append(f"{before} periods before the start are few to fit weights to; {HISTORY_ADVISED} are advised.")
    if method == "synthetic_control" and float(found["units_treated"]) > 1:
        said.append("With several treated units it finds less than the smallest reliable lift it names suggests.")
    if "relative_interval" in found:
        said.append("The relative interval is approximate: units differ too much in size for their number.")
    if method == "switchback" and found.get("burn_in_periods") == 0:
        said.append("No burn-in was dropped; give one as long as the effect lingers.")
    return tuple(said)


def _warnings(found: Checks) -> list[str]:
    warnings = [text for check, text in ALARMS.items() if found.get(check) is False]
    if found.get("periods_before") == 0:
        warnings.append("Without a period before the start this rests on the split being random.")
    if found["units_left_out"]:
        warnings.append(f"{found['units_left_out']} units that lack rows the method needs were left out.")
    return warnings
