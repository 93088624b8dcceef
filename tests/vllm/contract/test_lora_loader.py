"""vLLM's own loader reads a composition as the sum that was composed: the same update of every layer, at scaling 1."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

import torch
from vllm.lora.lora_model import LoRAModel
from vllm.lora.peft_helper import PEFTHelper

from adapters.compose import WeightsDtype, concatenate, config_json
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE
from adapters.lora_tensors import LoraSource, read_lora
from adapters.safetensors_file import write_tensors
from tests.tiny import ALL_LINEAR, make_random_adapter, make_tiny_base

# Relative to a layer's update. One rounding of A and of B to bfloat16's eight bits is within the larger one.
TOLERANCE = {WeightsDtype.FLOAT32: 1e-6, WeightsDtype.BFLOAT16: 1e-2}

CASES: dict[str, tuple[Sequence[dict[str, Any]], Sequence[str]]] = {
    "equal ranks": ([{"r": 8}, {"r": 8}], ["1", "1"]),
    "mixed ranks and layers": (
        [{"r": 8, "target_modules": ["q_proj", "v_proj"]}, {"r": 3, "target_modules": ["v_proj", "down_proj"]}],
        ["1", "1"],
    ),
    "rank and alpha patterns": (
        [{"r": 8, "rank_pattern": {"q_proj": 2}, "alpha_pattern": {"q_proj": 7}}, {"r": 4}],
        ["1", "1"],
    ),
    "rank-stabilised": ([{"r": 8, "use_rslora": True}, {"r": 4}], ["1", "1"]),
    "weights": ([{"r": 8}, {"r": 4}], ["0.7", "-0.5"]),
    "three": ([{"r": 8}, {"r": 4}, {"r": 2}], ["1", "1", "1"]),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_base(tmp_path_factory.mktemp("base"))


def loaded_by_vllm(folder: Path, dtype: WeightsDtype) -> LoRAModel:
    helper = PEFTHelper.from_local_dir(str(folder), max_position_embeddings=2048)
    return LoRAModel.from_local_checkpoint(
        str(folder),
        set(ALL_LINEAR),
        helper,
        lora_model_id=1,
        device="cpu",
        dtype=getattr(torch, dtype.value),  # vLLM's lora_dtype is the served model's
    )


def updates_of(sources: Sequence[tuple[LoraSource, Decimal]]) -> dict[str, Any]:
    """Layer -> sum of weight · scaling · B · A, in float64."""
    found: dict[str, Any] = {}
    for source, weight in sources:
        for layer, pair in source.modules.items():
            update = float(weight) * pair.scaling * pair.b.astype(np.float64) @ pair.a.astype(np.float64)
            found[layer] = found.get(layer, 0) + update
    return found


@pytest.mark.parametrize("dtype", WeightsDtype)
@pytest.mark.parametrize("case", CASES)
def test_vllm_loads_the_sum_that_was_composed(case: str, dtype: WeightsDtype, base: Path, tmp_path: Path) -> None:
    settings, weights = CASES[case]
    sources = [
        (read_lora(make_random_adapter(tmp_path / f"{seed}", base, seed, **own), f"{seed}"), Decimal(weight))
        for seed, (own, weight) in enumerate(zip(settings, weights, strict=True))
    ]
    composition = concatenate(sources, dtype)
    write_tensors(tmp_path / WEIGHTS_FILE, composition.shapes, dtype.numpy, composition.tensors)
    (tmp_path / CONFIG_FILE).write_bytes(config_json(composition, "tiny-llama"))

    model = loaded_by_vllm(tmp_path, dtype)

    expected = updates_of(sources)
    assert model.rank == composition.rank
    assert model.loras.keys() == expected.keys()
    for layer, loaded in model.loras.items():
        assert loaded.scaling == 1
        assert loaded.lora_b.dtype == getattr(torch, dtype.value)
        update = (loaded.lora_b.double() @ loaded.lora_a.double()).numpy()
        error = np.linalg.norm(update - expected[layer]) / np.linalg.norm(expected[layer])
        assert error < TOLERANCE[dtype], f"{layer}: {error}"


def test_vllm_takes_the_config_for_the_rank_it_can_serve(base: Path, tmp_path: Path) -> None:
    from vllm.config.lora import LoRAConfig

    source = (read_lora(make_random_adapter(tmp_path / "a", base, seed=1, r=8), "a"), Decimal(1))
    (tmp_path / CONFIG_FILE).write_bytes(config_json(concatenate([source, source], WeightsDtype.FLOAT32), "tiny"))

    helper = PEFTHelper.from_local_dir(str(tmp_path), max_position_embeddings=2048)

    helper.validate_legal(LoRAConfig(max_lora_rank=16))
    with pytest.raises(ValueError, match="greater than max_lora_rank"):
        helper.validate_legal(LoRAConfig(max_lora_rank=8))
