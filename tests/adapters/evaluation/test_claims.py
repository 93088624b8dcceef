"""Claims on planted replies: each outcome comes out where it was put in."""

import json
from collections.abc import Mapping, Sequence

import pytest

from adapters.evaluation.arms import Arm, ArmName
from adapters.evaluation.claims import CLAIMS, Claim, Direction, Outcome, Versus, judged
from adapters.evaluation.examiner import Answered, Decoding, Question
from adapters.evaluation.tasks import GENERATORS, TaskSet
from adapters.training.example import Example, Skill

TASK = "brand_x.node"
RIGHT, WRONG = json.dumps({"product_node": "FUEL.ICE"}), json.dumps({"product_node": "FLOW"})
ROWS = tuple(Example(Skill.NODE, f"prompt {place}", RIGHT, family=str(place)) for place in range(300))


def answered(name: ArmName, rights: Sequence[bool]) -> Answered:
    question = Question(TaskSet(TASK, ROWS[: len(rights)]), Decoding.CONSTRAINED)
    return Answered(Arm(name, 0, (), name.value, dict), question, tuple(RIGHT if one else WRONG for one in rights))


def outcome(direction: Direction, margin: float, arm: Sequence[bool], other: Sequence[bool]) -> Outcome:
    claim = Claim("0", "planted", direction, (Versus(ArmName.SEQUENTIAL, ArmName.INDUSTRY, (TASK,)),), margin)
    answers = {
        (ArmName.SEQUENTIAL, TASK): answered(ArmName.SEQUENTIAL, arm),
        (ArmName.INDUSTRY, TASK): answered(ArmName.INDUSTRY, other),
    }
    return judged(answers, {}, (claim,))[0].outcome


def rights(share: float, n: int = 80) -> list[bool]:
    return [place < share * n for place in range(n)]


@pytest.mark.parametrize(
    ("arm", "other", "expected"),
    [
        (0.9, 0.3, Outcome.HELD),
        (0.3, 0.9, Outcome.FAILED),
        (0.5, 0.5, Outcome.FAILED),
        (0.525, 0.5, Outcome.FAILED),  # two of eighty: chance
    ],
)
def test_superior_means_better_beyond_chance(arm: float, other: float, expected: Outcome) -> None:
    assert outcome(Direction.SUPERIOR, 0.0, rights(arm), rights(other)) is expected


@pytest.mark.parametrize(
    ("arm", "n", "expected"),
    [
        (0.9, 80, Outcome.HELD),
        (0.6, 80, Outcome.FAILED),
        (0.8, 300, Outcome.HELD),
        (0.8, 80, Outcome.FAILED),  # they never disagree, on too few examples
        (0.8, 2, Outcome.FAILED),
    ],
)
def test_not_worse_takes_an_interval_above_the_margin_and_enough_examples(
    arm: float, n: int, expected: Outcome
) -> None:
    assert outcome(Direction.NON_INFERIOR, 0.03, rights(arm, n), rights(0.8, n)) is expected


def test_too_few_examples_do_not_show_that_nothing_was_lost() -> None:
    # One better, one worse: no difference, but of ten examples that says little.
    arm, other = [True, False, *[True] * 8], [False, True, *[True] * 8]

    assert outcome(Direction.NON_INFERIOR, 0.03, arm, other) is Outcome.FAILED


@pytest.mark.parametrize(("arm", "expected"), [(0.2, Outcome.HELD), (0.6, Outcome.FAILED), (0.0, Outcome.FAILED)])
def test_the_same_means_neither_better_nor_worse_than_the_margin(arm: float, expected: Outcome) -> None:
    assert outcome(Direction.EQUIVALENT, 0.05, rights(arm), rights(0.2)) is expected


@pytest.mark.parametrize(("nats", "expected"), [(0.1, Outcome.HELD), (0.9, Outcome.FAILED)])
def test_a_bound_is_on_the_interval_over_prompts(nats: float, expected: Outcome) -> None:
    claim = Claim("0", "planted", Direction.BOUNDED, margin=0.5, diverging=(ArmName.INDUSTRY,))
    divergences: Mapping[ArmName, list[float]] = {ArmName.INDUSTRY: [nats, nats + 0.01, nats - 0.01] * 5}

    assert judged({}, divergences, (claim,))[0].outcome is expected


def test_an_arm_that_was_not_asked_leaves_the_claim_open() -> None:
    results = judged({(ArmName.SEQUENTIAL, TASK): answered(ArmName.SEQUENTIAL, rights(1.0))}, {})

    assert {result.outcome for result in results} == {Outcome.NOT_MEASURED}


def test_one_comparison_that_fails_is_enough() -> None:
    claim = Claim(
        "0",
        "better than both",
        Direction.SUPERIOR,
        (
            Versus(ArmName.SEQUENTIAL, ArmName.INDUSTRY, (TASK,)),
            Versus(ArmName.SEQUENTIAL, ArmName.MANUFACTURER, (TASK,)),
        ),
    )
    answers = {
        (name, TASK): answered(name, rights(share))
        for name, share in ((ArmName.SEQUENTIAL, 0.9), (ArmName.INDUSTRY, 0.1), (ArmName.MANUFACTURER, 0.9))
    }

    result = judged(answers, {}, (claim,))[0]

    assert [comparison.outcome for comparison in result.comparisons] == [Outcome.HELD, Outcome.FAILED]
    assert result.outcome is Outcome.FAILED


def test_arms_asked_unequally_often_are_compared_on_what_both_were_asked() -> None:
    claim = Claim("0", "planted", Direction.SUPERIOR, (Versus(ArmName.SEQUENTIAL, ArmName.RANDOM, (TASK,)),))
    answers = {
        (ArmName.SEQUENTIAL, TASK): answered(ArmName.SEQUENTIAL, rights(1.0)),
        (ArmName.RANDOM, TASK): answered(ArmName.RANDOM, rights(0.0, n=40)),
    }

    comparison = judged(answers, {}, (claim,))[0].comparisons[0]

    assert (comparison.n, comparison.difference) == (40, 1.0)


def test_p_is_adjusted_over_all_claims_together() -> None:
    claim = Claim("0", "planted", Direction.SUPERIOR, (Versus(ArmName.SEQUENTIAL, ArmName.INDUSTRY, (TASK,)),))
    answers = {
        (ArmName.SEQUENTIAL, TASK): answered(ArmName.SEQUENTIAL, [True] * 6 + [False] * 74),
        (ArmName.INDUSTRY, TASK): answered(ArmName.INDUSTRY, [False] * 80),
    }

    alone, *_ = judged(answers, {}, (claim,))
    among_three, *_ = judged(answers, {}, (claim,) * 3)

    assert alone.comparisons[0].p == alone.comparisons[0].p_holm == pytest.approx(2 / 2**6)
    assert alone.outcome is Outcome.HELD
    assert among_three.comparisons[0].p_holm == pytest.approx(6 / 2**6, rel=1e-3)
    assert among_three.outcome is Outcome.FAILED


def test_every_claim_is_about_arms_and_sets_that_exist() -> None:
    tasks = {task for claim in CLAIMS for versus in claim.versus for task in versus.tasks}

    assert tasks <= GENERATORS.keys()
    assert [claim.number for claim in CLAIMS] == [str(number) for number in range(1, len(CLAIMS) + 1)]
