"""Makes what a run on a fresh machine lacks: the simulated market and the brand's clean room."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from orchestrator.settings import OrchestratorSettings
from schemas.errors import RetailMediaError

Say = Callable[[str], None]


def prepare(settings: OrchestratorSettings, brand_id: str, say: Say, seed: int | None = None) -> None:
    """Each is made by its room's own command, so that doing it by hand gives the same. Raises RetailMediaError."""
    market_dir, clean_room_dir = settings.market_dir, settings.clean_room_dir
    if not (market_dir / "market.json").is_file():
        say(f"no market in {market_dir}: simulating one")
        _run("data", "generate", "--out", str(market_dir), *([] if seed is None else ["--seed", str(seed)]))
    if not clean_room_is_current(market_dir, clean_room_dir, brand_id):
        say(f"no clean room for {brand_id} over this market in {clean_room_dir}: building it")
        _run("clean_room", "build", "--market", str(market_dir), "--brand", brand_id, "--out", str(clean_room_dir))


def clean_room_is_current(market_dir: Path, clean_room_dir: Path, brand_id: str) -> bool:
    """Whether the brand's clean room was built after the market's events were written."""
    built = [path.stat().st_mtime for path in (clean_room_dir / brand_id).glob("*.duckdb")]
    return bool(built) and min(built) >= (market_dir / "events.parquet").stat().st_mtime


def _run(module: str, *arguments: str) -> None:
    command = [sys.executable, "-m", module, *arguments]
    # The child's result line would end up among this command's own results.
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise RetailMediaError(f"`python -m {module} {' '.join(arguments)}` failed with exit code {done.returncode}")
