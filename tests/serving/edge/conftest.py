"""The edge with two brands and an admin: before a recording app, and before the real CPU server."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.adapter_folder import CARD_FILE
from adapters.digest import base_digest
from adapters.manager import AdapterManager
from serving.cpu.start import chat_service
from serving.edge import Catalogue, Edge, ServedBase, TenantRegistry
from serving.settings import ServingSettings
from tests.serving.conftest import RunningServer, running
from tests.serving.edge.asgi import RecordingApp
from tests.serving.edge.tenants_files import two_brands_and_an_admin, written
from tests.tiny import make_random_adapter

MakeEdge = Callable[..., Edge]


@pytest.fixture(scope="session")
def served_base(tiny_settings: ServingSettings) -> ServedBase:
    return ServedBase(base_digest(tiny_settings.model), "tiny-llama", max_context_tokens=2048)


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> TenantRegistry:
    return TenantRegistry(written(tmp_path_factory.mktemp("tenants"), two_brands_and_an_admin()))


@pytest.fixture
def root(tiny_settings: ServingSettings, tmp_path: Path) -> Path:
    """A copy of the adapters, to be changed."""
    return Path(shutil.copytree(tiny_settings.adapters, tmp_path / "adapters"))


@pytest.fixture
def small_weights(tiny_settings: ServingSettings, tmp_path: Path) -> Path:
    """LoRA files of rank 2 that are no adapter yet."""
    return make_random_adapter(tmp_path / "weights", tiny_settings.model, seed=9, r=2)


@pytest.fixture
def catalogue(root: Path, served_base: ServedBase) -> Catalogue:
    return Catalogue(AdapterManager(root), served_base)


@pytest.fixture
def behind() -> RecordingApp:
    return RecordingApp()


@pytest.fixture
def edge(behind: RecordingApp, catalogue: Catalogue, registry: TenantRegistry) -> Edge:
    return Edge(behind, catalogue, registry)


@pytest.fixture
def local_edge(behind: RecordingApp, catalogue: Catalogue) -> Edge:
    return Edge(behind, catalogue, None)


@pytest.fixture
def edge_for(behind: RecordingApp, catalogue: Catalogue, tmp_path: Path) -> MakeEdge:
    """An edge for the tenants of a text, before the recording app or another one."""

    def make(tenants: str, app: RecordingApp = behind) -> Edge:
        return Edge(app, catalogue, TenantRegistry(written(tmp_path, tenants)))

    return make


@pytest.fixture
def edit_card(root: Path) -> Callable[..., None]:
    def edit(adapter_id: str, **changes: object) -> None:
        file = root / adapter_id / CARD_FILE
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return edit


@pytest.fixture(scope="session")
def guarded(tiny_settings: ServingSettings, registry: TenantRegistry) -> Iterator[RunningServer]:
    """The real CPU server, which asks for keys."""
    yield from running(chat_service(tiny_settings), registry)
