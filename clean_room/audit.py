"""What was asked of a clean room: append-only, each entry chained to the one before, never a value of an answer.

The chain shows an entry that was edited, removed from the middle or moved; its head is signed, so that a cut end shows
too. An older copy of the whole file is still whole: note the head that `verify` prints elsewhere, and check it later.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from hashlib import sha256
from pathlib import Path

from clean_room.settings import CleanRoomSettings
from clean_room.signed_head import SCHEMA as HEAD_SCHEMA
from clean_room.signed_head import SignedHead
from schemas.errors import DataMissing, InputInvalid

START = "0" * 64
WAIT_SECONDS = 30.0
CHAIN_SCHEMA = """
CREATE TABLE IF NOT EXISTS audit (
    number INTEGER PRIMARY KEY,
    time TEXT NOT NULL, principal TEXT NOT NULL, request TEXT NOT NULL,
    policy_version TEXT NOT NULL, snapshot TEXT NOT NULL, outcome TEXT NOT NULL, cost_micro_rho INTEGER NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
);
CREATE TRIGGER IF NOT EXISTS never_updated BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER IF NOT EXISTS never_deleted BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
"""


@dataclass(frozen=True)
class Entry:
    """`time` is aware UTC; `request` is canonical JSON, empty when the request could not be read.

    Answers cost nothing: noise is paid for when it is drawn, by a build.
    """

    time: str
    principal: str
    request: str
    policy_version: str
    snapshot: str
    outcome: str
    cost_micro_rho: int = 0


@dataclass(frozen=True)
class Verified:
    entries: int
    head: str
    problem: str | None


class Audit:
    """`key_file` defaults to `audit.key` beside the audit."""

    def __init__(self, path: Path, key_file: Path | None = None) -> None:
        self.path = path
        self._head = SignedHead(key_file or path.with_name("audit.key"))

    def append(self, entry: Entry) -> None:
        """Raises sqlite3.Error, or as SignedHead, when the entry cannot be kept; nothing may be answered then."""
        with self._open() as connection:
            connection.executescript(CHAIN_SCHEMA)
            connection.execute(HEAD_SCHEMA)
            connection.execute("BEGIN IMMEDIATE")
            last = connection.execute("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1").fetchone()
            number, previous = (last[0] + 1, last[1]) if last else (1, START)
            head = _hash(number, entry, previous)
            row = (number, *astuple(entry), previous, head)
            connection.execute(f"INSERT INTO audit VALUES ({', '.join('?' * len(row))})", row)
            self._head.write(connection, number, head)
            connection.execute("COMMIT")

    def entries(self) -> list[Entry]:
        return [entry for _, entry, _, _ in self._rows()]

    def verify(self, noted_head: str | None = None) -> Verified:
        """Recomputes the chain and checks its head; `noted_head` is one noted earlier that it must still hold."""
        head, found = START, 0
        seen = {START}
        for found, (number, entry, previous, kept) in enumerate(self._rows(), start=1):
            if number != found or previous != head or kept != _hash(number, entry, previous):
                return Verified(found - 1, head, f"entry {found} was changed, removed or moved")
            head = kept
            seen.add(head)
        if noted_head is not None and noted_head not in seen:
            return Verified(found, head, "the noted head is not in the chain: entries at its end were removed")
        with self._open() as connection:
            return Verified(found, head, self._head.problem(connection, found, head))

    def _rows(self) -> list[tuple[int, Entry, str, str]]:
        if not self.path.is_file():
            raise DataMissing(f"no audit at {str(self.path)!r}; it starts with the first query")
        try:
            with self._open() as connection:
                rows = connection.execute("SELECT * FROM audit ORDER BY number").fetchall()
        except sqlite3.Error as error:
            raise InputInvalid(f"{str(self.path)!r} is not an audit file") from error
        return [(row[0], Entry(*row[1:8]), row[8], row[9]) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)) as connection:
            yield connection


def audit_of(folder: Path) -> Audit:
    """The audit of one brand's clean room, with the key that CLEAN_ROOM_AUDIT_KEY names."""
    return Audit(folder / "audit.sqlite", CleanRoomSettings().audit_key)


def _hash(number: int, entry: Entry, previous: str) -> str:
    return sha256(json.dumps([number, *astuple(entry), previous]).encode()).hexdigest()
