"""One tiny base and one catalogue for all tests of adapters; what changes files works on a copy."""

import shutil
from pathlib import Path

import pytest

from adapters.digest import base_digest
from adapters.manager import AdapterManager
from tests.tiny import make_tiny_base, make_tiny_catalogue


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_base(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture(scope="session")
def base_sha256(tiny_base: Path) -> str:
    return base_digest(tiny_base)


@pytest.fixture(scope="session")
def shipped(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An industry adapter and two brands on top of it. Do not change: copy with `root`."""
    scratch = tmp_path_factory.mktemp("catalogue")
    make_tiny_catalogue(scratch / "adapters", tiny_base, scratch)
    return scratch / "adapters"


@pytest.fixture
def root(shipped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped, tmp_path / "adapters"))


@pytest.fixture
def manager(root: Path) -> AdapterManager:
    return AdapterManager(root)
