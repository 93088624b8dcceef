"""An adapter's tensors, read from its own bytes and checked against its own config. Neither torch nor a base model."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ml_dtypes
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize

from adapters.digest import ADAPTER_FILES, CONFIG_FILE, WEIGHTS_FILE, sha256_of
from adapters.lora_config import LoraConfig, read_lora_config
from schemas.errors import AdapterMismatch

Float32 = npt.NDArray[np.float32]

# safetensors.numpy has no bfloat16, so the dtypes are read here.
READABLE_DTYPES: Mapping[str, npt.DTypeLike] = {"F32": np.float32, "F16": np.float16, "BF16": ml_dtypes.bfloat16}

_KEY = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")

# SmolLM2 and other small models tie the two; an adapter on one would change the other.
TIED_MODULES = ("embed_tokens", "lm_head")


@dataclass(frozen=True)
class LoraPair:
    """One linear layer's update, scaling · B · A. a: (rank, inputs), b: (outputs, rank)."""

    a: Float32
    b: Float32
    scaling: float

    @property
    def rank(self) -> int:
        return int(self.a.shape[0])


@dataclass(frozen=True)
class LoraSource:
    """One adapter in memory; `modules` is module name -> its update."""

    adapter_id: str
    modules: Mapping[str, LoraPair]
    has_all_layers: bool


def read_lora(weights_dir: Path, adapter_id: str, file_sha256s: Mapping[str, str] | None = None) -> LoraSource:
    """Read and check one adapter.

    The digests are of the very bytes that are then parsed, so a file that changes after it was verified is caught.
    Raises AdapterMismatch for a missing, altered, malformed or refused adapter.
    """
    content = {name: _read(weights_dir / name, adapter_id) for name in ADAPTER_FILES}
    for name, expected in (file_sha256s or {}).items():
        if sha256_of(content[name]) != expected:
            raise AdapterMismatch(f"{name!r} of adapter {adapter_id!r} changed while it was read; try again")
    config = read_lora_config(content[CONFIG_FILE], adapter_id)
    sides = _sides(_tensors(content[WEIGHTS_FILE], adapter_id), adapter_id)
    modules = {module: _pair(module, sides[module], config, adapter_id) for module in sorted(sides)}
    return LoraSource(adapter_id, modules, config.has_all_layers)


def _read(file: Path, adapter_id: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise AdapterMismatch(f"adapter {adapter_id!r}: cannot read {file.name!r}: {error.strerror}") from error


def _tensors(content: bytes, adapter_id: str) -> dict[str, Float32]:
    try:
        entries = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise AdapterMismatch(f"{WEIGHTS_FILE!r} of adapter {adapter_id!r} is not safetensors: {error}") from error
    if not entries:
        raise AdapterMismatch(f"{WEIGHTS_FILE!r} of adapter {adapter_id!r} holds no tensors")
    return {key: _float32(key, entry["dtype"], entry["shape"], entry["data"], adapter_id) for key, entry in entries}


def _float32(key: str, dtype: str, shape: list[int], data: bytes, adapter_id: str) -> Float32:
    if dtype not in READABLE_DTYPES:
        raise AdapterMismatch(
            f"{key!r} of adapter {adapter_id!r} is stored as {dtype!r}; expected one of {', '.join(READABLE_DTYPES)}"
        )
    values = np.frombuffer(data, dtype=READABLE_DTYPES[dtype]).reshape(shape).astype(np.float32)
    if not np.isfinite(values).all():
        raise AdapterMismatch(f"{key!r} of adapter {adapter_id!r} holds a value that is not finite; retrain it")
    return values


def _sides(tensors: Mapping[str, Float32], adapter_id: str) -> dict[str, dict[str, Float32]]:
    sides: dict[str, dict[str, Float32]] = {}
    for key, values in tensors.items():
        match = _KEY.fullmatch(key)
        if match is None:
            raise AdapterMismatch(
                f"adapter {adapter_id!r} holds {key!r}; only base_model.model.<module>.lora_A|lora_B.weight is composed"
            )
        module = match["module"]
        if module.rpartition(".")[2] in TIED_MODULES:
            raise AdapterMismatch(f"adapter {adapter_id!r} targets {module!r}; embeddings and output head are refused")
        sides.setdefault(module, {})[match["side"]] = values
    return sides


def _pair(module: str, sides: Mapping[str, Float32], config: LoraConfig, adapter_id: str) -> LoraPair:
    if sides.keys() != {"A", "B"}:
        raise AdapterMismatch(
            f"adapter {adapter_id!r} has only lora_{'/'.join(sides)} for {module!r}; A and B come in pairs"
        )
    a, b, rank = sides["A"], sides["B"], config.rank_of(module)
    if a.ndim != 2 or b.ndim != 2 or a.shape[0] != rank or b.shape[1] != rank:
        raise AdapterMismatch(
            f"adapter {adapter_id!r}: {module!r} has A {a.shape} and B {b.shape}, its config says rank {rank}; "
            f"expected A ({rank}, inputs) and B (outputs, {rank})"
        )
    return LoraPair(a, b, config.scaling_of(module))
