"""A whole evaluation on the tiny base: every arm, interrupted and gone on with, reported and written into cards."""

import shutil
from pathlib import Path

import pytest

from adapters.evaluation import evaluate as evaluation
from adapters.evaluation import examiner
from adapters.evaluation.arms import Arm, ArmName, TrainedAdapters, arm_for
from adapters.evaluation.cards import write_into_cards
from adapters.evaluation.claims import Outcome
from adapters.evaluation.evaluate import evaluate
from adapters.evaluation.examiner import Examiner, Question, served_decoding
from adapters.evaluation.protocol import MAIN_ARMS, SECONDARY_ARMS, Protocol, Sitting, full, quick
from adapters.evaluation.report import EvaluationReport
from adapters.evaluation.tables import markdown
from adapters.evaluation.tasks import control_set, held_out_sets, validation_sets
from adapters.evaluation.tuning import TriedWeights, best_of
from adapters.manager import AdapterManager
from schemas.errors import AdapterNotFound
from tests.tiny import BRAND_X, INDUSTRY

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

ASKED = {"column": 3, "brand_x.brand_copy": 2}


@pytest.fixture(scope="module")
def short_replies() -> pytest.MonkeyPatch:
    """Every byte is a token here, so whole replies would take long; their content is random anyway."""
    patch = pytest.MonkeyPatch()
    patch.setattr(examiner, "CONSTRAINED_TOKENS", 24)
    patch.setattr(examiner, "FREE_TOKENS", dict.fromkeys(examiner.FREE_TOKENS, 8))
    patch.setattr(examiner, "CONTROL_TOKENS", 6)
    patch.setattr(evaluation, "TUNING_WEIGHTS", ("0.6", "1.0"))
    return patch


@pytest.fixture(scope="module")
def cards(shipped: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(shipped, tmp_path_factory.mktemp("cards") / "adapters"))


