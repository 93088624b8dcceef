"""`python -m adapters.training`: wrong input is one line and exit code 2."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny import make_tiny_base

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "adapters.training", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("all", "--base", "no/such/base"), "'no/such/base'"),
        (("evaluate", "--base", "no/such/base"), "python -m serving.base_model"),
        (("all", "--steps", "0"), "'0'"),
        (("all", "--steps", "-3"), "'-3'"),
        (("evaluate", "--examples", "many"), "'many'"),
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
