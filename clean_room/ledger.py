"""What noise has cost so far, in whole micro-rho: SQLite, so that no race or crash can spend more than the budget.

A price is reserved before any noise is drawn and committed after the release is in place. A reservation counts as spent
from its first moment. One that a killed build left behind stays spent: nobody can say any more whether its numbers were
seen. Only a build that still lives, and has published nothing, may hand its reservation back.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import BuildFailed, InputInvalid

WAIT_SECONDS = 10.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS spent (
    number INTEGER PRIMARY KEY AUTOINCREMENT, retailer_id TEXT NOT NULL,
    micro_rho INTEGER NOT NULL CHECK (micro_rho > 0),
    state TEXT NOT NULL CHECK (state IN ('reserved', 'committed'))
)"""


@dataclass(frozen=True)
class Spent:
    """Micro-rho of one retailer's releases to one brand."""

    committed: int
    reserved: int

    @property
    def total(self) -> int:
        return self.committed + self.reserved


class Ledger:
    """One brand's; each retailer's data is a partition with a budget of its own, whoever asks."""

    def __init__(self, path: Path, wait_seconds: float = WAIT_SECONDS) -> None:
        self.path = path
        self._wait_seconds = wait_seconds

    def reserve(self, retailer_id: str, micro_rho: int, budget_micro_rho: int) -> int:
        """The number of the reservation. Raises BuildFailed when the budget left does not hold it."""
        with self._writing() as connection:
            spent = _spent(connection, retailer_id)
            left = max(budget_micro_rho - spent.total, 0)
            if micro_rho > left:
                raise BuildFailed(
                    f"the privacy budget of {retailer_id!r} is exhausted: a release costs {micro_rho} micro-rho, "
                    f"{left} of {budget_micro_rho} are left ({spent.committed} spent, "
                    f"{spent.reserved} reserved by builds that did not end); what was released before keeps answering. "
                    "Only the retailer can allow more, with noise.budget_micro_rho in its policy"
                )
            insert = "INSERT INTO spent (retailer_id, micro_rho, state) VALUES (?, ?, 'reserved') RETURNING number"
            ((number,),) = connection.execute(insert, [retailer_id, micro_rho]).fetchall()
            return int(number)

    def commit(self, number: int) -> None:
        with self._writing() as connection:
            changed = connection.execute("UPDATE spent SET state = 'committed' WHERE number = ?", [number]).rowcount
        assert changed == 1, "only what was reserved is committed"

    def hand_back(self, number: int) -> None:
        """For a build whose noisy numbers never left its memory and its staging folder."""
        with self._writing() as connection:
            connection.execute("DELETE FROM spent WHERE number = ? AND state = 'reserved'", [number])

    def spent(self, retailer_id: str) -> Spent:
        with self._writing() as connection:
            return _spent(connection, retailer_id)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time, on disk before it counts (`synchronous = FULL`)."""
        try:
            with closing(sqlite3.connect(self.path, timeout=self._wait_seconds, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(SCHEMA)
                yield connection
                connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise BuildFailed(
                f"the privacy ledger {str(self.path)!r} could not be written within {self._wait_seconds} s, so "
                "nothing was released; see that no other process holds it and that the disk has room, then build again "
                f"({error})"
            ) from error
        except sqlite3.DatabaseError as error:
            raise InputInvalid(
                f"{str(self.path)!r} is not a privacy ledger; without it nobody knows what was spent, so restore it "
                "from a copy"
            ) from error


def _spent(connection: sqlite3.Connection, retailer_id: str) -> Spent:
    sums = dict(
        connection.execute(
            "SELECT state, sum(micro_rho) FROM spent WHERE retailer_id = ? GROUP BY state", [retailer_id]
        ).fetchall()
    )
    return Spent(sums.get("committed", 0), sums.get("reserved", 0))
