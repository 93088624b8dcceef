"""python -m data: what it prints, what it refuses, and how it ends."""

from pathlib import Path

import pytest

from data.__main__ import main
from data.market import load_market
from schemas.command_line import run_command


def ended(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        run_command(main, arguments)
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


def test_generate_prints_what_it_wrote_and_the_directory_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "market"
    sizes = ["--seed", "5", "--events", "400", "--skus", "8", "--retailers", "1", "--days", "20"]

    code, printed, _ = ended(["generate", "--out", str(out), *sizes], capsys)

    assert code == 0
    assert "events.parquet" in printed
    assert printed.splitlines()[-1] == str(out)
    parameters = load_market(out).parameters
    assert (parameters.seed, parameters.events, parameters.skus) == (5, 400, 8)
    assert (parameters.retailers, parameters.days) == (1, 20)


def test_a_market_is_generated_without_the_mechanisms_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--events", "300", "--skus", "6", "--retailers", "1", "--days", "14"]

    code, _, _ = ended(
        ["generate", "--out", str(tmp_path / "market"), *sizes, "--without", "promotions", "carry_over"], capsys
    )

    parameters = load_market(tmp_path / "market").parameters
    assert code == 0
    assert not parameters.promotions
    assert {placement.carry_over for placement in parameters.placement_traits} == {0}
    assert parameters.stock_limits


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--events", "-1", "-1"),
        ("--events", "10000001", "10000001"),
        ("--events", "many", "many"),
        ("--skus", "0", "skus"),
        ("--retailers", "0", "retailers"),
        ("--days", "1000000", "days"),
        ("--seed", "-3", "seed"),
        ("--without", "gravity", "gravity"),
    ],
)
def test_a_size_out_of_range_is_one_line_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str, said: str
) -> None:
    code, printed, errors = ended(["generate", "--out", str(tmp_path / "market"), option, value], capsys)

    assert code == 2
    assert said in errors
    assert errors.count("\n") == 1
    assert printed == ""
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("", encoding="utf-8")

    code, _, errors = ended(["generate", "--events", "50", "--skus", "2", "--out", str(blocked / "market")], capsys)

    assert code == 2
    assert "a file/market" in errors
    assert errors.splitlines()[-1].endswith("choose another --out")
