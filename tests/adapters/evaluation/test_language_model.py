"""The base with an update on it says what PEFT says, and is the base again afterwards."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from adapters.evaluation.arms import ONE
from adapters.evaluation.language_model import LanguageModel
from adapters.evaluation.updates import LowRank, composed_update
from adapters.lora_tensors import read_lora
from schemas.errors import AdapterMismatch
from tests.tiny import make_random_adapter

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

PROMPTS = ("Task: copy", "Task: plan\nBrief: a somewhat longer brief about search")


@pytest.fixture(scope="module")
def model(tiny_base: Path) -> LanguageModel:
    return LanguageModel(tiny_base)


def logits(model: Any, rows: list[list[int]]) -> torch.Tensor:
    with torch.inference_mode():
        return torch.stack([model(input_ids=torch.tensor([row])).logits[0, -1] for row in rows])


def test_prompts_read_together_give_what_each_gives_alone(tiny_base: Path, model: LanguageModel) -> None:
    alone = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    rows = [model.prompt_tokens(prompt) for prompt in PROMPTS]

    together = model.read(rows).next_logits()

    torch.testing.assert_close(together, logits(alone, rows), atol=1e-5, rtol=1e-4)


def test_rows_go_on_alone_after_others_are_left_out(tiny_base: Path, model: LanguageModel) -> None:
    alone = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    rows = [model.prompt_tokens(prompt) for prompt in PROMPTS]
    reading = model.read(rows)
    reading.next_logits()

    reading.append(torch.tensor([5, 6]))
    reading.keep(torch.tensor([1]))

    torch.testing.assert_close(reading.next_logits(), logits(alone, [[*rows[1], 6]]), atol=1e-5, rtol=1e-4)


def test_with_an_update_it_is_the_model_that_peft_makes(tiny_base: Path, model: LanguageModel, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path / "one", tiny_base, seed=1, r=4)
    peft_model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32), folder)
    rows = [model.prompt_tokens(prompt) for prompt in PROMPTS]

    with model.carrying(composed_update([(read_lora(folder, "one"), ONE)])):
        found = model.read(rows).next_logits()

    torch.testing.assert_close(found, logits(peft_model, rows), atol=1e-4, rtol=1e-4)


def test_afterwards_every_bit_is_the_bases(model: LanguageModel, tiny_base: Path, tmp_path: Path) -> None:
    folder = make_random_adapter(tmp_path / "one", tiny_base, seed=1, r=4)
    before = {name: value.clone() for name, value in model._model.state_dict().items()}

    with (
        pytest.raises(RuntimeError, match="midway"),
        model.carrying(composed_update([(read_lora(folder, "one"), ONE)])),
    ):
        changed = model._model.state_dict()
        assert any(not torch.equal(before[name], changed[name]) for name in before)
        raise RuntimeError("midway")

    assert all(torch.equal(before[name], value) for name, value in model._model.state_dict().items())


@pytest.mark.parametrize("module", ["model.layers.0.self_attn.q_proj", "model.layers.99.self_attn.q_proj"])
def test_an_update_for_another_base_is_refused_by_layer(model: LanguageModel, module: str) -> None:
    update = {module: LowRank(a=torch.ones(2, 8), b=torch.ones(8, 2))}

    with pytest.raises(AdapterMismatch, match=module), model.carrying(update):
        pass


def test_an_answers_log_probabilities_are_those_of_its_places(model: LanguageModel) -> None:
    prompt, answer = model.prompt_tokens("Task: copy"), [7, 8, 9]

    found = model.log_probabilities(prompt, answer)

    assert found.shape == (3, model.vocabulary_size)
    last = model.read([[*prompt, 7, 8]]).next_logits().log_softmax(-1)[0]
    torch.testing.assert_close(found[2], last, atol=1e-5, rtol=1e-4)
