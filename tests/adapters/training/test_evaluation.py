"""Scores are counted with their intervals, kept in a file, and written into the cards they describe."""

import json
from pathlib import Path

import pytest

from adapters.manager import AdapterManager
from adapters.prompts import copy_prompt
from adapters.training import evaluation
from adapters.training.example import Example, Skill
from schemas.tasks import PlacementType
from tests.tiny import BRAND_X, INDUSTRY, make_tiny_base, make_tiny_catalogue

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

COPY = Example(
    Skill.COPY, copy_prompt(PlacementType.SPONSORED_SEARCH, "Morvel", "Cold Brew"), "TITLE: Morvel Cold Brew"
)


def test_a_score_counts_right_answers_and_has_a_wilson_interval() -> None:
    replies = ["TITLE: Morvel Cold Brew"] * 8 + ["Morvel Cold Brew"] * 2

    layout = next(
        score for score in evaluation.scores_of("base", "copy", (COPY,) * 10, replies) if score.measure == "layout"
    )

    assert (layout.right, layout.n, layout.share) == (8, 10, 0.8)
    # Wilson 1927 at z = 1.96; the figures are those of Newcombe 1998's formula 3 for 8 of 10.
    assert (layout.low, layout.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, evaluation.EvaluationReport]:
    room = tmp_path_factory.mktemp("evaluation")
    base = make_tiny_base(room / "tiny-llama")
    make_tiny_catalogue(room / "adapters", base, room / "scratch")
    report = evaluation.evaluate(room / "adapters", base, room / "store", count=2, seed=0)
    evaluation.write_into_cards(report, room / "adapters")
    return room / "adapters", report


def test_every_composition_is_measured_under_its_pinned_name(
    evaluated: tuple[Path, evaluation.EvaluationReport],
) -> None:
    _, report = evaluated

    assert list(report.arms) == ["base", INDUSTRY, f"{INDUSTRY}+{BRAND_X}", f"{INDUSTRY}+manufacturer_brand_y"]
    assert all("@" in pinned for arm, pinned in report.arms.items() if arm != "base")


def test_a_pair_answers_the_industrys_questions_and_its_own_brands_only(
    evaluated: tuple[Path, evaluation.EvaluationReport],
) -> None:
    _, report = evaluated

    asked = {score.examples for score in report.scores if score.arm == f"{INDUSTRY}+{BRAND_X}"}

    assert asked == {*evaluation.INDUSTRY_SETS, "brand_x.rules", "brand_x.composite"}


def test_a_card_carries_the_scores_of_its_own_composition_and_stays_valid(
    evaluated: tuple[Path, evaluation.EvaluationReport],
) -> None:
    folder, report = evaluated

    manager = AdapterManager(folder)

    assert manager.problems() == ()
    written = manager.card_for(BRAND_X).weights[0].evaluation
    composite = next(
        score
        for score in report.scores
        if (score.arm, score.examples, score.measure) == (f"{INDUSTRY}+{BRAND_X}", "brand_x.composite", "layout")
    )
    assert written["brand_x.composite.layout"] == composite.share
    assert written["brand_x.composite.layout.n"] == composite.n


def test_the_table_has_every_measure_once(evaluated: tuple[Path, evaluation.EvaluationReport]) -> None:
    _, report = evaluated

    lines = evaluation.table(report).splitlines()

    assert len(lines) == 1 + len({(score.examples, score.measure) for score in report.scores})
    assert json.loads(report.model_dump_json())["base_model"] == "tiny-llama"
