"""The LoRA rank of a composition, read from the files' headers: known before anything is composed."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from safetensors import SafetensorError, safe_open

from adapters.digest import WEIGHTS_FILE
from adapters.manager import AdapterManager
from adapters.names import CompositionName
from schemas.errors import AdapterMismatch

A_ENDING = ".lora_A.weight"


def composed_rank(name: CompositionName, manager: AdapterManager, base_sha256: str) -> int:
    """What `adapters.compose.concatenate` would give: the largest sum of ranks on one layer; 0 for the base.

    Raises AdapterError like pinning the name does.
    """
    total: Counter[str] = Counter()
    for part in name.parts:
        weights = manager.weights_for(part.adapter_id, base_sha256)
        total.update(_ranks(manager.folder_for(part.adapter_id, weights), weights.sha256))
    return max(total.values(), default=0)


@lru_cache(maxsize=1024)
def _ranks(folder: Path, sha256: str) -> Mapping[str, int]:
    """Layer -> rank. `sha256` is in the key so that retrained weights are read again."""
    try:
        with safe_open(folder / WEIGHTS_FILE, framework="numpy") as tensors:
            return {key: tensors.get_slice(key).get_shape()[0] for key in tensors.keys() if key.endswith(A_ENDING)}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise AdapterMismatch(f"{WEIGHTS_FILE!r} of {folder.parent.name!r} cannot be read: {error}") from error
