"""The base model, loaded once in float32; an arm's update is added onto its weights and taken off again exactly."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache

from adapters.evaluation.updates import Update
from adapters.prompts import messages
from schemas.errors import AdapterMismatch, InputInvalid


class LanguageModel:
    """float32: on most CPUs the faster arithmetic, and the one whose answers depend least on how rows are batched."""

    def __init__(self, base: Path) -> None:
        # Neither library gives types.
        self.tokenizer: Any = AutoTokenizer.from_pretrained(base)
        self._model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)  # in evaluation mode
        self.end_id = int(self.tokenizer.eos_token_id)
        self.vocabulary_size = int(self._model.config.vocab_size)
        self._max_tokens = int(self._model.config.max_position_embeddings)

    @contextmanager
    def carrying(self, update: Update) -> Iterator[None]:
        """Within, the model is base plus `update`; afterwards it is the base to the bit, unlike after subtracting.

        Raises AdapterMismatch when the update is not for this base's layers.
        """
        weights = {module: self._weight(module) for module in update}
        for module, weight in weights.items():
            shape = (update[module].b.shape[0], update[module].a.shape[1])
            if tuple(weight.shape) != shape:
                raise AdapterMismatch(
                    f"layer {module!r} is {tuple(weight.shape)} in the base, {shape} in the adapter; "
                    "evaluate on the base it was trained for"
                )
        kept = {module: weight.clone() for module, weight in weights.items()}
        try:
            with torch.no_grad():
                for module, weight in weights.items():
                    weight += update[module].dense
            yield
        finally:
            with torch.no_grad():
                for module, weight in weights.items():
                    weight.copy_(kept[module])

    def prompt_tokens(self, prompt: str) -> list[int]:
        """As a server sees it: our system message, the prompt, and the opening of the answer."""
        tokens = self.tokenizer.apply_chat_template(
            messages(prompt), add_generation_prompt=True, tokenize=True, return_dict=False
        )
        if len(tokens) > self._max_tokens:
            raise InputInvalid(f"a prompt has {len(tokens)} tokens, the base reads {self._max_tokens}: {prompt[:60]!r}")
        return list(tokens)

    def answer_tokens(self, answer: str) -> list[int]:
        return [*self.tokenizer(answer, add_special_tokens=False)["input_ids"], self.end_id]

    def text(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))

    @torch.inference_mode()
    def read(self, rows: Sequence[Sequence[int]]) -> "Reading":
        """Read prompts, all of them at once; what they all begin with is computed only once."""
        shared = _common_prefix(rows)
        cache = DynamicCache(config=self._model.config)
        if shared:
            self._model(input_ids=torch.tensor([rows[0][:shared]]), cache=cache, logits_to_keep=1)
            cache.batch_repeat_interleave(len(rows))
        width = max(len(row) for row in rows) - shared
        tokens = torch.full((len(rows), width), self.end_id)
        attended = torch.zeros((len(rows), shared + width), dtype=torch.long)
        attended[:, :shared] = 1
        for index, row in enumerate(rows):
            tokens[index, width - len(row) + shared :] = torch.tensor(row[shared:])
            attended[index, shared + width - len(row) + shared :] = 1
        return Reading(self._model, cache, attended, tokens)

    @torch.inference_mode()
    def log_probabilities(self, prompt: Sequence[int], answer: Sequence[int]) -> Tensor:
        """(answer, vocabulary): what the model expects at each place of an answer that it is told word by word."""
        tokens = torch.tensor([[*prompt, *answer]])
        logits = self._model(input_ids=tokens, logits_to_keep=len(answer) + 1).logits
        return torch.log_softmax(logits[0, :-1], dim=-1)

    def _weight(self, module: str) -> Tensor:
        try:
            weight: Tensor = self._model.get_submodule(module).weight
        except AttributeError as error:
            raise AdapterMismatch(
                f"the base has no layer {module!r}; evaluate on the base the adapter is for"
            ) from error
        return weight


class Reading:
    """A batch in progress: rows padded on the left of what they do not share, and their keys and values so far."""

    def __init__(self, model: Any, cache: DynamicCache, attended: Tensor, tokens: Tensor) -> None:
        self._model = model
        self._cache = cache
        self._attended = attended
        self._tokens = tokens

    @torch.inference_mode()
    def next_logits(self) -> Tensor:
        """(rows, vocabulary), for the token after the last one read."""
        width = self._tokens.shape[1]
        positions = (self._attended.cumsum(-1) - 1).clamp(min=0)[:, -width:]
        logits: Tensor = self._model(
            input_ids=self._tokens,
            attention_mask=self._attended,
            position_ids=positions,
            cache=self._cache,
            logits_to_keep=1,
        ).logits
        return logits[:, -1]

    def append(self, tokens: Tensor) -> None:
        """One more token (rows,) in each row."""
        self._tokens = tokens[:, None]
        self._attended = torch.cat([self._attended, torch.ones_like(self._tokens)], dim=1)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows only: finished ones would cost as much as the others."""
        self._cache.batch_select_indices(rows)
        self._attended = self._attended[rows]
        self._tokens = self._tokens[rows]


def _common_prefix(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with; at least one token of each row is left to read."""
    shortest = min(len(row) for row in rows) - 1
    for place in range(shortest):
        if len({row[place] for row in rows}) > 1:
            return place
    return shortest
