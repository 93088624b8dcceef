"""Key pairs of two owners and a stranger, and a trust file as an operator writes it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.provenance.keys import PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, write_key_pair
from adapters.provenance.trust import TRUST_FILE

OWNER = "tests"  # the owner of every adapter in tests.tiny

WriteTrust = Callable[..., None]


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    """Name -> folder with that one's private.pem and public.pem."""
    folders = {name: tmp_path / "keys" / name for name in (OWNER, "somebody else", "a stranger")}
    for folder in folders.values():
        write_key_pair(folder)
    return folders


@pytest.fixture
def private_key(keys: dict[str, Path]) -> Path:
    return keys[OWNER] / PRIVATE_KEY_FILE


@pytest.fixture
def write_trust(root: Path, keys: dict[str, Path]) -> WriteTrust:
    """Trusts the owner and somebody else, and not the stranger."""

    def write(allow_unsigned: bool = False, owners: tuple[str, ...] = (OWNER, "somebody else")) -> None:
        lines = [f"allow_unsigned = {str(allow_unsigned).lower()}"]
        for owner in owners:
            pem = (keys[owner] / PUBLIC_KEY_FILE).read_text()
            lines += [f'[owners."{owner}"]', f'public_keys = ["""\n{pem}"""]']
        (root / TRUST_FILE).write_text("\n".join(lines))

    return write
