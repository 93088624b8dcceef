"""`python -m adapters.training`: wrong input is one line and exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.manager import AdapterManager
from tests.tiny import make_tiny_base

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "adapters.training", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("all", "--base", "no/such/base"), "'no/such/base'"),
        (("controls", "--base", "no/such/base"), "python -m serving.base_model"),
        (("controls", "--seeds", "0,one"), "'0,one'"),
        (("controls", "--jobs", "0"), "'0'"),
        (("train", "--adapter", "industry_retail_media", "--strategy", "linear"), "'linear'"),
        (("all", "--steps", "0"), "'0'"),
        (("all", "--steps", "-3"), "'-3'"),
        (("train",), "--adapter"),
        (("fly",), "'fly'"),
    ],
)
def test_wrong_input_is_one_line_that_names_it(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_adapter_is_told_which_there_are(tmp_path: Path) -> None:
    base = make_tiny_base(tmp_path / "tiny-llama")

    done = run("train", "--adapter", "manufacturer_brand_z", "--base", str(base))

    assert done.returncode == 2
    assert "'manufacturer_brand_z'" in done.stderr
    assert "manufacturer_brand_x" in done.stderr


def test_the_industry_adapter_has_no_parent_to_be_trained_on(tmp_path: Path) -> None:
    base = make_tiny_base(tmp_path / "tiny-llama")

    done = run("train", "--adapter", "industry_retail_media", "--strategy", "sequential", "--base", str(base))

    assert done.returncode == 2
    assert "no parent" in done.stderr


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_controls_are_trained_once_each_in_a_catalogue_per_seed(tmp_path: Path) -> None:
    base = make_tiny_base(tmp_path / "tiny-llama")
    out = tmp_path / "controls"
    options = (
        "controls",
        "--base",
        str(base),
        "--out",
        str(out),
        "--seeds",
        "1",
        "--steps",
        "1",
        "--max-tokens",
        "2048",
    )

    first = run(*options)
    again = run(*options)

    assert first.returncode == again.returncode == 0, first.stderr
    assert first.stderr.count("training ") == 3
    assert "training" not in again.stderr
    manager = AdapterManager(out / "seed-1")
    assert manager.problems() == ()
    assert {card.adapter_id for card in manager.cards()} == {
        "industry_retail_media", "manufacturer_brand_x", "manufacturer_brand_x_additive",
    }  # fmt: skip
    assert all(card.weights[0].training["seed"] == 1 for card in manager.cards())


def test_a_control_that_fails_is_named_with_its_log(tmp_path: Path) -> None:
    base = tmp_path / "broken"
    base.mkdir()
    (base / "config.json").write_text("{}")

    done = run("controls", "--base", str(base), "--out", str(tmp_path / "controls"), "--seeds", "1", "--steps", "1")

    assert done.returncode == 2
    assert str(tmp_path / "controls") in done.stderr.splitlines()[-1]
