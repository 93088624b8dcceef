"""Which method the data supports, and why."""

from dataclasses import dataclass

from orchestrator.tools.experiments.arms import Arms
from orchestrator.tools.experiments.catalogue import METHODS
from orchestrator.tools.experiments.checks import IMBALANCE_ALARM, balance_p_value, has_before
from orchestrator.tools.experiments.experiment import Experiment
from orchestrator.tools.experiments.synthetic_control import unsuitable
from schemas.errors import InputInvalid

FEW_UNITS = 20  # per arm: below it a regression has too few degrees of freedom to earn its keep
MIN_UNITS = 2  # per arm: below that there is no variance to estimate


@dataclass(frozen=True)
class Choice:
    method: str
    reason: str


def require_known(method: str) -> None:
    if method != "auto" and method not in METHODS:
        raise InputInvalid(f"no method {method!r}; choose auto, {', '.join(METHODS)}")


def chosen_method(arms: Arms, experiment: Experiment) -> Choice:
    """Raises InputInvalid when the data does not carry the method asked for, or any."""
    choice = _chosen(arms, experiment)
    if choice.method == "welch" and not experiment.is_randomised:
        raise InputInvalid(
            "units that were not assigned at random need a history to be compared with: give periods before the start "
            "and method auto, did or synthetic_control"
        )
    return choice


def _chosen(arms: Arms, experiment: Experiment) -> Choice:
    method = experiment.method
    if method == "synthetic_control":
        return Choice(method, "asked for")
    alone = 0 < arms.treated_units < MIN_UNITS
    if method == "auto" and alone and not unsuitable(arms):
        return Choice("synthetic_control", "one treated unit: a weighted mean of untreated ones stands in for it")
    _require_units(arms)
    if not has_before(arms):
        if method not in {"auto", "welch"}:
            raise InputInvalid(
                f"method {method!r} needs periods before the start and there are none; "
                "give an earlier history, a later start, or method 'welch'"
            )
        return Choice("welch", "no period before the start: the arms are compared after it, which trusts the split")
    if method != "auto":
        return Choice(method, "asked for")
    smaller = min(arms.treated_units, arms.untreated_units)
    if smaller < FEW_UNITS:
        return Choice("did", f"the smaller arm has {smaller} units: differences of unit means need the fewest")
    if not experiment.is_randomised:
        return Choice("did", "units were not assigned at random: each is compared with itself")
    if balance_p_value(arms) < IMBALANCE_ALARM:
        return Choice("did", "the arms differed before the start: each unit is compared with itself")
    return Choice("cuped", "balanced arms with a history: adjusting for it gives the narrowest interval")


def _require_units(arms: Arms) -> None:
    for arm, count in (("treated", arms.treated_units), ("untreated", arms.untreated_units)):
        if count < MIN_UNITS:
            units = "unit" if count == 1 else "units"
            other = unsuitable(arms) if arm == "treated" and count == 1 else ""
            instead = f", or for method synthetic_control: {other}" if other else ""
            raise InputInvalid(f"{count} {arm} {units}; at least {MIN_UNITS} are needed for an interval{instead}")
