"""Greedy answers from one composition, many prompts at a time."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedTokenizerBase

from adapters.prompts import messages
from adapters.training.trainer import load_base

MAX_ANSWER_TOKENS = 64


class Writer:
    """The base model with one composed adapter on it, or alone, in float32: on most CPUs the faster arithmetic."""

    def __init__(self, base: Path, composed: Path | None, batch_size: int = 16) -> None:
        loaded, tokenizer = load_base(base)
        model: Any = loaded
        model.config.use_cache = True
        tokenizer.padding_side = "left"
        self._tokenizer: Any = tokenizer
        self._model: Any = model.float()
        if composed is not None:
            self._model = PeftModel.from_pretrained(self._model, composed)
        self._model.eval()
        self._batch_size = batch_size

    @torch.inference_mode()
    def answers(
        self, prompts: Sequence[str], choices: Sequence[str] = (), done: Callable[[int], object] = lambda count: None
    ) -> list[str]:
        """One answer per prompt, in order. With `choices` the answer is one of them, as a server's schema enforces.

        `done` hears how many prompts were just answered.
        """
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        answers = [""] * len(prompts)
        for start in range(0, len(order), self._batch_size):
            batch = order[start : start + self._batch_size]
            for index, answer in zip(batch, self._batch([prompts[index] for index in batch], choices), strict=True):
                answers[index] = answer
            done(len(batch))
        return answers

    def _batch(self, prompts: Sequence[str], choices: Sequence[str]) -> list[str]:
        encoded = self._tokenizer.apply_chat_template(
            [messages(prompt) for prompt in prompts],
            add_generation_prompt=True,
            padding=True,
            return_tensors="pt",
            return_dict=True,
        )
        width = encoded["input_ids"].shape[1]
        written = self._model.generate(
            **encoded,
            max_new_tokens=MAX_ANSWER_TOKENS,
            do_sample=False,
            pad_token_id=self._tokenizer.pad_token_id,
            prefix_allowed_tokens_fn=only(choices, self._tokenizer, width) if choices else None,
        )
        return list(self._tokenizer.batch_decode(written[:, width:], skip_special_tokens=True))


def only(
    choices: Sequence[str], tokenizer: PreTrainedTokenizerBase, prompt_width: int
) -> Callable[[int, torch.Tensor], list[int]]:
    """Which tokens may come next when the answer must be one of `choices`; after its end, only the end token."""
    end = int(tokenizer.eos_token_id)
    following: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for choice in choices:
        tokens = [*tokenizer(choice, add_special_tokens=False)["input_ids"], end]
        for place, token in enumerate(tokens):
            following[tuple(tokens[:place])].add(token)

    def allowed(row: int, tokens: torch.Tensor) -> list[int]:
        return sorted(following.get(tuple(tokens[prompt_width:].tolist()), {end}))

    return allowed