@pytest.fixture(scope="module")
def report(
    cards: Path,
    trained: Path,
    tiny_base: Path,
    short_replies: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> EvaluationReport:
    arms = (*MAIN_ARMS, *SECONDARY_ARMS)
    sittings = [Sitting(arm, 0, ASKED, free_count=1 if arm is ArmName.BASE else 0) for arm in arms]
    sittings += [Sitting(arm, 1, {"column": 2}) for arm in (ArmName.SEQUENTIAL, ArmName.ADDITIVE)]
    protocol = Protocol("tiny", tuple(sittings), 2, 3, (ArmName.INDUSTRY, ArmName.SEQUENTIAL))
    found = evaluate(protocol, cards, trained, tiny_base, tmp_path_factory.mktemp("replies"), ["python", "tiny"])
    short_replies.undo()
    return found


def test_every_arm_is_asked_and_pinned(report: EvaluationReport) -> None:
    measured = {(one.arm, one.seed) for one in report.arms}

    assert measured == {*((arm, 0) for arm in (*MAIN_ARMS, *SECONDARY_ARMS)), (ArmName.SEQUENTIAL, 1)}
    assert all("@" in source for one in report.arms for source in one.sources)
    assert {(score.arm, score.seed) for score in report.scores} == measured


def test_an_arm_without_its_adapter_is_reported_and_the_others_go_on(report: EvaluationReport) -> None:
    assert [(one.arm, one.seed) for one in report.not_measured] == [(ArmName.ADDITIVE, 1)]
    assert f"{BRAND_X}_additive" in report.not_measured[0].reason


def test_free_and_constrained_replies_are_kept_apart(report: EvaluationReport) -> None:
    kinds = {
        (score.task, score.decoding, score.is_served)
        for score in report.scores
        if score.arm is ArmName.BASE and score.is_primary
    }

    assert kinds == {
        ("column", "constrained", True),
        ("column", "free", False),
        ("brand_x.brand_copy", "free", True),
    }


def test_weights_are_tuned_over_the_grid_and_recorded(report: EvaluationReport) -> None:
    assert report.tuned is not None
    assert len(report.tuned.tried) == 4
    assert report.tuned.chosen in report.tuned.tried


def test_claims_without_their_sets_are_not_measured_and_divergence_is(report: EvaluationReport) -> None:
    outcomes = {claim.number: claim for claim in report.claims}

    assert outcomes["2"].outcome is Outcome.NOT_MEASURED
    assert outcomes["7"].outcome is not Outcome.NOT_MEASURED
    assert all(one.nats > 0 for one in report.divergences)


def test_the_page_shows_every_arm_and_claim(report: EvaluationReport) -> None:
    page = markdown(report)

    assert all(f"| {arm} |" in page for arm in (*MAIN_ARMS, *SECONDARY_ARMS))
    assert all(claim.sentence in page for claim in report.claims)
    assert "## Not measured" in page
    assert EvaluationReport.model_validate_json(report.model_dump_json()) == report


def test_cards_carry_the_scores_of_their_own_composition_and_stay_valid(report: EvaluationReport, cards: Path) -> None:
    write_into_cards(report, cards)

    manager = AdapterManager(cards)
    assert manager.problems() == ()
    written = manager.card_for(BRAND_X).weights[0].evaluation
    score = next(
        one
        for one in report.scores
        if (one.arm, one.seed, one.task, one.measure) == (ArmName.SEQUENTIAL, 0, "column", "field_and_unit")
    )
    assert written["column.field_and_unit"] == score.share
    assert written["column.field_and_unit.n"] == score.n == 3
    assert manager.card_for("manufacturer_brand_y").weights[0].evaluation == {}


class Interrupted(Exception):
    pass


def test_an_interrupted_evaluation_goes_on_where_it_stopped(
    shipped: Path, trained: Path, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "BATCH_SIZE", 2)
    monkeypatch.setattr(examiner, "CONSTRAINED_TOKENS", 12)
    adapters = TrainedAdapters(shipped, trained, tiny_base)
    arm = arm_for(ArmName.INDUSTRY, adapters)
    task = held_out_sets({"column": 5}, (0,))["column"]
    questions = [Question(task, served_decoding(task.skill))]
    undisturbed = Examiner(tiny_base, adapters.base_sha256, tmp_path / "undisturbed").ask(arm, questions)[0]

    def stop_after_two_batches(count: int) -> None:
        heard.append(count)
        if len(heard) == 2:
            raise Interrupted

    heard: list[int] = []
    with pytest.raises(Interrupted):
        Examiner(tiny_base, adapters.base_sha256, tmp_path / "kept", stop_after_two_batches).ask(arm, questions)
    second = Examiner(tiny_base, adapters.base_sha256, tmp_path / "kept")

    assert second.ask(arm, questions)[0].replies == undisturbed.replies
    assert second.generated == 1
    third = Examiner(tmp_path / "no base at all", adapters.base_sha256, tmp_path / "kept")
    assert third.ask(arm, questions)[0].replies == undisturbed.replies


def test_the_base_diverges_from_itself_by_nothing(
    shipped: Path, trained: Path, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examiner, "CONTROL_TOKENS", 6)
    adapters = TrainedAdapters(shipped, trained, tiny_base)
    asked = Examiner(tiny_base, adapters.base_sha256, tmp_path, control=control_set(2))
    base: Arm = arm_for(ArmName.BASE, adapters)
    industry = arm_for(ArmName.INDUSTRY, adapters)

    assert asked.divergences(base) == pytest.approx([0.0, 0.0], abs=1e-6)
    assert all(nats > 0.001 for nats in asked.divergences(industry))
    assert asked.divergences(industry) == asked.divergences(industry)


def test_without_the_shipped_industry_adapter_nothing_is_measured(tiny_base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound, match=INDUSTRY):
        evaluate(quick(2), tmp_path / "empty", tmp_path, tiny_base, tmp_path / "replies")


def test_among_equal_weights_those_nearest_to_plain_addition_are_chosen() -> None:
    tried = [
        TriedWeights(industry=industry, manufacturer=manufacturer, share=share)
        for industry, manufacturer, share in (("0.6", "0.6", 0.5), ("1.0", "0.8", 0.5), ("1.0", "1.0", 0.4))
    ]

    assert best_of(tried) == tried[1]


def test_weights_are_chosen_on_other_examples_than_are_tested() -> None:
    names = ("brand_x.brand_plan", "brand_x.brand_copy")
    validation, test = validation_sets(names, 20), held_out_sets(dict.fromkeys(names, 20), (0,))

    for name in names:
        prompts = {example.prompt for example in validation[name].rows}
        families = {example.family for example in validation[name].rows}
        assert prompts.isdisjoint(example.prompt for example in test[name].rows)
        assert families.isdisjoint(example.family for example in test[name].rows)


def test_a_full_protocol_asks_main_arms_most_and_other_seeds_less() -> None:
    protocol = full(80, (0, 1, 2))
    counts = {
        (sitting.arm, sitting.seed): sitting.counts["brand_x.node"]
        for sitting in protocol.sittings
        if "brand_x.node" in sitting.counts
    }

    assert counts[ArmName.ADDITIVE, 0] == 80
    assert counts[ArmName.SEQUENTIAL, 0] == counts[ArmName.MANUFACTURER, 0] == 300
    assert counts[ArmName.TIES_SVD, 0] == 40
    assert counts[ArmName.SEQUENTIAL, 2] == 60
    assert protocol.seeds == (0, 1, 2)
    assert protocol.counts["brand_y.node"] == 40
