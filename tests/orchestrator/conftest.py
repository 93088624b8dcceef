"""One small real market with its clean room, made by the rooms' own commands and shared by the session."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.services import Services, open_services
from orchestrator.settings import OrchestratorSettings


def module(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


@pytest.fixture(scope="session")
def market_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world") / "market"
    module("data", "generate", "--seed", "3", "--events", "6000", "--skus", "20", "--out", str(directory))
    return directory


@pytest.fixture(scope="session")
def clean_room_dir(market_dir: Path) -> Path:
    directory = market_dir.parent / "clean_room"
    for brand_id in ("brand_x", "brand_y"):
        module("clean_room", "build", "--market", str(market_dir), "--brand", brand_id, "--out", str(directory))
    return directory


@pytest.fixture
def services(market_dir: Path, clean_room_dir: Path, tmp_path: Path) -> Services:
    """No model server: a test that wants one replaces `model_url`."""
    return services_for(market_dir, clean_room_dir, tmp_path, "http://127.0.0.1:9/v1")


def services_for(market_dir: Path, clean_room_dir: Path, folder: Path, model_url: str) -> Services:
    return open_services(
        OrchestratorSettings(
            market_dir=market_dir, clean_room_dir=clean_room_dir, runs_dir=folder / "runs", model_url=model_url
        )
    )
