import json
import subprocess
import sys
from pathlib import Path

import pytest

from clean_room.__main__ import main
from tests.clean_room.worlds import clean_room_over, exposures, request, with_ids, write_market


def clean_room(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clean_room", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_build_writes_the_files_and_ends_with_their_folder(tmp_path: Path) -> None:
    market = write_market(tmp_path / "market", with_ids(exposures(150), exposures(150, retailer="retailer_b")))

    done = clean_room("build", "--market", str(market), "--brand", "brand_x", "--out", str(tmp_path / "out"))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(tmp_path / "out" / "brand_x")
    assert sorted(path.name for path in (tmp_path / "out" / "brand_x").iterdir()) == [
        "retailer_a.duckdb",
        "retailer_b.duckdb",
    ]


def test_building_again_says_what_stays_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market = write_market(tmp_path / "market", with_ids(exposures(150), exposures(150, sku="sku-2")))
    build = ["build", "--market", str(market), "--out", str(tmp_path / "out")]

    assert main(build) == 0
    first = capsys.readouterr().out
    assert main(build) == 0
    again = capsys.readouterr().out

    assert "released before" not in first
    assert "days to 2026-01-05 were released before and stay as they are" in again
    assert first.split("told by")[1] == again.split("told by")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", "--market", "no-such-folder", "--out", "out"),
        ("query", "--json", "{}", "--dir", "no-such-folder"),
        ("audit", "verify", "--dir", "no-such-folder"),
        ("export",),
    ],
)
def test_a_wrong_input_is_one_line_on_stderr_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "clean_room", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_query_prints_answers_and_refusals_and_audit_lists_and_verifies_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--dir", str(clean_room_over(tmp_path, exposures(150)).folder.parent)]

    answers = []
    for text in (json.dumps(request()), json.dumps(request(metrics=["margin"])), "{not json"):
        assert main(["query", "--json", text, *where]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert main(["audit", *where]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert main(["audit", "verify", *where]) == 0
    verified = capsys.readouterr().out

    assert [answer.get("code", answer["status"]) for answer in answers] == [
        "ok",
        "FIELD_NOT_PERMITTED",
        "REQUEST_INVALID",
    ]
    assert [line.split("  ")[2] for line in listed] == ["ok", "FIELD_NOT_PERMITTED", "REQUEST_INVALID"]
    assert verified.startswith("3 entries, chain whole, head signed, head ")
    assert main(["audit", "verify", "--head", "f" * 64, *where]) == 1
