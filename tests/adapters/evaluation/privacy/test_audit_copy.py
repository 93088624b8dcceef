"""From a released adapter to its report by the command, with everything really trained, on a tiny base."""

import dataclasses
from pathlib import Path

import pytest

from adapters.adapter_folder import read_card
from adapters.digest import base_digest
from adapters.evaluation.privacy import membership
from adapters.evaluation.privacy.__main__ import main
from adapters.evaluation.privacy.audit_copy import audit_copy, curriculum_of
from adapters.evaluation.privacy.canaries import make_canaries
from adapters.evaluation.privacy.report import PrivacyReport
from adapters.manager import AdapterManager
from adapters.training import recipes
from adapters.training.school import teach
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

CANARIES = make_canaries(seed=0)


@pytest.fixture(scope="module", autouse=True)
def _quick_lessons() -> object:
    """A few steps on few rows; membership is then measured on fewer than an audit asks for."""
    quick = {"steps": 4, "batch_size": 32, "rank": 4, "alpha": 8, "max_tokens": 2048, "validate_every": 8}
    with pytest.MonkeyPatch.context() as patched:
        for adapter_id in (INDUSTRY, BRAND_X, BRAND_Y):
            curriculum = recipes.CURRICULA[adapter_id]
            recipe = dataclasses.replace(curriculum.recipe, **quick)
            shares = (32,) if curriculum.parent is None else (64, 8)  # room for 168 canary rows among 256 own ones
            changed = dataclasses.replace(curriculum, recipe=recipe, batch_shares=shares)
            patched.setitem(recipes.CURRICULA, adapter_id, changed)
        patched.setattr(membership, "FEWEST_ROWS", 20)
        yield


@pytest.fixture(scope="module")
def released(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> AdapterManager:
    room = tmp_path_factory.mktemp("released")
    for adapter_id in (INDUSTRY, BRAND_X, BRAND_Y):
        teach(recipes.CURRICULA[adapter_id], tiny_base, room / "adapters", checkpoints=room / "checkpoints")
    return AdapterManager(room / "adapters")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def copy(tiny_base: Path, released: AdapterManager, work: Path) -> AdapterManager:
    curriculum = curriculum_of(released, BRAND_X, base_digest(tiny_base))
    return audit_copy(curriculum, tiny_base, released, work, CANARIES)


def test_the_copy_stands_on_the_same_parent_and_learnt_other_rows(
    released: AdapterManager, copy: AdapterManager, base_sha256: str
) -> None:
    own, copied = (manager.weights_for(BRAND_X, base_sha256) for manager in (released, copy))

    assert copied.parent == own.parent
    assert copied.training["data_sha256"] != own.training["data_sha256"]
    assert copied.sha256 != own.sha256
    assert copy.problems() == ()


def test_the_copy_is_trained_once_and_another_one_for_other_canaries(
    tiny_base: Path, released: AdapterManager, work: Path, copy: AdapterManager, base_sha256: str
) -> None:
    before = (copy.root / BRAND_X / "adapter_metadata.json").stat().st_mtime_ns
    curriculum = curriculum_of(released, BRAND_X, base_sha256)

    again = audit_copy(curriculum, tiny_base, released, work, CANARIES)

    assert again.root == copy.root
    assert (copy.root / BRAND_X / "adapter_metadata.json").stat().st_mtime_ns == before
    assert audit_copy(curriculum, tiny_base, released, work, make_canaries(seed=1)).root != copy.root


def test_the_command_writes_report_and_card_and_fails_without_power(
    tiny_base: Path, released: AdapterManager, work: Path, copy: AdapterManager, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    out = tmp_path / "results" / "privacy.json"

    folders = ["--base", str(tiny_base), "--adapters", str(released.root), "--work", str(work), "--out", str(out)]
    code = main(["audit", "--adapter", BRAND_X, *folders, "--candidates", "8", "--rows", "20"])

    report = PrivacyReport.model_validate_json(out.read_text(encoding="utf-8"))
    # A random base that saw each canary for a few steps knows none of them.
    assert code == 1 and not report.passed
    assert report.membership.members == report.membership.non_members == 20
    assert read_card(released.root / BRAND_X).weights[0].privacy["verdict"] == "fail"
    assert "FAIL  power" in capsys.readouterr().out
