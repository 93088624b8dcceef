"""PEFT's own merges of two adapters, as ablations: they change what is added, which composition never does."""

from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from adapters.evaluation.updates import LowRank, Update

DENSITY = 0.5
SVD_RANK = 32  # the rank of the exact composition of two adapters of rank 16
MERGE_SEED = 0


def merged_update(base: Path, first: Path, second: Path, combination_type: str) -> Update:
    """`ties_svd` or `linear` with weights 1 and 1, read back as plain pairs."""
    torch.manual_seed(MERGE_SEED)  # some merges draw at random
    model: Any = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), first, adapter_name="first"
    )
    model.load_adapter(second, adapter_name="second")
    of_kind = (
        {"density": DENSITY, "svd_rank": SVD_RANK, "svd_full_matrices": False} if "svd" in combination_type else {}
    )
    model.add_weighted_adapter(["first", "second"], [1.0, 1.0], "merged", combination_type=combination_type, **of_kind)
    return {
        name.removeprefix("base_model.model."): LowRank(
            a=layer.lora_A["merged"].weight.detach().clone(),
            b=layer.lora_B["merged"].weight.detach() * layer.scaling["merged"],
        )
        for name, layer in model.named_modules()
        if "merged" in getattr(layer, "lora_A", {})
    }
