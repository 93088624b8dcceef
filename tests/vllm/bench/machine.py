"""What the figures were taken on."""

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

MEMORY = Path("/proc/meminfo")
PROCESSORS = Path("/proc/cpuinfo")


def available_gib() -> float:
    """Memory that can be taken without swapping; 0 where the system does not tell."""
    return _field(MEMORY, "MemAvailable")[1] / 2**20


def model_gib(model: Path) -> float:
    return sum(file.stat().st_size for file in model.glob("*.safetensors")) / 2**30


def described(versions: Mapping[str, str]) -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "processor": _field(PROCESSORS, "model name")[0] or platform.machine(),
        "memory_gib": round(_field(MEMORY, "MemTotal")[1] / 2**20, 1),
        "gpus": gpu_names(),
        **versions,
    }


def gpu_names() -> list[str]:
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return []


def _field(file: Path, name: str) -> tuple[str, float]:
    """The first entry of that name: as text, and as the number it starts with."""
    if not file.is_file():
        return "", 0.0
    for line in file.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            first = value.split()[0] if value.split() else ""
            return value.strip(), float(first) if first.isdigit() else 0.0
    return "", 0.0
