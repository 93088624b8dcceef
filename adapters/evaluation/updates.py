"""What an arm adds to the base's weights: for each linear layer a low-rank pair, B · A with scaling 1."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import torch
from torch import Tensor

from adapters.compose import WeightsDtype, concatenate
from adapters.lora_tensors import LoraSource


@dataclass(frozen=True)
class LowRank:
    """a: (rank, inputs), b: (outputs, rank), float32."""

    a: Tensor
    b: Tensor

    @property
    def dense(self) -> Tensor:
        """(outputs, inputs)."""
        return self.b @ self.a

    @property
    def norm(self) -> float:
        """The Frobenius norm of B · A, from two rank-sized products."""
        return float(torch.sqrt(torch.sum((self.b.T @ self.b) * (self.a @ self.a.T))))


Update = Mapping[str, LowRank]
"""Module name -> what is added to its weight."""


def composed_update(sources: Sequence[tuple[LoraSource, Decimal]]) -> Update:
    """The exact weighted sum, by the composer that also makes what is served."""
    tensors = concatenate(sources, WeightsDtype.FLOAT32).tensors
    modules = sorted({module for source, _ in sources for module in source.modules})
    return {
        module: LowRank(
            a=torch.from_numpy(tensors[f"base_model.model.{module}.lora_A.weight"]),
            b=torch.from_numpy(tensors[f"base_model.model.{module}.lora_B.weight"]),
        )
        for module in modules
    }


def random_update(like: Update, seed: int) -> Update:
    """Gaussian pairs of the same ranks, each layer's B · A as large (Frobenius) as that of `like`."""
    found = {}
    for module, pair in like.items():
        # One generator per layer, so that a layer's noise does not depend on which other layers there are.
        key = hashlib.sha256(f"{seed}:{module}".encode()).digest()
        draw = np.random.default_rng(int.from_bytes(key[:8], "big"))
        noise = LowRank(
            a=torch.from_numpy(draw.standard_normal(pair.a.shape, dtype=np.float32)),
            b=torch.from_numpy(draw.standard_normal(pair.b.shape, dtype=np.float32)),
        )
        found[module] = LowRank(a=noise.a, b=noise.b * (pair.norm / noise.norm))
    return found


def summed(first: Update, second: Update) -> Update:
    """The exact sum of two updates, by rank concatenation."""
    return {
        module: LowRank(
            a=torch.cat([update[module].a for update in (first, second) if module in update]),
            b=torch.cat([update[module].b for update in (first, second) if module in update], dim=1),
        )
        for module in sorted({*first, *second})
    }
