"""LoRA on vLLM's CPU: rows without an adapter, and what `serving.vllm.cpu_lora` mends about them."""

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

import torch
from vllm import platforms
from vllm.lora.layers.utils import LoRAMapping
from vllm.lora.ops.torch_ops import lora_ops
from vllm.lora.punica_wrapper import punica_cpu
from vllm.version import __version_tuple__ as VLLM_VERSION

from serving.vllm.cpu_lora import mend_base_rows_on_cpu

BASE, FIRST, LAST = 0, 1, 2  # numbers of adapters, as vLLM maps rows to them; they take every slot
ADDS = {BASE: 0, FIRST: 4, LAST: 8}  # to each output of a row
KERNELS = ("prefill", "decode", "logits")


def changes(rows: tuple[int, ...], kernel: str) -> list[list[float]]:
    """What vLLM adds to the three outputs of each row."""
    punica = punica_cpu.PunicaWrapperCPU(max_num_batched_tokens=8, max_batches=8, device="cpu")
    mapping = LoRAMapping(rows, rows, is_prefill=kernel == "prefill")
    punica.update_metadata(mapping, [FIRST, LAST], max_loras=2, vocab_size=16)
    inputs, change = torch.ones(len(rows), 4), torch.zeros(len(rows), 3)
    lora_a, lora_b = torch.ones(2, 1, 1, 4), torch.tensor([1.0, 2.0]).view(2, 1, 1, 1).repeat(1, 1, 3, 1)
    if kernel == "logits":
        punica.add_lora_logits(change, inputs, lora_a, lora_b, 1.0)
    else:
        punica.add_lora_linear(change, inputs, (lora_a,), (lora_b,), 1.0, (3,))
    return change.tolist()


def shrink_kernels() -> tuple[Any, Any]:
    return lora_ops.bgmv_shrink, punica_cpu.bgmv_shrink


@pytest.fixture
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever device this vLLM was built for."""
    monkeypatch.setattr(platforms, "current_platform", SimpleNamespace(is_cpu=lambda: True))


@pytest.mark.xfail(VLLM_VERSION < (0, 33), reason="a row without an adapter takes the last slot's", strict=True)
@pytest.mark.parametrize("operation", ["shrink", "expand"])
def test_a_row_without_an_adapter_is_left_alone_on_the_cpu(operation: str) -> None:
    """Until 0.33, index -1 reads the last slot."""
    no_adapter = torch.tensor([-1])

    if operation == "shrink":
        change = torch.zeros(1, 2)
        lora_ops.bgmv_shrink(torch.ones(1, 4), torch.ones(3, 1, 2, 4), change, no_adapter)
    else:
        change = torch.zeros(1, 4)
        lora_ops.bgmv_expand(torch.ones(1, 2), torch.ones(3, 1, 4, 2), change, no_adapter)

    assert not change.any()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("rows", [(BASE,), (LAST,), (LAST, BASE, FIRST, BASE)])
def test_a_mended_base_row_is_exact_and_every_other_row_keeps_its_adapter(
    on_the_cpu: None, kernel: str, rows: tuple[int, ...]
) -> None:
    mend_base_rows_on_cpu()

    assert changes(rows, kernel) == [[ADDS[row]] * 3 for row in rows]


@pytest.mark.parametrize("kernel", KERNELS)
def test_mending_twice_changes_what_mending_once_does(on_the_cpu: None, kernel: str) -> None:
    mend_base_rows_on_cpu()
    once = shrink_kernels()

    mend_base_rows_on_cpu()

    assert shrink_kernels() == once
    assert changes((BASE, LAST), kernel) == [[0] * 3, [8] * 3]


def test_kernels_are_replaced_only_before_0_33(on_the_cpu: None) -> None:
    vllms_own = shrink_kernels()

    mend_base_rows_on_cpu()

    assert (shrink_kernels() != vllms_own) == (VLLM_VERSION < (0, 33))


def test_a_kernel_that_leaves_base_rows_alone_is_not_replaced(
    on_the_cpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exact(inputs: Any, weights: Any, output: Any, indices: Any, scaling: float = 1.0) -> None:
        output[indices < 0] = 0

    monkeypatch.setattr(lora_ops, "bgmv_shrink", exact)
    monkeypatch.setattr(punica_cpu, "bgmv_shrink", exact)

    mend_base_rows_on_cpu()

    assert shrink_kernels() == (exact, exact)


def test_nothing_is_mended_on_another_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "current_platform", SimpleNamespace(is_cpu=lambda: False))
    vllms_own = shrink_kernels()

    mend_base_rows_on_cpu()

    assert shrink_kernels() == vllms_own
