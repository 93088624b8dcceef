"""One run as the switch shows it: the numbers of one arm, and the words written in that mode."""

from dataclasses import dataclass

from schemas.run import ArmResult, RunRecord, StepRecord
from schemas.tasks import Arm, Task


@dataclass(frozen=True)
class RunView:
    """`words` is the run whose model-written parts belong to the shown mode; null when the brief never ran in it."""

    record: RunRecord
    clean_room: bool
    words: RunRecord | None

    @property
    def arm(self) -> Arm:
        return Arm.CLEAN_ROOM if self.clean_room else Arm.FULL

    @property
    def result(self) -> ArmResult | None:
        comparison = self.record.comparison
        if comparison is None:
            return None
        return comparison.clean_room if self.clean_room else comparison.full

    @property
    def currency(self) -> str:
        return self.record.brief.currency

    def step(self, task: Task) -> StepRecord | None:
        """The shown mode's step, when it was reached."""
        if self.words is None:
            return None
        return next((step for step in self.words.steps if step.task is task), None)


def is_finished(record: RunRecord) -> bool:
    """Whether the run came to its end; a record whose process died has neither all steps nor a failure."""
    return record.failure is not None or len(record.steps) == len(Task)
