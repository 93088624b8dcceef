import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.compose import WeightsDtype
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, adapter_digest, adapter_file_sha256s
from adapters.manager import AdapterManager
from adapters.store import MANIFEST_FILE, CompositionStore
from schemas.errors import AdapterMismatch, AdapterNameInvalid, InputInvalid
from tests.tiny import BRAND_X, INDUSTRY, make_random_adapter, register

NAME = f"{INDUSTRY}+{BRAND_X}"


@pytest.fixture
def store(manager: AdapterManager, tmp_path: Path) -> CompositionStore:
    return CompositionStore(manager, tmp_path / "composed")


def entries(store_root: Path) -> list[str]:
    return sorted(path.name for path in store_root.iterdir())


def test_a_composition_lands_with_its_manifest(store: CompositionStore, tmp_path: Path, base_sha256: str) -> None:
    composed = store.compose(NAME)

    assert composed.path.parent == tmp_path / "composed"
    assert sorted(file.name for file in composed.path.iterdir()) == [CONFIG_FILE, WEIGHTS_FILE, MANIFEST_FILE]
    assert composed.sha256 == adapter_digest(composed.path)
    manifest = json.loads((composed.path / MANIFEST_FILE).read_text())
    assert manifest["canonical_name"] == composed.canonical_name
    assert manifest["files"] == adapter_file_sha256s(composed.path)
    assert manifest["recipe"]["base_sha256"] == base_sha256
    assert [source["adapter_id"] for source in manifest["recipe"]["sources"]] == [INDUSTRY, BRAND_X]


def test_every_spelling_of_a_composition_is_one_entry(store: CompositionStore, tmp_path: Path) -> None:
    pinned = store.canonical(NAME)

    paths = {store.compose(name).path for name in (NAME, f"{BRAND_X}+{INDUSTRY}", f"{INDUSTRY}:1.0+{BRAND_X}", pinned)}

    assert len(paths) == 1
    assert len(entries(tmp_path / "composed")) == 1


def test_a_single_adapter_goes_through_the_store_too(store: CompositionStore) -> None:
    assert store.compose(INDUSTRY).path != store.compose(NAME).path


def test_a_second_request_writes_nothing(store: CompositionStore) -> None:
    weights = store.compose(NAME).path / WEIGHTS_FILE
    before = weights.stat()

    store.compose(NAME)

    assert (weights.stat().st_mtime_ns, weights.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_composing_again_elsewhere_gives_the_same_bytes(manager: AdapterManager, tmp_path: Path) -> None:
    one, other = (CompositionStore(manager, tmp_path / place).compose(NAME) for place in ("one", "other"))

    assert one.sha256 == other.sha256
    assert one.path.name == other.path.name


def test_another_dtype_weight_or_source_is_another_entry(
    manager: AdapterManager, root: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    exact = CompositionStore(manager, tmp_path / "composed")
    half = CompositionStore(manager, tmp_path / "composed", dtype=WeightsDtype.BFLOAT16)
    paths = [exact.compose(INDUSTRY).path, half.compose(INDUSTRY).path, exact.compose(f"{INDUSTRY}:0.5").path]

    register(root, INDUSTRY, make_random_adapter(tmp_path / "newer", tiny_base, seed=55, r=4), base_sha256)
    paths.append(exact.compose(INDUSTRY).path)

    assert len(set(paths)) == 4
    assert len({adapter_digest(path) for path in paths}) == 4


def test_the_base_itself_is_nothing_to_compose(store: CompositionStore) -> None:
    with pytest.raises(AdapterNameInvalid, match="nothing to compose"):
        store.compose("base")
    assert str(store.canonical("base")) == "base"


def test_a_store_for_another_base_refuses(manager: AdapterManager, tmp_path: Path) -> None:
    with pytest.raises(AdapterMismatch, match="was trained for base"):
        CompositionStore(manager, tmp_path / "composed", base_sha256="f" * 64).compose(NAME)
    assert not (tmp_path / "composed").exists()


def change_weights(entry: Path) -> None:
    content = bytearray((entry / WEIGHTS_FILE).read_bytes())
    content[-1] ^= 1
    (entry / WEIGHTS_FILE).unlink()
    (entry / WEIGHTS_FILE).write_bytes(content)


def cut_the_manifest(entry: Path) -> None:
    (entry / MANIFEST_FILE).unlink()
    (entry / MANIFEST_FILE).write_text("{")


def remove_the_config(entry: Path) -> None:
    (entry / CONFIG_FILE).unlink()


def become_a_file(entry: Path) -> None:
    for file in entry.iterdir():
        file.unlink()
    entry.rmdir()
    entry.write_text("not a folder")


@pytest.mark.parametrize("corrupt", [change_weights, cut_the_manifest, remove_the_config, become_a_file])
def test_a_corrupted_entry_is_noticed_and_rebuilt(
    corrupt: Callable[[Path], None], store: CompositionStore, tmp_path: Path
) -> None:
    first = store.compose(NAME)
    corrupt(first.path)

    again = store.compose(NAME)

    assert again == first
    assert adapter_digest(again.path) == first.sha256
    assert entries(tmp_path / "composed") == [first.path.name]


def test_an_entry_put_in_anothers_place_is_not_served(store: CompositionStore) -> None:
    single, pair = store.compose(INDUSTRY), store.compose(NAME)
    for file in pair.path.iterdir():
        file.unlink()
        file.write_bytes((single.path / file.name).read_bytes())

    assert adapter_digest(store.compose(NAME).path) == pair.sha256


def test_a_store_that_cannot_be_written_says_so(manager: AdapterManager, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(InputInvalid, match="cannot write the composition store"):
        CompositionStore(manager, tmp_path / "file" / "composed").compose(NAME)


def test_readers_and_writers_in_many_threads_agree(manager: AdapterManager, tmp_path: Path) -> None:
    stores = [CompositionStore(manager, tmp_path / "composed") for _ in range(8)]
    together = threading.Barrier(len(stores))
    found: list[str] = []

    def compose(store: CompositionStore) -> None:
        together.wait()
        found.append(adapter_digest(store.compose(NAME).path))

    threads = [threading.Thread(target=compose, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == len(stores)
    assert len(set(found)) == 1
    assert len(entries(tmp_path / "composed")) == 1


def compose_in_a_process(
    root: Path, store_root: Path, together: "threading.Barrier", found: "multiprocessing.Queue[str]"
) -> None:
    store = CompositionStore(AdapterManager(root), store_root)
    together.wait()
    found.put(store.compose(NAME).sha256)


@pytest.mark.parametrize("corrupted", [False, True])
def test_two_processes_that_compose_the_same_thing_at_once_agree(
    corrupted: bool, root: Path, store: CompositionStore, tmp_path: Path
) -> None:
    if corrupted:
        change_weights(store.compose(NAME).path)
    processes = multiprocessing.get_context("spawn")
    together, found = processes.Barrier(2), processes.Queue()
    racers = [
        processes.Process(target=compose_in_a_process, args=(root, tmp_path / "composed", together, found))
        for _ in range(2)
    ]

    for racer in racers:
        racer.start()
    digests = [found.get(timeout=60) for _ in racers]
    for racer in racers:
        racer.join()

    assert digests == [adapter_digest(store.compose(NAME).path)] * 2
    assert len(entries(tmp_path / "composed")) == 1


def test_stored_files_are_not_writable(store: CompositionStore) -> None:
    assert {oct(os.stat(file).st_mode & 0o777) for file in store.compose(NAME).path.iterdir()} == {"0o444"}
