"""From a panel to a lift estimate: pick the method, estimate, check, read."""

from orchestrator.tools.experiments.arms import Arms, arms_of
from orchestrator.tools.experiments.catalogue import METHOD_FACTS
from orchestrator.tools.experiments.checks import Checks, arm_checks, block_checks
from orchestrator.tools.experiments.choice import Choice, chosen_method, require_known
from orchestrator.tools.experiments.effects import Effect, difference_in_means
from orchestrator.tools.experiments.experiment import Experiment
from orchestrator.tools.experiments.measured import Measured, measured_from
from orchestrator.tools.experiments.methods import ARM_METHODS
from orchestrator.tools.experiments.panel import Panel
from orchestrator.tools.experiments.switchback import blocks_of, switchback
from orchestrator.tools.experiments.synthetic_control import synthetic_control
from orchestrator.tools.experiments.table import arm_table, block_table
from orchestrator.tools.experiments.words import class_of, limits, paragraph
from schemas.lift import LiftEstimate, LiftRow


def measure_lift(panel: Panel, experiment: Experiment) -> LiftEstimate:
    """Raises InputInvalid for an unknown method, a method whose data is missing, treatment that does not keep to one
    start (but for a switchback), an outcome that does not vary, or a level without treatment that is not positive.
    """
    require_known(experiment.method)
    if experiment.method == "switchback":
        blocks = blocks_of(panel, experiment.start, experiment.block, experiment.burn_in)
        measured = switchback(blocks)
        found = block_checks(blocks, experiment)
        return _estimate(Choice("switchback", "asked for"), experiment, measured, found, block_table(blocks, measured))
    arms = arms_of(panel, experiment.start)
    choice = chosen_method(arms, experiment)
    measured = measured_by(choice.method, arms)
    found = arm_checks(arms, choice.method, experiment)
    return _estimate(choice, experiment, measured, found, arm_table(arms, measured))


def measured_by(method: str, arms: Arms) -> Measured:
    """Raises InputInvalid."""
    if method == "synthetic_control":
        return synthetic_control(arms)
    return measured_from(ARM_METHODS[method](arms), _extra_cost(arms, method))


def _extra_cost(arms: Arms, method: str) -> Effect | None:
    """Where there is a history, a unit's cost counts by what it changed, whatever the method does with the outcome."""
    if arms.cost_after_U is None or arms.cost_before_U is None:
        return None
    cost = arms.cost_after_U if method == "welch" else arms.cost_after_U - arms.cost_before_U
    return difference_in_means(cost, arms.is_treated_U)


def _estimate(
    choice: Choice, experiment: Experiment, measured: Measured, found: Checks, table: tuple[LiftRow, ...]
) -> LiftEstimate:
    found = {
        **found,
        **measured.facts,
        "minimum_detectable_effect_relative": measured.minimum_detectable_relative,
        "method_reason": choice.reason,
    }
    if measured.iroas_missing:
        found["iroas_missing"] = measured.iroas_missing
    facts = METHOD_FACTS[choice.method]
    return LiftEstimate(
        method=choice.method,
        method_class=class_of(choice.method, experiment),
        estimand=f"{facts.estimand}; {facts.title}",
        lift_relative=measured.relative,
        lift_absolute=measured.absolute,
        p_value=measured.p_value,
        iroas=measured.iroas,
        table=table,
        checks=found,
        limits=limits(choice.method, experiment, found),
        reading=paragraph(choice.method, measured, found),
    )
