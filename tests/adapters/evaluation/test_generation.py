"""Batched greedy answers from a tiny random Llama, free and held to a schema."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from adapters.evaluation.generation import Grammars, answers
from adapters.evaluation.language_model import LanguageModel
from adapters.prompts import column_reply_schema

PROMPTS = ("Task: copy", "Task: plan\nBrief: a somewhat longer brief about search", "Task: explain")


@pytest.fixture(scope="module")
def model(tiny_base: Path) -> LanguageModel:
    return LanguageModel(tiny_base)


def test_answers_are_what_transformers_generates_for_each_prompt_alone(tiny_base: Path, model: LanguageModel) -> None:
    alone: Any = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    rows = [model.prompt_tokens(prompt) for prompt in PROMPTS]

    together = answers(model, rows, max_new_tokens=20)

    for row, answer in zip(rows, together, strict=True):
        ids = torch.tensor([row])
        written = alone.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False, pad_token_id=2
        )
        assert answer == model.text(written[0, len(row) :].tolist())


def test_held_to_a_schema_every_answer_obeys_it_in_the_spacing_that_is_taught(model: LanguageModel) -> None:
    schema = column_reply_schema()
    rows = [model.prompt_tokens(prompt) for prompt in PROMPTS]

    for answer in answers(model, rows, 200, Grammars(model).compiled(schema)):
        reply = json.loads(answer)
        assert answer == json.dumps(reply)
        assert list(reply) == ["field", "unit"]


def test_rows_that_end_early_do_not_change_the_others(model: LanguageModel) -> None:
    short = Grammars(model).compiled({"enum": ["a", "a much longer answer than the other"]})
    rows = [model.prompt_tokens(f"Task: {word}") for word in ("one", "two", "three", "four", "five", "six")]

    together = answers(model, rows, 60, short)

    assert together == [answers(model, [row], 60, short)[0] for row in rows]


def test_an_answer_stops_at_the_limit(model: LanguageModel) -> None:
    answer = answers(model, [model.prompt_tokens("Task: copy")], 5)[0]

    assert 0 < len(answer) <= 5  # a token of the tiny base is a byte
