"""What an adapter is to vLLM: its identity, its limits, and its file, which is read more than once."""

from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from vllm.config.lora import LoRAConfig, MaxLoRARanks
from vllm.exceptions import LoRAAdapterNotFoundError
from vllm.lora.request import LoRARequest
from vllm.lora.worker_manager import LRUCacheWorkerLoRAManager


def test_two_requests_of_one_name_are_equal_whatever_their_bytes() -> None:
    """Why a name never stands for other bytes: a batch keeps its adapters in a set."""
    old = LoRARequest(lora_name="a", lora_int_id=1, lora_path="/old")
    new = LoRARequest(lora_name="a", lora_int_id=2, lora_path="/new")

    assert {old, new} == {old}
    assert old != LoRARequest(lora_name="b", lora_int_id=1, lora_path="/old")


@pytest.mark.parametrize(("number", "path"), [(0, "/store"), (1, "")])
def test_an_adapter_needs_a_number_above_zero_and_a_path(number: int, path: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        LoRARequest(lora_name="a", lora_int_id=number, lora_path=path)


def test_max_lora_rank_is_one_of_nine_numbers() -> None:
    assert get_args(MaxLoRARanks) == (1, 8, 16, 32, 64, 128, 256, 320, 512)
    with pytest.raises(ValueError, match="max_lora_rank"):
        LoRAConfig(max_lora_rank=48)


def test_one_adapter_fits_unless_we_say_otherwise() -> None:
    config = LoRAConfig()

    assert (config.max_loras, config.max_cpu_loras, config.max_lora_rank) == (1, 1, 16)


def test_fewer_adapters_in_memory_than_slots_is_refused() -> None:
    with pytest.raises(ValueError, match="max_cpu_loras"):
        LoRAConfig(max_loras=4, max_cpu_loras=2)


def test_an_adapter_that_left_the_cache_is_read_from_its_path_again(tmp_path: Path) -> None:
    """Why composed files outlive the server: this read happens inside the model's step, where an exception is fatal."""
    manager = object.__new__(LRUCacheWorkerLoRAManager)
    manager.max_position_embeddings = 64
    manager._adapter_manager = SimpleNamespace(
        lora_slots=2, supported_lora_modules=[], packed_modules_mapping={}, list_adapters=dict
    )

    with pytest.raises(LoRAAdapterNotFoundError):
        manager._apply_adapters({LoRARequest(lora_name="a", lora_int_id=1, lora_path=str(tmp_path / "gone"))})
