"""What the command refuses, in one line, before anything is trained."""

import shutil
from pathlib import Path

import pytest

from adapters.evaluation.privacy import audit_copy
from adapters.evaluation.privacy.__main__ import main
from adapters.evaluation.privacy.audit import Subject
from schemas.errors import AdapterMismatch, AdapterNotFound, DataMissing
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY


@pytest.fixture
def options(tmp_path: Path, tiny_base: Path, subject: Subject) -> list[str]:
    adapters = shutil.copytree(subject.released.root, tmp_path / "adapters")
    return [
        "audit", "--base", str(tiny_base), "--adapters", str(adapters), "--work", str(tmp_path / "work"),
        "--out", str(tmp_path / "privacy.json"),
    ]  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("a copy was about to be trained")

    monkeypatch.setattr(audit_copy, "teach", refused)


def test_a_missing_base_is_named_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"nowhere.*serving.base_model"):
        main(["audit", "--adapter", BRAND_X, "--base", str(tmp_path / "nowhere")])


def test_an_unknown_adapter_is_told_which_there_are(options: list[str]) -> None:
    with pytest.raises(AdapterNotFound, match=f"'brand_z'.*{INDUSTRY}"):
        main([*options, "--adapter", "brand_z"])


def test_without_another_brand_the_audit_does_not_start(options: list[str], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "adapters" / BRAND_Y)

    with pytest.raises(AdapterNotFound, match="another brand"):
        main([*options, "--adapter", BRAND_X])


def test_an_adapter_trained_on_other_rows_must_be_retrained_first(options: list[str]) -> None:
    with pytest.raises(AdapterMismatch, match=r"other rows.*retrain"):
        main([*options, "--adapter", BRAND_X])


def test_wrong_options_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["audit", "--adapter", BRAND_X, "--candidates", "0"])

    assert stopped.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
