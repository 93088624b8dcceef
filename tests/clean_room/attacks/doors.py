"""What an attacker stands in front of: our clean room, really built, with the faults an attack may bring about."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pandas as pd

from clean_room import CleanRoom
from clean_room.atom_store import open_atoms
from clean_room.builder import build
from tests.clean_room.worlds import write_market

BRAND = "brand_x"
SECRET = "17171717171717171717"


class Door(Protocol):
    def query(self, query_params: Any, /) -> dict[str, Any]: ...


class Engine(Protocol):
    """Opens doors over event logs. What follows `open` is what else an attacker may bring about."""

    def open(self, log: pd.DataFrame) -> Door: ...

    def restate(self, door: Door, log: pd.DataFrame) -> Door:
        """The same place, built again over another state of the log."""
        ...

    def of_other_brand(self, door: Door) -> Door:
        """What another brand, for which nothing was built, stands in front of."""
        ...

    def colleague(self, door: Door) -> Door:
        """A second person of the same brand, in front of the same room."""
        ...

    def damage(self, door: Door) -> None:
        """Storage that fails with a message that holds SECRET."""
        ...

    def lose_audit(self, door: Door) -> None:
        """Nothing can be written into the audit any more."""
        ...

    def forge_audit(self, door: Door, sql: str) -> bool:
        """Changes the audit as someone who holds the file can; whether verifying it finds that."""
        ...

    def taken_over(self, door: Door) -> Any:
        """A context: the connection a query runs on, for someone who runs own SQL in the process."""
        ...


class Ours:
    """Clean rooms below `directory`, one folder each, with the shipped policies."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._opened = 0

    def open(self, log: pd.DataFrame) -> CleanRoom:
        self._opened += 1
        return self._build(self.directory / str(self._opened), log)

    def restate(self, door: CleanRoom, log: pd.DataFrame) -> CleanRoom:
        return self._build(door.folder.parent.parent, log)

    def of_other_brand(self, door: CleanRoom) -> CleanRoom:
        return CleanRoom(door.folder.parent, "brand_y")

    def colleague(self, door: CleanRoom) -> CleanRoom:
        return CleanRoom(door.folder.parent, BRAND)

    def damage(self, door: CleanRoom) -> None:
        """Sums are cast to 64 bits; DuckDB's message holds the number that does not fit."""
        with duckdb.connect(str(door.folder / "retailer_a.duckdb")) as connection:
            connection.execute(f"ALTER TABLE atoms ALTER revenue TYPE HUGEINT USING {SECRET}")

    def lose_audit(self, door: CleanRoom) -> None:
        door.audit.path.unlink(missing_ok=True)
        door.audit.path.mkdir()

    def forge_audit(self, door: CleanRoom, sql: str) -> bool:
        noted = door.audit.verify().head
        with closing(sqlite3.connect(door.audit.path)) as connection:
            connection.executescript(f"DROP TRIGGER never_updated; DROP TRIGGER never_deleted; {sql}")
        return door.audit.verify(noted).problem is not None

    @contextmanager
    def taken_over(self, door: CleanRoom) -> Iterator[duckdb.DuckDBPyConnection]:
        with open_atoms(door.folder / "retailer_a.duckdb") as connection:
            yield connection

    def _build(self, folder: Path, log: pd.DataFrame) -> CleanRoom:
        build(write_market(folder / "market", log), BRAND, folder / "clean_room")
        return CleanRoom(folder / "clean_room", BRAND)
