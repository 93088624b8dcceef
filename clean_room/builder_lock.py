"""One build at a time: an SQLite lock beside a brand's clean room, which ends with the process that holds it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from schemas.errors import BuildFailed


@contextmanager
def only_builder(folder: Path) -> Iterator[None]:
    """Holds the lock of `folder`. Raises BuildFailed at once when another build holds it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.parent / f".{folder.name}.lock"
    with closing(sqlite3.connect(lock, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise BuildFailed(
                f"another build of {str(folder)!r} is running; one build at a time is allowed, so build again when it"
                " has ended"
            ) from error
        yield
