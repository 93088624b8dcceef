"""An adapter_config.json as PEFT writes it, read strictly: what would change the arithmetic is refused, not ignored."""

import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from schemas.errors import AdapterMismatch

Number = TypeVar("Number", int, float)

MAX_RANK = 512  # vLLM's largest max_lora_rank

# Inits that leave the base weights alone. PiSSA, OLoRA, CorDA, LoftQ and LoRA-GA change them, so that their A and B
# mean nothing on the untouched base.
PLAIN_INITS: tuple[object, ...] = (True, False, "gaussian", "orthogonal", "eva")

REFUSED = {
    "use_dora": "DoRA scales the base weights as well",
    "lora_bias": "a LoRA bias has no place in a sum of B·A",
    "modules_to_save": "whole modules cannot be concatenated",
    "alora_invocation_tokens": "an activated LoRA applies to part of the prompt only",
    "trainable_token_indices": "trained tokens change the embeddings",
    "target_parameters": "parameters outside linear layers are not composed",
    "fan_in_fan_out": "transposed weights are not composed",
    "layer_replication": "replicated layers change the base model",
    "use_qalora": "QALoRA pools its input",
    "use_bdlora": "block-diagonal LoRA has another layout",
}

# What only training or bookkeeping reads.
HARMLESS = {
    "auto_mapping", "base_model_name_or_path", "corda_config", "ensure_weight_tying", "eva_config", "exclude_modules",
    "inference_mode", "layers_pattern", "layers_to_transform", "loftq_config", "lora_dropout", "lora_ga_config",
    "megatron_config", "megatron_core", "peft_version", "qalora_group_size", "revision", "runtime_config", "task_type",
    "velora_config",
}  # fmt: skip
READ = {
    "peft_type", "r", "lora_alpha", "target_modules", "bias", "use_rslora", "init_lora_weights", "rank_pattern",
    "alpha_pattern",
}  # fmt: skip


@dataclass(frozen=True)
class LoraConfig:
    rank: int
    alpha: float
    use_rslora: bool
    rank_pattern: Mapping[str, int]
    alpha_pattern: Mapping[str, float]
    has_all_layers: bool

    def rank_of(self, module: str) -> int:
        return _overridden(self.rank_pattern, module, self.rank)

    def scaling_of(self, module: str) -> float:
        """alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA (arXiv 2312.03732)."""
        rank = self.rank_of(module)
        return _overridden(self.alpha_pattern, module, self.alpha) / (math.sqrt(rank) if self.use_rslora else rank)


def read_lora_config(content: bytes, adapter_id: str) -> LoraConfig:
    """Raises AdapterMismatch naming the setting that is refused."""
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise AdapterMismatch(f"adapter_config.json of {adapter_id!r} is not JSON: {error}") from error
    if not isinstance(raw, dict):
        raise AdapterMismatch(f"adapter_config.json of {adapter_id!r} must be an object, not {type(raw).__name__}")
    _refuse_other_kinds(raw, adapter_id)
    return LoraConfig(
        rank=_rank(raw.get("r"), adapter_id),
        alpha=_alpha(raw.get("lora_alpha"), adapter_id),
        use_rslora=_yes_or_no(raw.get("use_rslora", False), "use_rslora", adapter_id),
        rank_pattern={key: _rank(value, adapter_id) for key, value in _pattern(raw, "rank_pattern", adapter_id)},
        alpha_pattern={key: _alpha(value, adapter_id) for key, value in _pattern(raw, "alpha_pattern", adapter_id)},
        has_all_layers=_has_all_layers(raw),
    )


def _refuse_other_kinds(raw: Mapping[str, Any], adapter_id: str) -> None:
    if raw.get("peft_type") != "LORA":
        raise AdapterMismatch(f"adapter {adapter_id!r} has peft_type {raw.get('peft_type')!r}; only 'LORA' is composed")
    for setting, reason in REFUSED.items():
        if raw.get(setting):
            raise AdapterMismatch(f"adapter {adapter_id!r} sets {setting!r}, which is refused: {reason}")
    if raw.get("bias", "none") != "none":
        raise AdapterMismatch(f"adapter {adapter_id!r} has bias {raw['bias']!r}; only 'none' is composed")
    if (init := raw.get("init_lora_weights", True)) not in PLAIN_INITS:
        raise AdapterMismatch(
            f"adapter {adapter_id!r} has init_lora_weights {init!r}, which alters the base model; "
            "convert it to a plain LoRA when saving"
        )
    for setting, value in raw.items():
        if value and setting not in HARMLESS | READ | REFUSED.keys():
            raise AdapterMismatch(f"adapter {adapter_id!r} sets {setting!r}, which the composer does not know")


def _rank(value: object, adapter_id: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_RANK:
        raise AdapterMismatch(f"adapter {adapter_id!r} has rank {value!r}; expected a whole number in 1..{MAX_RANK}")
    return value


def _alpha(value: object, adapter_id: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= sys.float_info.max:
        raise AdapterMismatch(f"adapter {adapter_id!r} has lora_alpha {repr(value)[:40]}; expected a finite number")
    return float(value)


def _yes_or_no(value: object, setting: str, adapter_id: str) -> bool:
    if not isinstance(value, bool):
        raise AdapterMismatch(f"adapter {adapter_id!r} has {setting} {value!r}; expected true or false")
    return value


def _pattern(raw: Mapping[str, Any], setting: str, adapter_id: str) -> list[tuple[str, object]]:
    pattern = raw.get(setting) or {}
    if not isinstance(pattern, dict):
        raise AdapterMismatch(f"adapter {adapter_id!r} has {setting} {pattern!r}; expected an object")
    for key in pattern:
        try:
            re.compile(key)
        except re.error as error:
            raise AdapterMismatch(f"{setting} {key!r} of adapter {adapter_id!r} is no pattern: {error}") from error
    return list(pattern.items())


def _has_all_layers(raw: Mapping[str, Any]) -> bool:
    """Whether plain layer names such as `q_proj` describe exactly the modules that were trained."""
    targets = raw.get("target_modules")
    restricts = any(raw.get(setting) for setting in ("layers_to_transform", "layers_pattern", "exclude_modules"))
    plain = isinstance(targets, list) and all(isinstance(name, str) and "." not in name for name in targets)
    return plain and raw.get("layers_to_transform") is None and not restricts


def _overridden(pattern: Mapping[str, Number], module: str, otherwise: Number) -> Number:
    """PEFT's rule (`peft.utils.other.get_pattern_key`): the first key that matches the end of the module's name."""
    for key, value in pattern.items():
        if re.match(rf"(.*\.)?({key})$", module):
            return value
    return otherwise
