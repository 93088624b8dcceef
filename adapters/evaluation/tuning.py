"""The weights of the tuned additive arm, chosen on validation composites and never on the test's."""

import itertools
from collections.abc import Sequence
from decimal import Decimal

from adapters.evaluation.arms import ArmName, TrainedAdapters, arm_for
from adapters.evaluation.examiner import Examiner, Question, served_decoding
from adapters.evaluation.tasks import TaskSet
from schemas.base import Frozen


class TriedWeights(Frozen):
    """`share`: the mean over the validation sets of the primary measure."""

    industry: str
    manufacturer: str
    share: float


def tried_weights(
    examiner: Examiner, adapters: TrainedAdapters, sets: Sequence[TaskSet], grid: Sequence[str]
) -> tuple[TriedWeights, ...]:
    """Every pair of the grid. Raises AdapterError when the pair is not trained."""
    questions = [Question(task, served_decoding(task.skill)) for task in sets]
    tried = []
    for industry, manufacturer in itertools.product(grid, repeat=2):
        arm = arm_for(ArmName.ADDITIVE_TUNED, adapters, weights=(Decimal(industry), Decimal(manufacturer)))
        shares = []
        for answered in examiner.ask(arm, questions):
            verdicts = [verdict for verdict in answered.verdicts(answered.question.task.primary) if verdict is not None]
            shares.append(sum(verdicts) / len(verdicts))
        tried.append(
            TriedWeights(industry=industry, manufacturer=manufacturer, share=round(sum(shares) / len(shares), 4))
        )
    return tuple(tried)


def best_of(tried: Sequence[TriedWeights]) -> TriedWeights:
    """The highest share; among equals the one nearest to plain addition."""
    return max(tried, key=lambda one: (one.share, -abs(1 - float(one.industry)) - abs(1 - float(one.manufacturer))))
