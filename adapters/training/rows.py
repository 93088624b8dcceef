"""Examples as token ids, and token ids as batches."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerBase

from adapters.prompts import messages
from adapters.training.example import Example

IGNORED = -100
WINDOW = 16  # batches among which rows of like length are brought together


@dataclass(frozen=True)
class Row:
    """Token ids of prompt and answer; the first `prompt_length` carry no loss."""

    tokens: tuple[int, ...]
    prompt_length: int


def encode(example: Example, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> Row:
    """Raises ValueError for an example that does not fit: cutting it would teach an answer without its end."""
    prompt = tokenizer.apply_chat_template(
        messages(example.prompt), add_generation_prompt=True, tokenize=True, return_dict=False
    )
    answer = tokenizer(example.answer, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
    if len(prompt) + len(answer) > max_tokens:
        raise ValueError(f"example of {len(prompt) + len(answer)} tokens, limit {max_tokens}: {example.prompt[:60]!r}")
    return Row(tuple(prompt + answer), len(prompt))


def collate(rows: Sequence[Row], pad_token_id: int) -> dict[str, torch.Tensor]:
    """Right-padded (B, T) input_ids, attention_mask and labels; labels are IGNORED on prompts and padding.

    Padding is found by length, never by id: here the pad token is also the token that ends an answer.
    """
    width = max(len(row.tokens) for row in rows)
    input_ids = torch.full((len(rows), width), pad_token_id)
    attention_mask = torch.zeros((len(rows), width), dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED)
    for index, row in enumerate(rows):
        length = len(row.tokens)
        tokens = torch.tensor(row.tokens)
        input_ids[index, :length] = tokens
        attention_mask[index, :length] = 1
        labels[index, row.prompt_length : length] = tokens[row.prompt_length :]
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}


def bucketed_batches(
    groups: Sequence[Sequence[Row]], shares: Sequence[int], draw: random.Random
) -> Iterator[list[Row]]:
    """Endless batches in random order, each with its share of every group, of like length among themselves."""
    streams = [_endless(rows, draw) for rows in groups]
    while True:
        batches: list[list[Row]] = [[] for _ in range(WINDOW)]
        for stream, share in zip(streams, shares, strict=True):
            window = sorted((next(stream) for _ in range(share * WINDOW)), key=_length)
            for place, batch in enumerate(batches):
                batch += window[place * share : (place + 1) * share]
        yield from draw.sample(batches, len(batches))


def _endless(rows: Sequence[Row], draw: random.Random) -> Iterator[Row]:
    """Each row once per round."""
    while True:
        yield from draw.sample(list(rows), len(rows))


def _length(row: Row) -> int:
    return len(row.tokens)
