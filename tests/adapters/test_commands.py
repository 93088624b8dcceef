"""`python -m adapters`, as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path

from adapters.adapter_folder import CARD_FILE
from adapters.digest import WEIGHTS_FILE
from tests.tiny import BRAND_X, INDUSTRY, TINY_BASE_MODEL, make_tiny_base

NAME = f"{INDUSTRY}+{BRAND_X}"
PROJECT = Path(__file__).resolve().parents[2]


def adapters(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "adapters", *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def assert_one_line(text: str, *expected: str) -> None:
    assert len(text.splitlines()) == 1
    assert all(word in text for word in expected), text


def test_list_shows_every_adapter_and_says_why_one_is_missing(root: Path) -> None:
    (root / BRAND_X / CARD_FILE).unlink()

    done = adapters("list", "--root", root)

    assert done.returncode == 0
    assert [line.split("@")[0] for line in done.stdout.splitlines()] == [INDUSTRY, "manufacturer_brand_y"]
    assert f"not offered: {BRAND_X}: " in done.stderr


def test_show_prints_the_card(root: Path) -> None:
    done = adapters("show", INDUSTRY, "--root", root)

    assert done.returncode == 0
    assert json.loads(done.stdout)["adapter_id"] == INDUSTRY


def test_compose_prints_the_folder_last(root: Path, tiny_base: Path, tmp_path: Path) -> None:
    done = adapters(
        "compose", NAME, "--root", root, "--base", tiny_base, "--store", tmp_path / "s", "--dtype", "bfloat16"
    )

    folder = Path(done.stdout.splitlines()[-1])
    assert done.returncode == 0
    assert folder.is_absolute()
    assert json.loads((folder / "manifest.json").read_text())["recipe"]["dtype"] == "bfloat16"


def test_compose_needs_no_base_model(root: Path, tmp_path: Path) -> None:
    assert adapters("compose", NAME, "--root", root, "--store", tmp_path / "s").returncode == 0


def test_compose_for_another_base_is_refused_in_one_line(root: Path, tmp_path: Path) -> None:
    other = make_tiny_base(tmp_path / "other", seed=5)

    done = adapters("compose", NAME, "--root", root, "--base", other, "--store", tmp_path / "s")

    assert done.returncode == 2
    assert_one_line(done.stderr, INDUSTRY, "was trained for base", TINY_BASE_MODEL)


def test_compose_without_a_base_folder_names_the_command(root: Path, tmp_path: Path) -> None:
    done = adapters("compose", NAME, "--root", root, "--base", tmp_path / "none", "--store", tmp_path / "s")

    assert done.returncode == 2
    assert_one_line(done.stderr, "no base model", "python -m serving.base_model")


def test_a_bad_name_is_refused_in_one_line(root: Path) -> None:
    done = adapters("compose", "a:nan", "--root", root)

    assert done.returncode == 2
    assert_one_line(done.stderr, "'nan' is no weight for 'a'")


def test_an_unknown_adapter_is_refused_in_one_line(root: Path) -> None:
    done = adapters("show", "nobody", "--root", root)

    assert done.returncode == 2
    assert_one_line(done.stderr, "no adapter 'nobody'", INDUSTRY)


def test_verify_passes_on_an_intact_folder(root: Path) -> None:
    done = adapters("verify", "--root", root)

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        f"{INDUSTRY}: unsigned",
        f"{BRAND_X}: unsigned",
        "manufacturer_brand_y: unsigned",
        "3 of 3 adapters verified",
    ]


def test_verify_lists_every_problem(root: Path) -> None:
    (root / INDUSTRY / TINY_BASE_MODEL / WEIGHTS_FILE).unlink()

    done = adapters("verify", "--root", root)

    assert done.returncode == 1
    assert done.stdout == "0 of 3 adapters verified\n"
    assert [line.split(":")[0] for line in done.stderr.splitlines() if not line.startswith("WARNING")] == [
        INDUSTRY,
        BRAND_X,
        "manufacturer_brand_y",
    ]


def test_verify_of_nothing_is_not_a_success(tmp_path: Path) -> None:
    done = adapters("verify", "--root", tmp_path)

    assert done.returncode == 2
    assert_one_line(done.stderr, "nothing to verify", "python -m adapters.training all")


def test_list_of_nothing_says_how_to_train(tmp_path: Path) -> None:
    done = adapters("list", "--root", tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert_one_line(done.stderr, "python -m adapters.training all")


def test_an_absent_root_is_refused_in_one_line(tmp_path: Path) -> None:
    done = adapters("list", "--root", tmp_path / "none")

    assert done.returncode == 2
    assert_one_line(done.stderr, "no adapters folder")
