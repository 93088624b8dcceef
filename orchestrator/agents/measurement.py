"""What the last experiment says, in words. The estimators decided; code adds the figures."""

from orchestrator.agents.reading import Facts, ReadingAgent
from schemas.base import Frozen
from schemas.lift import LiftEstimate
from schemas.run import ArmResult
from schemas.tasks import Task


class MeasureReading(Frozen):
    """`lift` is null where this arm may not see an untreated comparison; `reason` then says so."""

    words: str
    figures: str
    lift: LiftEstimate | None
    reason: str | None


class MeasurementAgent(ReadingAgent[ArmResult, MeasureReading]):
    task = Task.MEASURE

    def work(self, user_input: ArmResult) -> MeasureReading:
        facts = _facts(user_input.lift)
        return MeasureReading(
            words=self.words_for(facts, f"The evidence is {facts['evidence']}; the effect is {facts['effect']}."),
            figures=_figures(user_input.lift),
            lift=user_input.lift,
            reason=user_input.lift_unavailable,
        )


def _facts(lift: LiftEstimate | None) -> Facts:
    if lift is None:
        return {"evidence": "attribution only", "effect": "not measured"}
    low, high = lift.lift_relative.ci95
    effect = "positive" if low > 0 else "negative" if high < 0 else "not distinguishable from none"
    return {"evidence": "a randomised pause", "effect": effect}


def _figures(lift: LiftEstimate | None) -> str:
    if lift is None:
        return "No interval: this data has no untreated comparison."
    low, high = lift.lift_relative.ci95
    text = f"Lift {lift.lift_relative.estimate:+.1%} (95 % interval {low:+.1%} to {high:+.1%}), {lift.method}."
    if lift.iroas is None:
        return text
    low, high = lift.iroas.ci95
    return f"{text} Incremental ROAS {lift.iroas.estimate:.2f}x ({low:.2f}x to {high:.2f}x)."
