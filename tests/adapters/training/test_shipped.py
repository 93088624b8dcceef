"""The three adapters in this repository are whole, small, and what their cards say."""

from pathlib import Path

import pytest

from adapters.digest import WEIGHTS_FILE
from adapters.evaluation.arms import MAIN_SEED
from adapters.evaluation.cards import OWN_ARM, own_scores
from adapters.evaluation.report import EvaluationReport
from adapters.manager import AdapterManager
from adapters.training.example import Split
from adapters.training.recipes import INDUSTRY, SHIPPED
from adapters.training.school import data_digest, lessons
from schemas.adapters import Strategy

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results" / "adapters.json"
EVERY_ADAPTER = pytest.mark.parametrize("adapter_id", SHIPPED)


def test_the_catalogue_offers_all_three_and_has_no_problem() -> None:
    manager = AdapterManager()

    assert manager.problems() == ()
    assert {card.adapter_id for card in manager.cards()} >= set(SHIPPED)


@EVERY_ADAPTER
def test_weights_are_under_twelve_megabytes(adapter_id: str) -> None:
    manager = AdapterManager()
    folder = manager.folder_for(adapter_id, manager.card_for(adapter_id).weights[0])

    assert (folder / WEIGHTS_FILE).stat().st_size < 12_000_000


@EVERY_ADAPTER
def test_it_was_trained_on_the_lessons_this_code_makes(adapter_id: str) -> None:
    trained = AdapterManager().card_for(adapter_id).weights[0].training

    curriculum = SHIPPED[adapter_id]

    assert trained["data_sha256"] == data_digest(lessons(curriculum, Split.TRAIN, curriculum.rows))


def test_both_manufacturers_stand_on_the_shipped_industry_adapter() -> None:
    manager = AdapterManager()
    industry = manager.card_for(INDUSTRY.identity.adapter_id).weights[0]

    for adapter_id in set(SHIPPED) - {INDUSTRY.identity.adapter_id}:
        weights = manager.card_for(adapter_id).weights[0]
        assert weights.strategy is Strategy.SEQUENTIAL
        assert weights.parent is not None
        assert weights.parent.sha256 == industry.sha256


@EVERY_ADAPTER
def test_the_published_scores_are_of_these_very_bytes(adapter_id: str) -> None:
    weights = AdapterManager().card_for(adapter_id).weights[0]
    results = EvaluationReport.model_validate_json(RESULTS.read_text(encoding="utf-8"))

    sources = next(arm.sources for arm in results.arms if (arm.arm, arm.seed) == (OWN_ARM[adapter_id], MAIN_SEED))

    assert f"{adapter_id}@{weights.sha256[:12]}" in sources
    assert weights.evaluation == own_scores(results, OWN_ARM[adapter_id])
    assert weights.evaluation
