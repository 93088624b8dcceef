"""The documents name only what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.evaluation.report import EvaluationReport
from orchestrator.evaluation.tables import comparison_table, headline_table

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_a_document_names_exists(document: Path) -> None:
    named = set(re.findall(r"`?make ([a-z-]+)`", document.read_text(encoding="utf-8")))

    assert named <= targets()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_a_document_links_to_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


def modules_in_documents() -> list[str]:
    text = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    return sorted(
        set(re.findall(r"python -m ((?:data|adapters|clean_room|serving|orchestrator|dash_app)[\w.]*)", text))
    )


@pytest.mark.parametrize("module", modules_in_documents())
def test_every_command_a_document_names_has_help(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout


def test_the_comparison_quoted_is_the_one_the_command_wrote() -> None:
    report = EvaluationReport.model_validate_json((ROOT / "docs" / "results" / "comparison.json").read_text("utf-8"))

    assert report.profile == "full"
    assert comparison_table(report.scenario("held_out")) in (ROOT / "docs/clean_room_comparison.md").read_text("utf-8")
    assert headline_table(report) in (ROOT / "README.md").read_text("utf-8")


def test_make_help_lists_every_target_with_a_purpose() -> None:
    listed = subprocess.run(["make", "help"], capture_output=True, text=True, cwd=ROOT, check=True).stdout

    assert "make demo" in listed
    assert "make test" in listed
