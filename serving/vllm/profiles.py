"""What fits on which hardware, for a base of Llama-3.1-8B's size; settings that are given outrank a profile."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from serving.settings import ServingSettings

LARGE_GIB = 70  # from here on an 80 GB card


@dataclass(frozen=True)
class Profile:
    """`max_loras` is how many compositions one batch may mix, `max_resident` how many host memory keeps beside them.

    A slot's memory goes by the server's largest rank, not the adapter's: at rank 32 about 185 MB for 8B in bfloat16.
    """

    max_context_tokens: int
    max_rows: int
    max_loras: int
    max_resident: int
    flags: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


PROFILES = {
    "24gb": Profile(8192, 32, max_loras=4, max_resident=32, flags=("--gpu-memory-utilization", "0.92")),
    "80gb": Profile(
        16384,
        256,
        max_loras=16,
        max_resident=128,
        flags=("--gpu-memory-utilization", "0.92", "--specialize-active-lora"),
    ),
    # For tests and small models. vLLM's CPU kernels gather each token's adapter rows, so batches stay small, and
    # torch.compile does not work with LoRA there.
    "cpu": Profile(
        2048,
        8,
        max_loras=4,
        max_resident=8,
        flags=("--enforce-eager", "--max-num-batched-tokens", "256"),
        environment={"VLLM_CPU_KVCACHE_SPACE": "1"},
    ),
}


def profile_for(settings: ServingSettings) -> Profile:
    """The profile that was named, or the one that fits this machine, with the settings that were given in it."""
    chosen = PROFILES[settings.profile if settings.profile != "auto" else _by_hardware(gpu_memory_gib())]
    given = settings.model_fields_set
    own: dict[str, Any] = {
        name: getattr(settings, name) for name in ("max_context_tokens", "max_rows", "max_resident") if name in given
    }
    if settings.max_loras is not None:
        own["max_loras"] = settings.max_loras
    merged = replace(chosen, **own)
    return replace(merged, max_resident=max(merged.max_resident, merged.max_loras))


def _by_hardware(gib: float | None) -> str:
    if gib is None:
        return "cpu"
    return "80gb" if gib >= LARGE_GIB else "24gb"


def gpu_memory_gib() -> float | None:
    """Of the first NVIDIA GPU; None where there is none."""
    return next(iter(_gpus_gib()), None)


def gpu_count() -> int:
    return len(_gpus_gib())


def _gpus_gib() -> list[float]:
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        return [float(line) / 1024 for line in told.stdout.split()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
