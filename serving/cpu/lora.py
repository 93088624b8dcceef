"""LoRA where every row of a batch may carry another composition.

The A matrices of all compositions in the batch are stacked into one, the B matrices likewise. A row mask then zeroes,
between the two products, the ranks that belong to other rows' compositions: two products for any mixture.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from schemas.errors import AdapterMismatch

KEY_PREFIX = "base_model.model."  # how PEFT writes the path of a module


@dataclass(frozen=True, eq=False)
class Composition:
    """A composed adapter in memory: module path -> (A, B); A is (rank, in), B is (out, rank), scaling folded in."""

    name: str
    rank: int
    pairs: dict[str, tuple[Tensor, Tensor]]

    @property
    def size_bytes(self) -> int:
        return sum(a.nbytes + b.nbytes for a, b in self.pairs.values())


@dataclass(frozen=True)
class Stack:
    """The compositions of one batch side by side; `mask` is (rows, total rank), None when all rows share one."""

    pairs: dict[str, tuple[Tensor, Tensor]]
    mask: Tensor | None


class Switch:
    """What the patched modules add during the next forward pass; None is the bare base."""

    stack: Stack | None = None


class LoraLinear(nn.Module):
    """A linear layer of the base, plus whatever the switch holds for it."""

    def __init__(self, base: nn.Linear, path: str, switch: Switch) -> None:
        super().__init__()
        self.base = base
        self.path = path
        self.switch = switch

    def forward(self, states: Tensor) -> Tensor:
        """states: (rows, tokens, in)."""
        out: Tensor = self.base(states)
        stack = self.switch.stack
        if stack is None or (pair := stack.pairs.get(self.path)) is None:
            return out
        a, b = pair
        low = nn.functional.linear(states, a)
        if stack.mask is not None:
            low = low * stack.mask[:, None, :]
        return out + nn.functional.linear(low, b)


def patch_linears(model: nn.Module) -> Switch:
    """Let every linear layer inside the decoder take LoRA; the output head stays as it is."""
    switch = Switch()
    found = [(path, module) for path, module in model.named_modules() if isinstance(module, nn.Linear)]
    for path, module in found:
        if ".layers." in path:
            parent, _, child = path.rpartition(".")
            setattr(model.get_submodule(parent), child, LoraLinear(module, path, switch))
    return switch


def linear_shapes(model: nn.Module) -> dict[str, tuple[int, int]]:
    """(out, in) of every layer that takes LoRA, by path."""
    return {
        module.path: (module.base.out_features, module.base.in_features)
        for module in model.modules()
        if isinstance(module, LoraLinear)
    }


def read_composition(name: str, directory: Path, shapes: dict[str, tuple[int, int]], dtype: torch.dtype) -> Composition:
    """Read a composed adapter. Raises AdapterMismatch naming the first module that does not fit the base."""
    config = json.loads((directory / "adapter_config.json").read_text(encoding="utf-8"))
    scaling = config["lora_alpha"] / config["r"]
    tensors = load_file(directory / "adapter_model.safetensors")
    pairs: dict[str, tuple[Tensor, Tensor]] = {}
    for key in sorted(key for key in tensors if key.endswith(".lora_A.weight")):
        path = key.removeprefix(KEY_PREFIX).removesuffix(".lora_A.weight")
        a, b = tensors[key], tensors[key.replace(".lora_A.", ".lora_B.")]
        if shapes.get(path) != (b.shape[0], a.shape[1]):
            raise AdapterMismatch(
                f"{name!r} changes {path!r} with shape {(b.shape[0], a.shape[1])}; "
                f"the served base has {shapes.get(path, 'no such layer')}. Compose it for this base."
            )
        pairs[path] = (a.to(dtype), (b.float() * scaling).to(dtype))
    return Composition(name, int(config["r"]), pairs)


class Stacker:
    """Stacks compositions, keeping the last stack: most steps have the same compositions as the one before."""

    def __init__(self, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self._stacked: tuple[Composition, ...] = ()
        self._pairs: dict[str, tuple[Tensor, Tensor]] = {}

    def stack(self, rows: Sequence[Composition | None]) -> Stack | None:
        """The stack for a batch whose row i carries rows[i] (None is the bare base)."""
        by_name = {composition.name: composition for composition in rows if composition is not None}
        distinct = tuple(by_name[name] for name in sorted(by_name))
        if not distinct:
            return None
        if len(distinct) == 1 and None not in rows:
            return Stack(distinct[0].pairs, mask=None)
        if distinct != self._stacked:
            self._pairs, self._stacked = _side_by_side(distinct), distinct
        return Stack(self._pairs, _row_mask(rows, distinct, self._dtype))


def _side_by_side(compositions: Sequence[Composition]) -> dict[str, tuple[Tensor, Tensor]]:
    pairs = {}
    for path in sorted({path for composition in compositions for path in composition.pairs}):
        a, b = next(composition.pairs[path] for composition in compositions if path in composition.pairs)
        parts = [
            composition.pairs.get(path)
            or (a.new_zeros(composition.rank, a.shape[1]), b.new_zeros(b.shape[0], composition.rank))
            for composition in compositions
        ]
        pairs[path] = (torch.cat([part_a for part_a, _ in parts]), torch.cat([part_b for _, part_b in parts], dim=1))
    return pairs


def _row_mask(rows: Sequence[Composition | None], compositions: Sequence[Composition], dtype: torch.dtype) -> Tensor:
    """(rows, total rank): 1 where a rank belongs to the row's own composition."""
    owner = torch.cat([torch.full((composition.rank,), at) for at, composition in enumerate(compositions)])
    place = {composition.name: at for at, composition in enumerate(compositions)}
    carried = torch.tensor([-1 if row is None else place[row.name] for row in rows])
    return (owner[None, :] == carried[:, None]).to(dtype)
