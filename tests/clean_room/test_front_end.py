"""`explain`, `policy` and `export` as commands, and the examples of the document."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from clean_room.__main__ import main
from tests.clean_room.worlds import clean_room_over, exposures, request

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "clean_room_comparison.md"
SQL = "SELECT date, SUM(cost) FROM retailer_a WHERE date BETWEEN '2026-01-01' AND '2026-02-10' GROUP BY date"


def examples() -> list[str]:
    """The commands of the section on other clean rooms, one a line."""
    section = DOCUMENT.read_text(encoding="utf-8").split("## The same question")[1].split("\n## ")[0]
    return re.findall(r"^python -m clean_room (.+)$", section, re.MULTILINE)


def test_explain_tells_what_a_question_means_and_opens_no_clean_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["explain", "--sql", SQL]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["request"]["period"] == {"start": "2026-01-01", "end": "2026-02-10", "grain": "week"}
    assert told["rows"] == "one row per week"
    assert told["periods"] == {"count": 5, "first_day": "2026-01-05", "last_day": "2026-02-08"}
    assert told["atoms"] == "placement"
    assert list(tmp_path.iterdir()) == []


def test_explain_is_the_same_for_both_forms_and_for_any_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = clean_room_over(tmp_path, exposures(150))
    main(["explain", "--json", json.dumps(request())])
    told = json.loads(capsys.readouterr().out)

    main(["explain", "--sql", told["sql"]])

    assert json.loads(capsys.readouterr().out) == told
    assert told["latency_ms"] == room.query(request())["latency_ms"]


@pytest.mark.parametrize("field", ["margin", "no_such_field", "Margin"])
def test_explain_refuses_a_field_without_naming_it(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", "--json", json.dumps(request(metrics=["margin"]))])
    refused = capsys.readouterr().out

    main(["explain", "--sql", SQL.replace("cost", field)])

    assert capsys.readouterr().out == refused
    assert json.loads(refused)["code"] == "FIELD_NOT_PERMITTED"


@pytest.mark.parametrize(
    "period", [{"start": "0001-01-01", "end": "0001-02-01"}, {"start": "9999-12-01", "end": "9999-12-31"}]
)
def test_explain_bears_the_ends_of_the_calendar(period: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--json", json.dumps(request(period=period))]) == 0

    assert json.loads(capsys.readouterr().out)["periods"]["count"] == 0


def test_policy_prints_fields_thresholds_and_latency(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "--retailer", "retailer_b"]) == 0

    told = capsys.readouterr().out
    assert "retailer_a" not in told
    assert "sku_id" not in told
    for part in ("blocked    customer_id, margin", "100 rows, 100 people", "at most 85% of a sum", "interactive, 1 to"):
        assert part in told


def test_export_writes_the_files_it_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--retailer", "retailer_a", "--target", "snowflake", "--out", str(tmp_path / "out")]) == 0

    named = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(named) == sorted((tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "--retailer", "retailer_c", "--target", "aws"),
        ("export", "--retailer", "retailer_a", "--target", "azure"),
        ("export", "--retailer", "retailer_a", "--target", "bigquery", "--epsilon", "0"),
        ("export", "--retailer", "retailer_a", "--target", "aws", "--epsilon", "nan"),
        ("export", "--retailer", "retailer_a", "--target", "bigquery", "--out", "pyproject.toml"),
        ("policy", "--retailer", ""),
        ("explain", "--sql", SQL, "--dialect", "redshift"),
        ("explain", "--sql", SQL, "--json", "{}"),
        ("query",),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", "clean_room", *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 2, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("package", "arguments"),
    [
        ("sqlglot", ("explain", "--sql", SQL)),
        ("ibis", ("explain", "--json", json.dumps(request()), "--dialect", "duckdb")),
        ("botocore", ("export", "--retailer", "retailer_a", "--target", "aws")),
    ],
)
def test_a_missing_package_is_named_with_what_to_install_and_the_rest_works(
    package: str, arguments: tuple[str, ...]
) -> None:
    without = (
        f"import sys; sys.modules[{package!r}] = None; from clean_room.__main__ import main; "
        "from schemas.command_line import run_command; run_command(main)"
    )

    missing = subprocess.run([sys.executable, "-c", without, *arguments], capture_output=True, text=True, check=False)
    plain = ("explain", "--json", json.dumps(request()))
    working = subprocess.run([sys.executable, "-c", without, *plain], capture_output=True, text=True, check=False)

    assert missing.returncode == 2
    assert len(missing.stderr.strip().splitlines()) == 1
    assert f"'{package}" in missing.stderr
    assert "pip install -e '.[engines]'" in missing.stderr
    assert working.returncode == 0, working.stderr


@pytest.mark.parametrize("example", examples())
def test_an_example_of_the_document_runs(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    room = clean_room_over(tmp_path, exposures(150))
    where = ["--dir", str(room.folder.parent)] if example.startswith("query") else []

    assert main([*shlex.split(example), *where]) == 0

    assert '"status": "refused"' not in capsys.readouterr().out
