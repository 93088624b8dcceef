"""Exact composition: the sum of several LoRA updates, written as one plain LoRA by rank concatenation.

    sum_i w_i s_i B_i A_i  =  [w_1 s_1 B_1 | w_2 s_2 B_2] [A_1 ; A_2]

in float32, with scaling 1 afterwards (r = lora_alpha). The factors go into B, as vLLM's own loader does, so each value
is rounded once. PEFT's `linear` combination is another thing: it adds the cross terms B_i A_j.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import partial

import ml_dtypes
import numpy as np
import numpy.typing as npt

from adapters.lora_config import MAX_RANK
from adapters.lora_tensors import LoraPair, LoraSource, is_finite
from adapters.safetensors_file import Array
from schemas.errors import AdapterMismatch

# Part of every stored composition's key: raise it when the same sources would give other bytes.
COMPOSER_VERSION = 1


class WeightsDtype(StrEnum):
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def numpy(self) -> npt.DTypeLike:
        return np.float32 if self is WeightsDtype.FLOAT32 else ml_dtypes.bfloat16


class MadeOnDemand(Mapping[str, Array]):
    """Tensors by name, made when asked for and not kept: a composition for a large base never lies in memory whole."""

    def __init__(self, makers: Mapping[str, Callable[[], Array]]) -> None:
        self._makers = makers

    def __getitem__(self, name: str) -> Array:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


@dataclass(frozen=True)
class Composition:
    """shapes, tensors: PEFT key -> A's (rank, inputs) or B's (outputs, rank), and the array itself in `dtype`."""

    shapes: Mapping[str, tuple[int, int]]
    tensors: Mapping[str, Array]
    dtype: WeightsDtype
    rank: int
    target_modules: tuple[str, ...]


# One source's update of one layer, and the factor that its B is scaled by.
Member = tuple[LoraPair, float]


def concatenate(sources: Sequence[tuple[LoraSource, Decimal]], dtype: WeightsDtype) -> Composition:
    """The weighted sum of the sources, exact up to one rounding per value.

    Modules with a smaller total rank are padded with zeros, so that no rank pattern is needed: older loaders read
    only `r`. Raises AdapterMismatch when two sources disagree on a layer's size or the rank is more than any server
    takes; asking for a tensor raises it when a value overflows the dtype.
    """
    modules = sorted({module for source, _ in sources for module in source.modules})
    rank = max(
        sum(source.modules[module].rank for source, _ in sources if module in source.modules) for module in modules
    )
    if rank > MAX_RANK:
        raise AdapterMismatch(
            f"the composition would have rank {rank}; at most {MAX_RANK} can be served. Compose fewer adapters, or "
            "ones of a smaller rank (`python -m adapters recompress`)"
        )
    shapes: dict[str, tuple[int, int]] = {}
    makers: dict[str, Callable[[], Array]] = {}
    for module in modules:
        found = [(source, source.modules[module], weight) for source, weight in sources if module in source.modules]
        outputs, inputs = _same_layer(module, [(source.adapter_id, pair) for source, pair, _ in found])
        members = [(pair, float(weight) * pair.scaling) for _, pair, weight in found]
        for side, shape, make in (("A", (rank, inputs), _stacked_a), ("B", (outputs, rank), _stacked_b)):
            key = f"base_model.model.{module}.lora_{side}.weight"
            shapes[key] = shape
            makers[key] = partial(_in_range, make, members, shape, dtype, module)
    targets = _target_modules(modules, all(source.has_all_layers for source, _ in sources))
    return Composition(shapes, MadeOnDemand(makers), dtype, rank, targets)


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


def _same_layer(module: str, pairs: Iterable[tuple[str, LoraPair]]) -> tuple[int, int]:
    sizes = {adapter_id: (pair.b.shape[0], pair.a.shape[1]) for adapter_id, pair in pairs}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{adapter_id!r} has {size}" for adapter_id, size in sizes.items())
        raise AdapterMismatch(f"layer {module!r} differs in (outputs, inputs): {listed}; the bases cannot be the same")
    return next(iter(sizes.values()))


def _in_range(
    make: Callable[[Sequence[Member], Array], None],
    members: Sequence[Member],
    shape: tuple[int, int],
    dtype: WeightsDtype,
    module: str,
) -> Array:
    made: Array = np.empty(shape, dtype.numpy)
    with np.errstate(over="ignore", invalid="ignore"):
        make(members, made)
    if not is_finite(made):
        raise AdapterMismatch(f"composing {module!r} overflows {dtype.value}; use smaller weights")
    return made


def _stacked_a(members: Sequence[Member], made: Array) -> None:
    """Writes into `made`, (rank, inputs), where any rounding to its dtype happens."""
    position = 0
    for pair, _ in members:
        made[position : position + pair.rank] = pair.a
        position += pair.rank
    made[position:] = 0


def _stacked_b(members: Sequence[Member], made: Array) -> None:
    """Writes into `made`, (outputs, rank); the factor is multiplied in float32, and then rounded to its dtype once."""
    position = 0
    for pair, factor in members:
        columns = made[:, position : position + pair.rank]
        if made.dtype == np.float32:
            np.multiply(pair.b, np.float32(factor), out=columns)
        else:
            columns[...] = pair.b.astype(np.float32, copy=False) * np.float32(factor)
        position += pair.rank
    made[:, position:] = 0


def _target_modules(modules: Sequence[str], all_layers: bool) -> tuple[str, ...]:
    """Plain layer names where every layer has them; else full names, so that no untrained layer gains an adapter."""
    return tuple(sorted({module.rpartition(".")[2] for module in modules} if all_layers else modules))
