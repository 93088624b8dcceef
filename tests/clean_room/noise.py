"""Policies of mode `dp`, and clean rooms built under them in this process and in others."""

import subprocess
import sys
from pathlib import Path

import pytest

from clean_room.policy import POLICIES_DIR, Policy, read_policies

CLAMPS = {"impressions": 20, "clicks": 5, "conversions": 3, "revenue": 20_000_000, "cost": 1_000_000}
BUILD = """
import sys
from clean_room.__main__ import main
from schemas.command_line import run_command
run_command(main, ["build", "--market", f"{sys.argv[1]}/market", "--out", f"{sys.argv[1]}/clean_room"])
"""


def noisy_policies(
    directory: Path,
    release_micro_rho: int = 600_000,
    budget_micro_rho: int = 600_000,
    rows_per_person: int = 1,
    grain: str = "week",
    skus: tuple[str, ...] = (),
) -> Path:
    """A folder with retailer_a's policy, noisy."""
    text = (POLICIES_DIR / "retailer_a.toml").read_text(encoding="utf-8")
    if not skus:
        text = text.replace(', "sku_id"', "")
    clamps = "\n".join(f"{metric} = {clamp}" for metric, clamp in CLAMPS.items())
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "retailer_a.toml").write_text(
        text.replace('latency_profile = "interactive"', 'latency_profile = "interactive"\nmode = "dp"')
        + f"""
[noise]
rows_per_person = {rows_per_person}
grain = "{grain}"
skus = {list(skus)}
release_micro_rho = {release_micro_rho}
budget_micro_rho = {budget_micro_rho}
[noise.clamps]
{clamps}
""",
        encoding="utf-8",
    )
    return directory


def noisy_policy(directory: Path, **changes: object) -> Policy:
    return read_policies(noisy_policies(directory, **changes))["retailer_a"]  # type: ignore[arg-type]


def use(monkeypatch: pytest.MonkeyPatch, policies: Path) -> None:
    monkeypatch.setenv("CLEAN_ROOM_POLICIES", str(policies))


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
