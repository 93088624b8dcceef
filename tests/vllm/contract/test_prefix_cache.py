"""Whose cached blocks a request may read."""

from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from vllm.lora.request import LoRARequest
from vllm.sampling_params import SamplingParams
from vllm.utils.hashing import sha256
from vllm.v1.core.kv_cache_utils import get_request_block_hasher, init_none_hash
from vllm.v1.request import Request


def block_hashes(lora: LoRARequest | None = None, salt: str | None = None) -> list[Any]:
    init_none_hash(sha256)
    return Request(
        request_id="x",
        prompt_token_ids=[1, 2, 3, 4],
        sampling_params=SamplingParams(max_tokens=1),
        pooling_params=None,
        lora_request=lora,
        cache_salt=salt,
        block_hasher=get_request_block_hasher(2, sha256),
    ).block_hashes


def test_cached_blocks_belong_to_one_adapter_name_one_path_and_one_salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    owners = [
        block_hashes(),
        block_hashes(LoRARequest("a", 1, "/one")),
        block_hashes(LoRARequest("b", 1, "/one")),
        block_hashes(LoRARequest("a", 1, "/two")),
        block_hashes(salt="tenant"),
        block_hashes(LoRARequest("a", 1, "/one"), salt="tenant"),
        block_hashes(LoRARequest("a", 1, "/one"), salt="other"),
    ]

    for position in (0, 1):
        assert len({blocks[position] for blocks in owners}) == len(owners)


def test_an_adapters_number_does_not_divide_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "0")

    assert block_hashes(LoRARequest("a", 1, "/one")) == block_hashes(LoRARequest("a", 2, "/one"))
