"""The audit's head under a key: who can write the file, but not read the key, can neither cut its end nor add to it.

Keep the key where the clean room's folder is not (CLEAN_ROOM_AUDIT_KEY), readable by the service and its auditor alone.
"""

import hmac
import os
import secrets
import sqlite3
from hashlib import sha256
from pathlib import Path

from schemas.errors import DataMissing, InputInvalid

KEY_BYTES = 32
SCHEMA = """
CREATE TABLE IF NOT EXISTS head (
    only INTEGER PRIMARY KEY CHECK (only = 1), entries INTEGER NOT NULL, hash TEXT NOT NULL, hmac TEXT NOT NULL
)"""


class SignedHead:
    def __init__(self, key_file: Path) -> None:
        self.key_file = key_file

    def write(self, connection: sqlite3.Connection, entries: int, head: str) -> None:
        """In the transaction that adds the entry. The first entry makes the key; a key lost later is not replaced."""
        if entries == 1 and not self.key_file.exists():
            self.key_file.parent.mkdir(parents=True, exist_ok=True)
            with open(os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_hex(KEY_BYTES))
        signed = (entries, head, self._signature(entries, head))
        connection.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?)", signed)

    def problem(self, connection: sqlite3.Connection, entries: int, head: str) -> str | None:
        """What is wrong with the head that is kept, for a chain of so many entries that ends in `head`."""
        found = connection.execute("SELECT entries, hash, hmac FROM head").fetchall()
        if not found:
            return "its signed head was removed" if entries else None
        kept_entries, kept_hash, signature = found[0]
        if not hmac.compare_digest(signature, self._signature(kept_entries, kept_hash)):
            return f"its head was not signed with the key in {str(self.key_file)!r}"
        if (kept_entries, kept_hash) != (entries, head):
            return f"its signed head is of {kept_entries} entries, not of these {entries}: some were removed or added"
        return None

    def _signature(self, entries: int, head: str) -> str:
        return hmac.new(self._key(), f"{entries} {head}".encode(), sha256).hexdigest()

    def _key(self) -> bytes:
        """Raises DataMissing without the key, InputInvalid for what is none."""
        try:
            key = bytes.fromhex(self.key_file.read_text(encoding="ascii"))
        except FileNotFoundError as error:
            raise DataMissing(
                f"no audit key at {str(self.key_file)!r}; name the file that holds it in CLEAN_ROOM_AUDIT_KEY"
            ) from error
        except ValueError as error:
            raise InputInvalid(
                f"{str(self.key_file)!r} is not an audit key, {KEY_BYTES} bytes as hex digits"
            ) from error
        if len(key) != KEY_BYTES:
            raise InputInvalid(f"{str(self.key_file)!r} is not an audit key, {KEY_BYTES} bytes as hex digits")
        return key
