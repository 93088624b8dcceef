"""vLLM's CPU kernels before 0.33 index adapters with -1 for rows that have none, which torch reads as the last slot.

So a base row answers with somebody's adapter once every slot is taken. Zeroing those rows between the two halves of the
update makes them exact. Where vLLM does so itself, nothing is changed.
"""

from typing import Any


def mend_base_rows_on_cpu() -> None:
    """Changes nothing where another device serves or where base rows come out right."""
    from vllm.platforms import current_platform

    if not current_platform.is_cpu():
        return
    from vllm.lora.ops.torch_ops import lora_ops
    from vllm.lora.punica_wrapper import punica_cpu

    original = lora_ops.bgmv_shrink
    if not _takes_the_last_slot(original):
        return

    def bgmv_shrink(inputs: Any, weights: Any, output: Any, indices: Any, scaling: float = 1.0) -> None:
        original(inputs, weights, output, indices, scaling)
        output[: indices.shape[0]].masked_fill_((indices < 0).unsqueeze(1), 0)

    # The prefill kernel finds it in its own module, the decode path where it was imported to.
    lora_ops.bgmv_shrink = bgmv_shrink
    punica_cpu.bgmv_shrink = bgmv_shrink


def _takes_the_last_slot(bgmv_shrink: Any) -> bool:
    import torch

    output = torch.zeros(1, 1)
    bgmv_shrink(torch.ones(1, 2), torch.ones(1, 1, 2), output, torch.tensor([-1]), 1.0)
    return bool(output.any())
