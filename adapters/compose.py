"""Exact composition: the sum of several LoRA updates, written as one plain LoRA by rank concatenation.

    sum_i w_i s_i B_i A_i  =  [w_1 s_1 B_1 | w_2 s_2 B_2] [A_1 ; A_2]

in float32, with scaling 1 afterwards (r = lora_alpha). The factors go into B, as vLLM's own loader does, so each value
is rounded once. PEFT's `linear` combination is another thing: it adds the cross terms B_i A_j.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from adapters.lora_tensors import Float32, LoraPair, LoraSource
from schemas.errors import AdapterMismatch

# Part of every stored composition's key: raise it when the same sources would give other bytes.
COMPOSER_VERSION = 1


class WeightsDtype(StrEnum):
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def numpy(self) -> npt.DTypeLike:
        return np.float32 if self is WeightsDtype.FLOAT32 else ml_dtypes.bfloat16


@dataclass(frozen=True)
class Composition:
    """tensors: PEFT key -> array in the output dtype; A is (rank, inputs), B is (outputs, rank)."""

    tensors: dict[str, npt.NDArray[Any]]
    rank: int
    target_modules: tuple[str, ...]


def concatenate(sources: Sequence[tuple[LoraSource, Decimal]], dtype: WeightsDtype) -> Composition:
    """The weighted sum of the sources, exact up to one rounding per value.

    Modules with a smaller total rank are padded with zeros, so that no rank pattern is needed: older loaders read
    only `r`. Raises AdapterMismatch when two sources disagree on a layer's size or a value overflows the dtype.
    """
    modules = sorted({module for source, _ in sources for module in source.modules})
    members = {
        module: [(source, source.modules[module], weight) for source, weight in sources if module in source.modules]
        for module in modules
    }
    rank = max(sum(pair.rank for _, pair, _ in found) for found in members.values())
    tensors: dict[str, npt.NDArray[Any]] = {}
    for module, found in members.items():
        _require_same_layer(module, [(source.adapter_id, pair) for source, pair, _ in found])
        a = np.vstack([pair.a for _, pair, _ in found])
        b = np.hstack([_scaled(pair, weight) for _, pair, weight in found])
        missing = rank - a.shape[0]
        tensors[f"base_model.model.{module}.lora_A.weight"] = _cast(np.pad(a, ((0, missing), (0, 0))), dtype, module)
        tensors[f"base_model.model.{module}.lora_B.weight"] = _cast(np.pad(b, ((0, 0), (0, missing))), dtype, module)
    return Composition(tensors, rank, _target_modules(modules, all(source.has_all_layers for source, _ in sources)))


def config_json(composition: Composition, base_model: str) -> bytes:
    """The adapter_config.json that PEFT and vLLM both read: plain LoRA, scaling 1, no patterns."""
    settings = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_model,
        "r": composition.rank,
        "lora_alpha": composition.rank,
        "target_modules": list(composition.target_modules),
        "bias": "none",
        "lora_dropout": 0.0,
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "use_rslora": False,
        "use_dora": False,
        "modules_to_save": None,
        "rank_pattern": {},
        "alpha_pattern": {},
        "inference_mode": True,
    }
    return (json.dumps(settings, indent=2) + "\n").encode()


def _require_same_layer(module: str, pairs: Iterable[tuple[str, LoraPair]]) -> None:
    sizes = {adapter_id: (pair.b.shape[0], pair.a.shape[1]) for adapter_id, pair in pairs}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{adapter_id!r} has {size}" for adapter_id, size in sizes.items())
        raise AdapterMismatch(f"layer {module!r} differs in (outputs, inputs): {listed}; the bases cannot be the same")


def _scaled(pair: LoraPair, weight: Decimal) -> Float32:
    with np.errstate(over="ignore", invalid="ignore"):
        return pair.b * np.float32(float(weight) * pair.scaling)


def _cast(values: Float32, dtype: WeightsDtype, module: str) -> npt.NDArray[Any]:
    with np.errstate(over="ignore"):
        cast = np.ascontiguousarray(values.astype(dtype.numpy))
    if not np.isfinite(cast).all():
        raise AdapterMismatch(f"composing {module!r} overflows {dtype.value}; use smaller weights")
    return cast


def _target_modules(modules: Sequence[str], all_layers: bool) -> tuple[str, ...]:
    """Plain layer names where every layer has them; else full names, so that no untrained layer gains an adapter."""
    return tuple(sorted({module.rpartition(".")[2] for module in modules} if all_layers else modules))
