"""The base model on the CPU: one forward pass over a prompt, or one token for every row of a batch."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from schemas.errors import InputInvalid
from serving.cpu.kv_cache import RowCache
from serving.cpu.lora import Composition, Stacker, Switch, linear_shapes, patch_linears

logger = logging.getLogger(__name__)


def chosen_dtype(asked: Literal["auto", "bfloat16", "float32"]) -> torch.dtype:
    """bfloat16 halves the bytes read per token, but only CPUs that multiply it natively gain by it."""
    able = torch.cpu.get_capabilities()
    is_native = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    if asked == "bfloat16" or (asked == "auto" and is_native):
        return torch.bfloat16
    return torch.float32


class LanguageModel:
    """A causal language model whose rows may each carry another composition.

    Not safe for two threads: only the engine's thread, in inference mode, calls `read_prompt` and `step`.
    """

    def __init__(self, directory: Path, dtype: torch.dtype, max_context_tokens: int) -> None:
        """Raises InputInvalid when the model cannot be read."""
        try:
            self.model: Any = AutoModelForCausalLM.from_pretrained(directory, dtype=dtype, local_files_only=True)
            self.tokenizer: Any = AutoTokenizer.from_pretrained(directory, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise InputInvalid(f"the base model in {str(directory)!r} cannot be read: {error}") from error
        self.dtype = dtype
        self.config: Any = self.model.config
        self.max_tokens = min(max_context_tokens, int(self.config.max_position_embeddings))
        self.stop_ids = self._stop_ids()
        self._switch: Switch = patch_linears(self.model)
        self.linear_shapes = linear_shapes(self.model)
        self._stacker = Stacker(dtype)

    @property
    def vocabulary_size(self) -> int:
        return int(self.config.vocab_size)

    def new_cache(self, rows: int) -> RowCache:
        heads = int(self.config.num_key_value_heads)
        size = int(getattr(self.config, "head_dim", None) or self.config.hidden_size // self.config.num_attention_heads)
        return RowCache(int(self.config.num_hidden_layers), rows, heads, size, self.dtype)

    def read_prompt(
        self, tokens: Sequence[int], start: int, cache: RowCache, composition: Composition | None
    ) -> Tensor:
        """Read `tokens` from position `start` into row 0 of `cache`. Returns the last one's logits, (vocabulary,)."""
        count = len(tokens)
        cache.write_from(start, count)
        positions = torch.arange(start, start + count)
        seen = torch.arange(start + count)[None, :] <= positions[:, None]
        self._switch.stack = self._stacker.stack([composition])
        logits = self._forward(torch.tensor([tokens]), positions[None, :], seen[None, None], cache)
        return logits[0]

    def step(
        self,
        tokens: Sequence[int],
        lengths: Sequence[int],
        cache: RowCache,
        compositions: Sequence[Composition | None],
    ) -> Tensor:
        """Read one token per row, row i's at position lengths[i]. Returns logits, (rows, vocabulary)."""
        positions = torch.tensor(lengths)
        cache.write_at(positions)
        seen = torch.arange(max(lengths) + 1)[None, :] <= positions[:, None]
        self._switch.stack = self._stacker.stack(compositions)
        return self._forward(torch.tensor(tokens)[:, None], positions[:, None], seen[:, None, None, :], cache)

    def _forward(self, tokens: Tensor, positions: Tensor, seen: Tensor, cache: RowCache) -> Tensor:
        """seen: (rows, 1, tokens, span) booleans; a mask of four axes is used by transformers as it is."""
        out = self.model(
            input_ids=tokens,
            position_ids=positions,
            attention_mask=seen,
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: Tensor = out.logits[:, -1].float()
        return logits

    def _stop_ids(self) -> tuple[int, ...]:
        """Every token that ends a reply: generation config, config and tokenizer do not always agree."""
        found: set[int] = set()
        for value in (
            getattr(self.model.generation_config, "eos_token_id", None),
            getattr(self.config, "eos_token_id", None),
            self.tokenizer.eos_token_id,
        ):
            found.update(value if isinstance(value, list) else [] if value is None else [value])
        return tuple(sorted(found))
