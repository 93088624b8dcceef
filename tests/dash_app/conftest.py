"""One small real market with its clean room, made by the rooms' own commands; no model server."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.services import Services, open_services
from orchestrator.settings import OrchestratorSettings

NO_MODEL = "http://127.0.0.1:9/v1"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `market` and `clean_room`."""
    folder = tmp_path_factory.mktemp("app-world")
    market = folder / "market"
    _module("data", "generate", "--seed", "3", "--events", "6000", "--skus", "20", "--out", str(market))
    for brand_id in ("brand_x", "brand_y"):
        _module(
            "clean_room", "build", "--market", str(market), "--brand", brand_id, "--out", str(folder / "clean_room")
        )
    return folder


@pytest.fixture
def services(world: Path, tmp_path: Path) -> Services:
    return open_services(
        OrchestratorSettings(
            market_dir=world / "market",
            clean_room_dir=world / "clean_room",
            runs_dir=tmp_path / "runs",
            model_url=NO_MODEL,
        )
    )


def _module(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
