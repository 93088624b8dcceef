"""The three adapters in this repository are whole, small, and what their cards say."""

import json
from pathlib import Path

import pytest

from adapters.digest import WEIGHTS_FILE
from adapters.manager import AdapterManager
from adapters.training.example import Split
from adapters.training.recipes import CURRICULA, INDUSTRY
from adapters.training.school import data_digest, lessons
from schemas.adapters import Strategy

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results" / "adapters_first.json"
SHIPPED = pytest.mark.parametrize("adapter_id", CURRICULA)


def test_the_catalogue_offers_all_three_and_has_no_problem() -> None:
    manager = AdapterManager()

    assert manager.problems() == ()
    assert {card.adapter_id for card in manager.cards()} >= set(CURRICULA)


@SHIPPED
def test_weights_are_under_twelve_megabytes(adapter_id: str) -> None:
    manager = AdapterManager()
    folder = manager.folder_for(adapter_id, manager.card_for(adapter_id).weights[0])

    assert (folder / WEIGHTS_FILE).stat().st_size < 12_000_000


@SHIPPED
def test_it_was_trained_on_the_lessons_this_code_makes(adapter_id: str) -> None:
    trained = AdapterManager().card_for(adapter_id).weights[0].training

    curriculum = CURRICULA[adapter_id]

    assert trained["data_sha256"] == data_digest(lessons(curriculum, Split.TRAIN, curriculum.rows))


def test_both_manufacturers_stand_on_the_shipped_industry_adapter() -> None:
    manager = AdapterManager()
    industry = manager.card_for(INDUSTRY.identity.adapter_id).weights[0]

    for adapter_id in set(CURRICULA) - {INDUSTRY.identity.adapter_id}:
        weights = manager.card_for(adapter_id).weights[0]
        assert weights.strategy is Strategy.SEQUENTIAL
        assert weights.parent is not None
        assert weights.parent.sha256 == industry.sha256


@SHIPPED
def test_the_published_scores_are_of_these_very_bytes(adapter_id: str) -> None:
    weights = AdapterManager().card_for(adapter_id).weights[0]
    results = json.loads(RESULTS.read_text(encoding="utf-8"))

    arm = next(name for name in results["arms"] if name.rpartition("+")[2] == adapter_id)

    assert f"{adapter_id}@{weights.sha256[:12]}" in results["arms"][arm]
    published = {f"{row['examples']}.{row['measure']}": row["share"] for row in results["scores"] if row["arm"] == arm}
    assert published.items() <= weights.evaluation.items()
