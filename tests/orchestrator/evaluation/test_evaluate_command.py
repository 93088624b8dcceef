"""The command from worlds to page and figures, on small markets."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.commands import evaluate
from orchestrator.evaluation import scenarios
from orchestrator.evaluation.report import EvaluationReport
from orchestrator.evaluation.scenarios import quick
from orchestrator.evaluation.tables import headline_table, markdown
from schemas.errors import InputInvalid

SMALL = {"skus": 20, "events": 3000}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    small = tuple(replace(one, changes={**one.changes, **SMALL}, seeds=one.seeds[:2]) for one in quick(4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenarios, "quick", lambda worlds: small)
        code = evaluate.main(["--quick", "--out", str(folder / "quick.json"), "--kept", str(folder / "kept.jsonl")])
    assert code == 0
    return folder


def test_it_writes_figures_a_page_and_the_numbers_behind_them(results: Path) -> None:
    names = {path.name for path in results.iterdir()}

    assert {"quick.json", "quick.md", "comparison_arms.svg", "comparison_ladder.svg", "comparison_privacy.svg"} <= names


def test_the_page_says_how_it_was_made_and_that_few_worlds_are_not_to_be_quoted(results: Path) -> None:
    page = (results / "quick.md").read_text(encoding="utf-8")

    assert "python -m orchestrator evaluate --quick" in page
    assert "too few worlds to quote" in page
    assert "illustration from the product's brief, never a result" in page


def test_the_numbers_can_be_read_back_and_tell_the_same_story(results: Path) -> None:
    report = EvaluationReport.model_validate_json((results / "quick.json").read_text(encoding="utf-8"))

    assert markdown(report) == (results / "quick.md").read_text(encoding="utf-8")
    assert report.largest_gap <= 1e-4
    assert "2 worlds" in headline_table(report)


def test_it_says_before_it_runs_that_results_have_nowhere_to_go(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="is a folder"):
        evaluate.main(["--quick", "--out", str(tmp_path)])
