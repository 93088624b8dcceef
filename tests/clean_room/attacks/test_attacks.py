"""Every attack on a clean room that was really built, and on the naive engine, which must fall where it can."""

import re
from pathlib import Path

import pytest

from tests.clean_room.attacks.doors import Ours
from tests.clean_room.attacks.learnt import Attack, Promise
from tests.clean_room.attacks.registry import ATTACKS, WAITING
from tests.clean_room.attacks.report import page, read, table, with_table

ROOT = Path(__file__).resolve().parents[3]
RESULTS = ROOT / "docs" / "results"
DOCUMENT = ROOT / "docs" / "clean_room_comparison.md"


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_learns_no_more_here_than_the_documents_say(attack: Attack, tmp_path: Path) -> None:
    learnt = attack.run(Ours(tmp_path))

    assert attack.promise.is_kept(learnt), learnt.told


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack.naive_falls], ids=lambda attack: attack.name)
def test_an_attack_has_the_power_to_break_the_naive_engine(attack: Attack) -> None:
    learnt = attack.run(attack.rival())

    assert learnt.exact > 0 or learnt.bits > 0


def test_reconstruction_recovers_every_small_cell_of_the_naive_engine_in_the_results() -> None:
    (row,) = [row for row in read(RESULTS).rows if row.attack.startswith("reconstruct")]

    assert row.naive.exact == row.naive.targets > 0
    assert row.here.exact == 0


def test_the_results_are_of_these_attacks_and_keep_every_promise() -> None:
    report = read(RESULTS)

    assert [row.attack for row in report.rows] == [attack.name for attack in ATTACKS]
    assert [row.promised for row in report.rows] == [attack.promise.value for attack in ATTACKS]
    assert all(row.kept for row in report.rows)
    assert set(report.waiting) == {one.name for one in WAITING}
    assert (RESULTS / "attacks.md").read_text(encoding="utf-8") == page(report)


def test_the_documents_table_is_the_one_the_command_wrote() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")

    assert table(read(RESULTS)) in document
    assert with_table(document, read(RESULTS)) == document


def test_the_documents_name_every_attack_that_is_not_promised() -> None:
    limits = DOCUMENT.read_text(encoding="utf-8").split("## What it does not do")[1].split("\n# ")[0]
    not_promised = [attack.name for attack in ATTACKS if attack.promise is not Promise.NOTHING]

    assert [name for name in not_promised if f"*{name}*" not in re.sub(r"\s+", " ", limits)] == []
