"""The command that serves every composition with vLLM, for machines with an NVIDIA GPU.

vLLM is not part of the laptop's environment; it loads compositions from files that `adapters` has written.
"""

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.compose import WeightsDtype
from adapters.digest import base_digest
from adapters.manager import AdapterManager
from adapters.store import CompositionStore
from serving.names import without_digests
from serving.settings import ServingSettings

ALLOWED_MAX_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # vllm/config/lora.py, 0.32


@dataclass(frozen=True)
class LoraModule:
    """A composed adapter on disk; `rank` is its LoRA rank."""

    name: str
    path: Path
    rank: int


def vllm_argv(settings: ServingSettings, modules: Sequence[LoraModule]) -> list[str]:
    """`vllm serve` with the base under the name `base` and one static LoRA module per composition."""
    argv = [
        "vllm",
        "serve",
        str(settings.model),
        "--served-model-name",
        "base",
        "--host",
        settings.host,
        "--port",
        str(settings.port),
        "--max-model-len",
        str(settings.max_context_tokens),
        "--max-num-seqs",
        str(settings.max_rows),
        "--enable-auto-tool-choice",
        "--tool-call-parser",
        "hermes",
    ]
    if not modules:
        return argv
    return [
        *argv,
        "--enable-lora",
        "--max-loras",
        str(min(len(modules), settings.max_resident)),
        "--max-cpu-loras",
        str(max(len(modules), settings.max_resident)),
        "--max-lora-rank",
        str(_allowed_rank(max(module.rank for module in modules))),
        "--lora-modules",
        *(f"{module.name}={module.path}" for module in modules),
    ]


def composed_modules(settings: ServingSettings) -> list[LoraModule]:
    """Every composition of the shipped adapters for this base, composed now where it is not yet.

    Raises DataMissing when there is no base model.
    """
    base_sha256 = base_digest(settings.model)
    manager = AdapterManager(settings.adapters)
    store = CompositionStore(manager, settings.composed, base_sha256=base_sha256, dtype=WeightsDtype.BFLOAT16)
    modules = []
    for name in manager.compositions(base_sha256):
        composed = store.compose(name)
        modules.append(LoraModule(str(without_digests(name)), composed.path, composed.rank))
    return modules


def has_nvidia_gpu() -> bool:
    return Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None


def has_vllm() -> bool:
    return shutil.which("vllm") is not None and importlib.util.find_spec("vllm") is not None


def _allowed_rank(rank: int) -> int:
    return next(allowed for allowed in ALLOWED_MAX_RANKS if allowed >= rank)
