import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clean_room.charges import Charges
from clean_room.ledger import Ledger, Spent
from clean_room.noise_terms import NoiseTerms
from schemas.errors import BuildFailed, InputInvalid

TERMS = NoiseTerms(rows_per_person=1, clamps={}, release_micro_rho=300_000, budget_micro_rho=700_000)
RESERVE = """
import sys
from pathlib import Path
from clean_room.ledger import Ledger
from schemas.errors import BuildFailed
ledger, granted = Ledger(Path(sys.argv[1]), wait_seconds=60), 0
for _ in range(20):
    try:
        ledger.commit(ledger.reserve("retailer_a", 7, 100))
        granted += 1
    except BuildFailed as error:
        assert "exhausted" in str(error), error
print(granted)
"""
RESERVE_AND_BE_KILLED = """
import os, signal, sys
from pathlib import Path
from clean_room.ledger import Ledger
Ledger(Path(sys.argv[1])).reserve("retailer_a", 300_000, 700_000)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite", wait_seconds=0.1)


def test_a_reservation_counts_at_once_and_a_commit_changes_no_sum(ledger: Ledger) -> None:
    number = ledger.reserve("retailer_a", 300_000, 700_000)
    reserved = ledger.spent("retailer_a")
    ledger.commit(number)

    assert reserved == Spent(committed=0, reserved=300_000)
    assert ledger.spent("retailer_a") == Spent(committed=300_000, reserved=0)


def test_the_whole_budget_can_be_spent_and_not_a_millionth_more(ledger: Ledger) -> None:
    for _ in range(4):
        ledger.commit(ledger.reserve("retailer_a", 5_000, 20_000))

    with pytest.raises(BuildFailed, match=r"costs 1 micro-rho, 0 of 20000 are left.*noise\.budget_micro_rho"):
        ledger.reserve("retailer_a", 1, 20_000)


def test_one_retailers_spending_leaves_anothers_budget_alone(ledger: Ledger) -> None:
    ledger.reserve("retailer_a", 10, 10)

    ledger.reserve("retailer_b", 10, 10)

    assert ledger.spent("retailer_b").total == 10


def test_processes_that_race_never_spend_more_than_the_budget(ledger: Ledger) -> None:
    racing = [
        subprocess.Popen([sys.executable, "-c", RESERVE, str(ledger.path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    granted = [int(process.communicate()[0]) for process in racing]

    assert sum(granted) == 14  # 14 times 7 is 98; a fifteenth would make 105 of 100
    assert ledger.spent("retailer_a") == Spent(committed=98, reserved=0)


def test_a_build_killed_before_it_commits_has_spent_its_reservation(ledger: Ledger) -> None:
    killed = subprocess.run([sys.executable, "-c", RESERVE_AND_BE_KILLED, str(ledger.path)], check=False)

    assert killed.returncode == -signal.SIGKILL
    assert ledger.spent("retailer_a") == Spent(committed=0, reserved=300_000)
    ledger.reserve("retailer_a", 300_000, 700_000)
    with pytest.raises(BuildFailed, match="600000 reserved by builds that did not end"):
        ledger.reserve("retailer_a", 300_000, 700_000)


def test_a_build_that_fails_before_it_publishes_gets_its_reservation_back(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="no room"), Charges(ledger) as charges:
        charges.reserve("retailer_a", TERMS)
        raise RuntimeError("no room")

    assert ledger.spent("retailer_a").total == 0


def test_what_may_have_been_published_stays_spent(ledger: Ledger) -> None:
    def half_published() -> None:
        raise OSError("after the first file")

    with pytest.raises(OSError, match="first file"), Charges(ledger) as charges:
        charges.reserve("retailer_a", TERMS)
        charges.publish(half_published)

    assert ledger.spent("retailer_a") == Spent(committed=0, reserved=300_000)


def test_a_ledger_held_by_another_process_fails_the_build(ledger: Ledger) -> None:
    ledger.reserve("retailer_a", 1, 10)
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        with pytest.raises(BuildFailed, match="no other process holds it"):
            ledger.reserve("retailer_a", 1, 10)


def test_what_is_no_ledger_is_said_so(ledger: Ledger) -> None:
    ledger.path.write_text("not sqlite" * 200, encoding="utf-8")

    with pytest.raises(InputInvalid, match="not a privacy ledger"):
        ledger.reserve("retailer_a", 1, 10)
