"""What vLLM's resolver asks for: folders by name, a few at a time, never an exception."""

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from adapters.digest import base_digest
from adapters.manager import AdapterManager
from adapters.store import ComposedAdapter, CompositionStore
from serving.settings import ServingSettings
from serving.vllm.composer import Composer
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

STACK_X, STACK_Y = f"{INDUSTRY}+{BRAND_X}", f"{INDUSTRY}+{BRAND_Y}"


class WatchedStore(CompositionStore):
    """A real store that says how many compose at once and how often it was asked."""

    def __init__(self, settings: ServingSettings, root: Path, gate: threading.Barrier | None = None) -> None:
        super().__init__(AdapterManager(settings.adapters), root, base_sha256=base_digest(settings.model))
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0
        self.threads: set[int] = set()
        self._gate = gate
        self._lock = threading.Lock()

    def compose(self, name: object) -> ComposedAdapter:
        with self._lock:
            self.asked.append(str(name))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.threads.add(threading.get_ident())
        try:
            if self._gate is not None:
                self._gate.wait(10)
            return super().compose(name)  # type: ignore[arg-type]
        finally:
            with self._lock:
                self.at_once -= 1


@pytest.fixture
def store(tiny_settings: ServingSettings, tmp_path: Path) -> WatchedStore:
    return WatchedStore(tiny_settings, tmp_path)


def test_a_name_becomes_a_folder_off_the_event_loop(store: WatchedStore) -> None:
    path = asyncio.run(Composer(store, at_once=2).path_of(STACK_X))

    assert path is not None and path.is_absolute()
    assert (path / "adapter_model.safetensors").is_file()
    assert threading.get_ident() not in store.threads


@pytest.mark.parametrize("name", ["", "base", "../etc", "a,b", "nope", f"{INDUSTRY}+nope", BRAND_X, "x" * 100_000])
def test_what_cannot_be_composed_is_none_and_never_an_exception(store: WatchedStore, name: str) -> None:
    assert asyncio.run(Composer(store, at_once=2).path_of(name)) is None


def test_a_store_that_cannot_be_written_is_none_and_logged(
    tiny_settings: ServingSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    store = WatchedStore(tiny_settings, tmp_path / "file")

    assert asyncio.run(Composer(store, at_once=1).path_of(STACK_X)) is None
    assert "cannot write the composition store" in caplog.text


def test_a_name_that_failed_is_not_tried_again_for_a_while(store: WatchedStore) -> None:
    async def ask_thrice(composer: Composer) -> None:
        for _ in range(3):
            assert await composer.path_of(f"{INDUSTRY}+nope") is None

    asyncio.run(ask_thrice(Composer(store, at_once=1)))
    assert len(store.asked) == 1

    asyncio.run(ask_thrice(Composer(store, at_once=1, refused_seconds=0)))
    assert len(store.asked) == 4


def test_only_so_many_compose_at_once(tiny_settings: ServingSettings, tmp_path: Path) -> None:
    """Two must be inside together for the barrier to open; with a third let in, it would be three."""
    store = WatchedStore(tiny_settings, tmp_path, threading.Barrier(2))
    composer = Composer(store, at_once=2)
    names = [f"{INDUSTRY}:{weight}" for weight in ("0.1", "0.2", "0.3", "0.4")]

    async def ask() -> list[Path | None]:
        return await asyncio.gather(*(composer.path_of(name) for name in names))

    assert None not in asyncio.run(ask())
    assert store.most_at_once == 2


def test_what_was_removed_by_hand_is_made_again_and_what_was_not_is_left(store: WatchedStore) -> None:
    composer = Composer(store, at_once=1)

    async def remove_one() -> tuple[Path, Path]:
        x, y = await composer.path_of(STACK_X), await composer.path_of(STACK_Y)
        assert x is not None and y is not None
        shutil.rmtree(x)
        store.asked.clear()
        await composer.restore(STACK_X)
        await composer.restore(STACK_Y)
        await composer.restore("never asked for")
        return x, y

    x, _ = asyncio.run(remove_one())

    assert (x / "adapter_model.safetensors").is_file()
    assert store.asked == [STACK_X]
