"""An adapter's tensors, read from its own bytes and checked against its own config. Neither torch nor a base model."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from adapters.digest import ADAPTER_FILES, CONFIG_FILE, WEIGHTS_FILE
from adapters.lora_config import LoraConfig, read_lora_config
from adapters.safetensors_file import Array, NotSafetensors, OtherDtype, tensors_in
from schemas.errors import AdapterMismatch

_KEY = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])\.weight")

# SmolLM2 and other small models tie the two; an adapter on one would change the other.
TIED_MODULES = ("embed_tokens", "lm_head")

BFLOAT16_EXPONENT = np.uint16(0x7F80)  # all ones is infinity or NaN


@dataclass(frozen=True)
class LoraPair:
    """One linear layer's update, scaling · B · A. a: (rank, inputs), b: (outputs, rank), in the dtype of the file."""

    a: Array
    b: Array
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
        if hashlib.sha256(content[name].data).hexdigest() != expected:
            raise AdapterMismatch(f"{name!r} of adapter {adapter_id!r} changed while it was read; try again")
    config = read_lora_config(content[CONFIG_FILE].tobytes(), adapter_id)
    sides = _sides(_tensors(content[WEIGHTS_FILE], adapter_id), adapter_id)
    modules = {module: _pair(module, sides[module], config, adapter_id) for module in sorted(sides)}
    return LoraSource(adapter_id, modules, config.has_all_layers)


def is_finite(values: Array) -> bool:
    """Whether no value is infinite or NaN; ml_dtypes' own test is many times slower than looking at the exponents."""
    if values.dtype.kind == "f":
        return bool(np.isfinite(values).all())
    return bool(((values.view(np.uint16) & BFLOAT16_EXPONENT) != BFLOAT16_EXPONENT).all())


def _read(file: Path, adapter_id: str) -> npt.NDArray[np.uint8]:
    try:
        content = np.fromfile(file, dtype=np.uint8)
    except OSError as error:
        raise AdapterMismatch(f"adapter {adapter_id!r}: cannot read {file.name!r}: {error.strerror}") from error
    content.flags.writeable = False  # the tensors are views of what the digest was taken of
    return content


def _tensors(content: npt.NDArray[np.uint8], adapter_id: str) -> dict[str, Array]:
    try:
        tensors = tensors_in(content)
    except NotSafetensors as error:
        raise AdapterMismatch(f"{WEIGHTS_FILE!r} of adapter {adapter_id!r} is not safetensors: {error}") from error
    except OtherDtype as error:
        raise AdapterMismatch(f"adapter {adapter_id!r}: {error}; convert it") from error
    if not tensors:
        raise AdapterMismatch(f"{WEIGHTS_FILE!r} of adapter {adapter_id!r} holds no tensors")
    for key, values in tensors.items():
        if not is_finite(values):
            raise AdapterMismatch(f"{key!r} of adapter {adapter_id!r} holds a value that is not finite; retrain it")
    return tensors


def _sides(tensors: Mapping[str, Array], adapter_id: str) -> dict[str, dict[str, Array]]:
    sides: dict[str, dict[str, Array]] = {}
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


def _pair(module: str, sides: Mapping[str, Array], config: LoraConfig, adapter_id: str) -> LoraPair:
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
