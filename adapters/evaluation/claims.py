"""What is claimed about the arms, written down before a test set is opened, and whether it held.

A claim holds when every one of its comparisons does. Claims that fail are reported like those that hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapters.evaluation.arms import ArmName
from adapters.evaluation.examiner import Answered
from adapters.evaluation.statistics import Estimate, clustered_mean, exact_mcnemar, holm, paired_difference, score_test
from adapters.evaluation.tasks import BRAND_X, COMPOSITES_X, INDUSTRY_CORE
from schemas.base import Frozen

SIGNIFICANCE = 0.05
NON_INFERIORITY_MARGIN = 0.03
EQUIVALENCE_MARGIN = 0.10  # 80 examples on which two arms never differ show no less
MAX_CONTROL_NATS = 0.5


class Direction(StrEnum):
    SUPERIOR = "superior"
    NON_INFERIOR = "non_inferior"
    EQUIVALENT = "equivalent"
    BOUNDED = "bounded"


class Outcome(StrEnum):
    HELD = "held"
    FAILED = "failed"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Versus:
    """`arm` against `other` on each of the tasks."""

    arm: ArmName
    other: ArmName
    tasks: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """`margin`: how much worse still counts as not worse, or how far apart still counts as the same."""

    number: str
    sentence: str
    direction: Direction
    versus: tuple[Versus, ...] = ()
    margin: float = 0.0
    diverging: tuple[ArmName, ...] = ()


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "1",
        "The industry adapter answers the industry's tasks better than the base.",
        Direction.SUPERIOR,
        (Versus(ArmName.INDUSTRY, ArmName.BASE, INDUSTRY_CORE),),
    ),
    Claim(
        "2",
        "The manufacturer adapter answers its brand's tasks better than the base.",
        Direction.SUPERIOR,
        (Versus(ArmName.MANUFACTURER, ArmName.BASE, BRAND_X),),
    ),
    Claim(
        "3",
        "Composed, they answer what needs both better than either alone.",
        Direction.SUPERIOR,
        (
            Versus(ArmName.SEQUENTIAL, ArmName.INDUSTRY, COMPOSITES_X),
            Versus(ArmName.SEQUENTIAL, ArmName.MANUFACTURER, COMPOSITES_X),
        ),
    ),
    Claim(
        "4",
        "Composed, they are not worse than each alone at its own tasks.",
        Direction.NON_INFERIOR,
        (
            Versus(ArmName.SEQUENTIAL, ArmName.INDUSTRY, INDUSTRY_CORE),
            Versus(ArmName.SEQUENTIAL, ArmName.MANUFACTURER, BRAND_X),
        ),
        NON_INFERIORITY_MARGIN,
    ),
    Claim(
        "5",
        "The right brand's adapter beats another brand's.",
        Direction.SUPERIOR,
        (Versus(ArmName.SEQUENTIAL, ArmName.WRONG_BRAND, (*BRAND_X, "brand_x.brand_copy")),),
    ),
    Claim(
        "6",
        "Noise as large as the brand's adapter adds nothing to the industry adapter.",
        Direction.EQUIVALENT,
        (Versus(ArmName.RANDOM, ArmName.INDUSTRY, (*BRAND_X, *COMPOSITES_X)),),
        EQUIVALENCE_MARGIN,
    ),
    Claim(
        "7",
        f"On unrelated prompts the adapters stay within {MAX_CONTROL_NATS} nats per token of the base.",
        Direction.BOUNDED,
        margin=MAX_CONTROL_NATS,
        diverging=(ArmName.INDUSTRY, ArmName.SEQUENTIAL),
    ),
    Claim(
        "8",
        "Trained on top of each other and composed, they answer what needs both better than trained apart and added.",
        Direction.SUPERIOR,
        (Versus(ArmName.SEQUENTIAL, ArmName.ADDITIVE, COMPOSITES_X),),
    ),
)


class Comparison(Frozen):
    """`difference` is a share of examples, or nats per token where there is no `other`. `families` were drawn again."""

    task: str
    arm: str
    other: str | None
    outcome: Outcome
    reason: str
    n: int = 0
    families: int = 0
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None


class ClaimResult(Frozen):
    number: str
    sentence: str
    direction: Direction
    margin: float
    outcome: Outcome
    comparisons: tuple[Comparison, ...]


Answers = Mapping[tuple[ArmName, str], Answered]
"""(arm, task) -> replies of the main seed, decoded as served."""

Divergences = Mapping[ArmName, Sequence[float]]
"""Arm -> nats per token of each control prompt."""


@dataclass(frozen=True)
class _Test:
    """One comparison with everything that its verdict needs; `estimate` is None when it was not measured."""

    claim: Claim
    task: str
    arm: ArmName
    other: ArmName | None
    estimate: Estimate | None = None
    p: float = 1.0
    n: int = 0
    families: int = 0


def judged(answers: Answers, divergences: Divergences, claims: Sequence[Claim] = CLAIMS) -> tuple[ClaimResult, ...]:
    """Every claim with its comparisons, p adjusted over all that were measured."""
    tests = [test for claim in claims for test in _tests(claim, answers, divergences)]
    measured = [test for test in tests if test.estimate is not None]
    adjusted = dict(zip(map(id, measured), holm([test.p for test in measured]), strict=True))
    results = []
    for claim in claims:
        comparisons = tuple(_compared(test, adjusted.get(id(test))) for test in tests if test.claim is claim)
        results.append(
            ClaimResult(
                number=claim.number,
                sentence=claim.sentence,
                direction=claim.direction,
                margin=claim.margin,
                outcome=_together([comparison.outcome for comparison in comparisons]),
                comparisons=comparisons,
            )
        )
    return tuple(results)


def _tests(claim: Claim, answers: Answers, divergences: Divergences) -> list[_Test]:
    pairs = [
        _paired(claim, task, versus.arm, versus.other, answers) for versus in claim.versus for task in versus.tasks
    ]
    return pairs + [_bounded(claim, arm, divergences) for arm in claim.diverging]


def _paired(claim: Claim, task: str, arm: ArmName, other: ArmName, answers: Answers) -> _Test:
    """On the examples that both were asked and the measure applies to."""
    one, two = answers.get((arm, task)), answers.get((other, task))
    if one is None or two is None:
        return _Test(claim, task, arm, other)
    primary = one.question.task.primary
    rows = one.question.task.rows
    shared = [
        (first, second, example.family)
        for first, second, example in zip(one.verdicts(primary), two.verdicts(primary), rows, strict=False)
        if first is not None and second is not None
    ]
    if not shared:
        return _Test(claim, task, arm, other)
    first, second = [row[0] for row in shared], [row[1] for row in shared]
    families = [row[2] for row in shared]
    estimate = paired_difference(first, second, families)
    p = {
        Direction.SUPERIOR: lambda: exact_mcnemar(first, second),
        Direction.NON_INFERIOR: lambda: _p_not_worse(first, second, estimate, claim.margin),
        Direction.EQUIVALENT: lambda: max(
            _p_not_worse(first, second, estimate, claim.margin),
            estimate.chance_above(claim.margin),
            score_test(second, first, -claim.margin),
        ),
    }[claim.direction]()
    return _Test(claim, task, arm, other, estimate, p, len(shared), len(set(families)))


def _p_not_worse(first: Sequence[bool], second: Sequence[bool], estimate: Estimate, margin: float) -> float:
    """The resamples know of families, the score test knows how few examples there are."""
    return max(estimate.chance_below(-margin), score_test(first, second, -margin))


def _bounded(claim: Claim, arm: ArmName, divergences: Divergences) -> _Test:
    values = divergences.get(arm)
    if not values:
        return _Test(claim, "control", arm, None)
    estimate = clustered_mean(values, [str(place) for place in range(len(values))])
    return _Test(claim, "control", arm, None, estimate, estimate.chance_above(claim.margin), len(values), len(values))


def _compared(test: _Test, p_holm: float | None) -> Comparison:
    if test.estimate is None or p_holm is None:
        return Comparison(
            task=test.task,
            arm=test.arm,
            other=test.other,
            outcome=Outcome.NOT_MEASURED,
            reason="an arm was not asked",
        )
    reason = _objection(test.claim, test.estimate, p_holm)
    return Comparison(
        task=test.task,
        arm=test.arm,
        other=test.other,
        outcome=Outcome.FAILED if reason else Outcome.HELD,
        reason=reason,
        n=test.n,
        families=test.families,
        difference=round(test.estimate.value, 4),
        low=round(test.estimate.interval.low, 4),
        high=round(test.estimate.interval.high, 4),
        p=float(f"{test.p:.4g}"),
        p_holm=float(f"{p_holm:.4g}"),
    )


def _objection(claim: Claim, estimate: Estimate, p_holm: float) -> str:
    """Why the comparison does not hold, or nothing. McNemar's test does not know of families, the interval does."""
    low, high, margin = estimate.interval.low, estimate.interval.high, claim.margin
    reasons = {
        Direction.SUPERIOR: (low <= 0, "the interval reaches zero"),
        Direction.NON_INFERIOR: (low <= -margin, f"the interval reaches {margin:.0%} worse"),
        Direction.EQUIVALENT: (low <= -margin or high >= margin, f"the interval leaves ±{margin:.0%}"),
        Direction.BOUNDED: (high >= margin, f"the interval reaches {margin} nats"),
    }
    is_outside, reason = reasons[claim.direction]
    if is_outside:
        return reason
    return f"p after Holm is above {SIGNIFICANCE}" if p_holm > SIGNIFICANCE else ""


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """One comparison that fails is enough to fail; without all of them nothing is held."""
    if Outcome.FAILED in outcomes:
        return Outcome.FAILED
    return Outcome.NOT_MEASURED if Outcome.NOT_MEASURED in outcomes else Outcome.HELD
