import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clean_room import CleanRoom
from clean_room.audit import Audit, Entry
from schemas.errors import DataMissing, InputInvalid
from tests.clean_room.worlds import clean_room_over, exposures, request

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def entry(number: int) -> Entry:
    return Entry(NOON.isoformat(), "brand_x", f'{{"number": {number}}}', "retailer_a-1", "snapshot", "ok")


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    kept = Audit(tmp_path / "audit.sqlite")
    for number in range(5):
        kept.append(entry(number))
    return kept


def forge(audit: Audit, sql: str) -> None:
    """What someone who holds the file can do: lift the triggers, then change it."""
    with closing(sqlite3.connect(audit.path)) as connection:
        connection.executescript(f"DROP TRIGGER never_updated; DROP TRIGGER never_deleted; {sql}")


def test_a_chain_that_nobody_touched_is_whole(audit: Audit) -> None:
    verified = audit.verify()

    assert (verified.entries, verified.problem) == (5, None)
    assert audit.verify(verified.head).problem is None


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit SET outcome = 'REQUEST_INVALID' WHERE number = 3",
        "UPDATE audit SET request = replace(request, '2', '7') WHERE number = 3",
        "DELETE FROM audit WHERE number = 3",
        "UPDATE audit SET number = 9 WHERE number = 3",
        "UPDATE audit SET number = -1 WHERE number = 3; UPDATE audit SET number = 3 WHERE number = 4;"
        "UPDATE audit SET number = 4 WHERE number = -1",
        "INSERT INTO audit SELECT 6, time, principal, request, policy_version, snapshot, outcome, cost_micro_rho, "
        "previous, 'x' "
        "FROM audit WHERE number = 5",
    ],
)
def test_a_changed_removed_moved_or_inserted_entry_is_found(audit: Audit, sql: str) -> None:
    forge(audit, sql)

    assert audit.verify().problem is not None


CUT = "DELETE FROM audit WHERE number > 3"
CUT_WITH_ITS_HEAD = f"{CUT}; UPDATE head SET entries = 3, hash = (SELECT hash FROM audit WHERE number = 3)"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        (CUT, "its signed head is of 5 entries, not of these 3"),
        (CUT_WITH_ITS_HEAD, "not signed with the key"),
        (f"{CUT}; DELETE FROM head", "signed head was removed"),
    ],
)
def test_a_cut_end_is_found_by_the_signed_head(audit: Audit, sql: str, problem: str) -> None:
    forge(audit, sql)

    assert problem in (audit.verify().problem or "")


def test_an_entry_added_without_the_key_is_found(audit: Audit, tmp_path: Path) -> None:
    copy = Audit(tmp_path / "copy.sqlite", tmp_path / "own.key")
    for number in range(6):
        copy.append(entry(number))

    stolen = Audit(copy.path, tmp_path / "audit.key")

    assert "not signed with the key" in (stolen.verify().problem or "")


def test_an_older_copy_of_the_whole_file_is_found_with_a_head_noted_earlier(audit: Audit) -> None:
    older = audit.path.read_bytes()
    audit.append(entry(5))
    noted = audit.verify().head
    audit.path.write_bytes(older)

    assert audit.verify().problem is None
    assert "removed" in (audit.verify(noted).problem or "")


def test_the_key_is_readable_by_its_owner_alone_and_a_lost_one_is_not_replaced(audit: Audit, tmp_path: Path) -> None:
    key = tmp_path / "audit.key"
    assert key.stat().st_mode & 0o077 == 0
    key.unlink()

    with pytest.raises(DataMissing, match="CLEAN_ROOM_AUDIT_KEY"):
        audit.append(entry(5))
    with pytest.raises(DataMissing, match=r"no audit key at .*audit\.key"):
        audit.verify()
    assert len(audit.entries()) == 5


@pytest.mark.parametrize("sql", ["UPDATE audit SET outcome = 'x'", "DELETE FROM audit"])
def test_an_entry_cannot_be_changed_in_passing(audit: Audit, sql: str) -> None:
    with closing(sqlite3.connect(audit.path)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(sql)


def test_many_threads_keep_one_chain(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit.sqlite")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: audit.append(entry(number)), range(24)))

    assert (audit.verify().entries, audit.verify().problem) == (24, None)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> CleanRoom:
    built = clean_room_over(tmp_path_factory.mktemp("audited"), exposures(150))
    return CleanRoom(built.folder.parent, "brand_x", clock=lambda: NOON)


def ask_and_read(room: CleanRoom, ask: Callable[[], object]) -> Entry:
    ask()
    return room.audit.entries()[-1]


def test_an_answer_and_a_refusal_are_kept_without_any_value(room: CleanRoom) -> None:
    answered = ask_and_read(room, lambda: room.query(request()))
    refused = ask_and_read(room, lambda: room.query(request(metrics=["margin"])))
    elsewhere = ask_and_read(room, lambda: room.query(request(retailer_id="retailer_c")))

    assert (answered.time, answered.principal, answered.outcome) == (NOON.isoformat(), "brand_x", "ok")
    assert (refused.outcome, refused.request) == ("FIELD_NOT_PERMITTED", "")
    assert elsewhere.outcome == "NOT_AUTHORISED"
    (row,) = room.query(request())["rows"]
    assert not any(str(row["revenue"]) in text for text in (answered.request, answered.outcome, answered.snapshot))


def test_equal_questions_are_kept_in_equal_words(room: CleanRoom) -> None:
    one = ask_and_read(room, lambda: room.query(request(metrics=["clicks", "cost"])))
    other = ask_and_read(room, lambda: room.query(request(metrics=["cost", "clicks"], filters={})))

    assert one.request == other.request


def test_an_audit_that_is_missing_or_no_audit_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="starts with the first query"):
        Audit(tmp_path / "audit.sqlite").verify()
    (tmp_path / "audit.sqlite").write_text("not sqlite" * 200, encoding="utf-8")
    with pytest.raises(InputInvalid, match="not an audit file"):
        Audit(tmp_path / "audit.sqlite").entries()
