"""A stored composition is hashed once per process, and still no change to it goes unnoticed."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters import store as store_module
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, adapter_digest
from adapters.manager import AdapterManager
from adapters.store import MANIFEST_FILE, SETTLED_NS, CompositionStore
from tests.tiny import BRAND_X, INDUSTRY

NAME = f"{INDUSTRY}+{BRAND_X}"


@pytest.fixture
def store(manager: AdapterManager, tmp_path: Path) -> CompositionStore:
    return CompositionStore(manager, tmp_path / "composed")


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The entries that were hashed, in order."""
    found: list[Path] = []
    intact = store_module._intact

    def recorded(entry: Path, *rest: object) -> object:
        found.append(entry)
        return intact(entry, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(store_module, "_intact", recorded)
    return found


def let_settle() -> None:
    time.sleep(2 * SETTLED_NS / 1e9)


def test_an_entry_that_stays_as_it_is_is_hashed_once(store: CompositionStore, hashed: list[Path]) -> None:
    first = store.compose(NAME)
    let_settle()
    hashed.clear()

    again = [store.compose(NAME) for _ in range(3)]

    assert hashed == [first.path]
    assert {(one.path, one.sha256, one.was_stored) for one in again} == {(first.path, first.sha256, True)}


def test_every_process_hashes_for_itself(manager: AdapterManager, store: CompositionStore, hashed: list[Path]) -> None:
    entry = store.compose(NAME).path
    let_settle()
    hashed.clear()

    for _ in range(2):
        CompositionStore(manager, entry.parent).compose(NAME)

    assert hashed == [entry, entry]


def test_an_entry_written_a_moment_ago_is_not_remembered(store: CompositionStore, hashed: list[Path]) -> None:
    """Its files could change again within one tick of the filesystem's clock."""
    store.compose(NAME)
    hashed.clear()

    for _ in range(2):
        store.compose(NAME)

    assert len(hashed) == 2


def flip_a_byte(file: Path) -> None:
    """In place, with the size kept and the old times put back."""
    times = file.stat()
    file.chmod(0o644)
    with file.open("r+b") as opened:
        opened.seek(-2, os.SEEK_END)
        last = opened.read(1)
        opened.seek(-1, os.SEEK_CUR)
        opened.write(bytes([last[0] ^ 1]))
    file.chmod(0o444)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def put_another_in_its_place(file: Path) -> None:
    other = Path(shutil.copy2(file, file.with_name("other")))
    flip_a_byte(other)
    other.replace(file)


def remove(file: Path) -> None:
    file.unlink()


def cut_short(file: Path) -> None:
    file.chmod(0o644)
    os.truncate(file, file.stat().st_size // 2)


@pytest.mark.parametrize("name", [WEIGHTS_FILE, CONFIG_FILE, MANIFEST_FILE])
@pytest.mark.parametrize("change", [flip_a_byte, put_another_in_its_place, remove, cut_short])
def test_a_change_after_it_was_verified_is_noticed_and_mended(
    change: Callable[[Path], None], name: str, store: CompositionStore, hashed: list[Path]
) -> None:
    first = store.compose(NAME)
    let_settle()
    store.compose(NAME)
    hashed.clear()

    change(first.path / name)

    assert store.compose(NAME).sha256 == first.sha256
    assert hashed
    assert adapter_digest(first.path) == first.sha256


def test_a_change_right_after_it_was_written_is_noticed(store: CompositionStore) -> None:
    first = store.compose(NAME)
    store.compose(NAME)

    flip_a_byte(first.path / WEIGHTS_FILE)

    assert not store.compose(NAME).was_stored
    assert adapter_digest(first.path) == first.sha256
