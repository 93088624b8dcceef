"""What was measured, as it is kept in `docs/results/adapters.json`."""

from collections.abc import Mapping, Sequence

from adapters.evaluation.arms import ArmName
from adapters.evaluation.claims import ClaimResult
from adapters.evaluation.examiner import Answered, served_decoding
from adapters.evaluation.statistics import clustered_mean, wilson
from adapters.evaluation.tuning import TriedWeights
from schemas.base import Frozen

BASIS = (
    "Greedy answers in float32. `constrained` replies obey the skill's JSON schema, the same for every arm, and "
    "`free` ones obey none; claims use the decoding that is served: constrained where a schema exists. Whole families "
    "(wordings, products, combinations) are held out, no prompt is in any adapter's lessons, and composites are "
    "taught to nobody but asked of all. low and high of a share: 95 % Wilson interval over examples. Differences are "
    "paired, on the examples both arms were asked, with a 95 % interval from drawing whole families again (10,000 "
    "times); p is exact McNemar's for superiority; against a margin it is the "
    "larger of the resamples' and Tango's score test's; p_holm is adjusted over "
    "all comparisons of all claims. An interval over few families (their number is given) is narrower than it should "
    "be. A claim holds when each of its comparisons has p_holm of at most 0.05 and an "
    "interval on the right side of its margin. Same machine, same numbers; another machine may round otherwise."
)


class Score(Frozen):
    """`right` of the `n` examples the measure applies to. Claims are made on `is_primary` and `is_served` ones."""

    arm: ArmName
    seed: int
    task: str
    decoding: str
    measure: str
    is_primary: bool
    is_served: bool
    right: int
    n: int
    share: float
    low: float
    high: float


class ArmRecord(Frozen):
    """`sources`: the pinned adapters that answered, with weights other than 1."""

    arm: ArmName
    seed: int
    what: str
    sources: tuple[str, ...]


class NotMeasured(Frozen):
    arm: ArmName
    seed: int
    reason: str


class Divergence(Frozen):
    """KL(base || arm) in nats per token, over the base's own greedy answers to control prompts."""

    arm: ArmName
    prompts: int
    nats: float
    low: float
    high: float


class TunedWeights(Frozen):
    chosen: TriedWeights
    tried: tuple[TriedWeights, ...]


class Circumstances(Frozen):
    """`generated` answers are this run's own; the others were kept from an earlier one."""

    command: str
    machine: str
    versions: Mapping[str, str]
    threads: int
    seconds: float
    answers: int
    generated: int


class EvaluationReport(Frozen):
    basis: str
    protocol: str
    base_model: str
    base_sha256: str
    arms: tuple[ArmRecord, ...]
    not_measured: tuple[NotMeasured, ...]
    claims: tuple[ClaimResult, ...]
    tuned: TunedWeights | None
    divergences: tuple[Divergence, ...]
    scores: tuple[Score, ...]
    circumstances: Circumstances


def scores_of(answered: Answered) -> list[Score]:
    """One per measure; a measure that applies to none of the examples has none."""
    task, decoding = answered.question.task, answered.question.decoding
    found = []
    for measure in task.measures:
        verdicts = [verdict for verdict in answered.verdicts(measure) if verdict is not None]
        if not verdicts:
            continue
        interval = wilson(sum(verdicts), len(verdicts))
        found.append(
            Score(
                arm=answered.arm.name,
                seed=answered.arm.seed,
                task=task.name,
                decoding=decoding,
                measure=measure,
                is_primary=measure == task.primary,
                is_served=decoding is served_decoding(task.skill),
                right=sum(verdicts),
                n=len(verdicts),
                share=round(sum(verdicts) / len(verdicts), 4),
                low=round(interval.low, 4),
                high=round(interval.high, 4),
            )
        )
    return found


def divergence_of(arm: ArmName, nats: Sequence[float]) -> Divergence:
    estimate = clustered_mean(nats, [str(place) for place in range(len(nats))])
    return Divergence(
        arm=arm,
        prompts=len(nats),
        nats=round(estimate.value, 4),
        low=round(estimate.interval.low, 4),
        high=round(estimate.interval.high, 4),
    )
