"""What a machine without a GPU can know of QLoRA: its refusals, its settings, and its steps on a tiny Llama."""

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BitsAndBytesConfig, TrainerControl, TrainerState, TrainingArguments

from adapters.digest import adapter_digest
from adapters.manager import AdapterManager
from adapters.training.example import Generator
from adapters.training.metrics import metric_example
from adapters.training.policies import policy_example
from adapters.training.qlora import (
    BestWeights,
    completion_columns,
    gpu_problem,
    in_batches,
    quantisation_settings,
    quantised_recipe,
    require_packages,
    sft_settings,
    teach_quantised,
    teach_with_trl,
)
from adapters.training.recipes import INDUSTRY, SHIPPED, Curriculum
from adapters.training.rows import Row
from adapters.training.trainer import Recipe
from schemas.errors import DataMissing, InputInvalid
from tests.tiny import make_tiny_base

BRAND = SHIPPED["manufacturer_brand_x"]
SETTINGS_OF_TRL = {"completion_only_loss", "max_length", "packing"}


def test_a_machine_without_a_gpu_is_sent_to_the_laptop_base(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("torch sees a GPU here")

    with pytest.raises(InputInvalid, match=r"needs an NVIDIA GPU.* without --qlora"):
        teach_quantised(INDUSTRY, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("capabilities", "said"),
    [([], "torch sees none"), ([(9, 0), (9, 0)], "CUDA_VISIBLE_DEVICES=0"), ([(7, 5)], "8.0 or more, not 7.5")],
)
def test_gpus_that_do_not_fit_are_named(capabilities: list[tuple[int, int]], said: str) -> None:
    assert said in str(gpu_problem(capabilities))


def test_one_gpu_that_computes_in_bfloat16_is_enough() -> None:
    assert gpu_problem([(8, 0)]) is None
    assert gpu_problem([(9, 0)]) is None


def test_missing_packages_are_named_with_the_command_that_brings_them() -> None:
    with pytest.raises(DataMissing, match=r"QLoRA needs no_such_package: pip install -e '\.\[qlora\]'"):
        require_packages(("torch", "no_such_package"))


def test_every_setting_is_one_that_the_libraries_know(tmp_path: Path) -> None:
    settings = sft_settings(Recipe())
    known = {setting.name for setting in dataclasses.fields(TrainingArguments)}

    assert settings.keys() - known == SETTINGS_OF_TRL
    assert TrainingArguments(
        str(tmp_path), use_cpu=True, **{name: value for name, value in settings.items() if name in known}
    )
    assert quantisation_settings().keys() <= inspect.signature(BitsAndBytesConfig).parameters.keys()


def test_the_settings_are_those_of_the_recipe_at_the_pace_of_a_large_base() -> None:
    recipe = quantised_recipe(dataclasses.replace(BRAND.recipe, seed=7))

    settings = sft_settings(recipe)

    assert settings["per_device_train_batch_size"] * settings["gradient_accumulation_steps"] == 16
    assert settings["learning_rate"] == 2e-4
    assert settings["seed"] == 7
    assert settings["max_steps"] == BRAND.recipe.steps
    assert (recipe.rank, recipe.alpha) == (16, 32)


def test_rows_come_batch_by_batch_with_the_same_share_of_each_group() -> None:
    own = [Row(tokens=tuple(range(length)), prompt_length=1) for length in range(2, 80)]
    replayed = [Row(tokens=(99, *row.tokens), prompt_length=2) for row in own]
    recipe = quantised_recipe(Recipe(steps=5))

    rows = in_batches([own, replayed], (6, 2), recipe)

    assert len(rows) == 5 * 16
    batches = [rows[start : start + 16] for start in range(0, len(rows), 16)]
    assert all(sum(row in own for row in batch) == 12 for batch in batches)


def test_the_answer_is_marked_as_what_is_learnt() -> None:
    columns = completion_columns(Row(tokens=(5, 6, 7, 8, 2), prompt_length=3))

    assert columns == {"input_ids": [5, 6, 7, 8, 2], "completion_mask": [0, 0, 0, 1, 1]}


def validated(best: BestWeights, loss: float) -> TrainerControl:
    control = TrainerControl()
    best.on_evaluate(TrainingArguments(), TrainerState(), control, metrics={"eval_loss": loss})
    return control


def test_the_best_weights_come_back_and_training_stops_when_validation_gets_no_better() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    best = BestWeights([weight], patience=2)

    stopped = []
    for step, loss in enumerate((0.5, 0.3, 0.4, 0.6), start=1):
        weight.data.fill_(step)
        stopped.append(validated(best, loss).should_training_stop)
    best.restore()

    assert stopped == [False, False, False, True]
    assert weight.tolist() == [2.0, 2.0]


def test_the_last_step_is_validated_wherever_it_falls() -> None:
    best, asked = BestWeights([], patience=2), []

    for step in (6, 7):
        control = TrainerControl()
        best.on_step_end(TrainingArguments(), TrainerState(global_step=step, max_steps=7), control)
        asked.append(control.should_evaluate)

    assert asked == [False, True]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """bitsandbytes computes on a CPU only where the width of every layer is a multiple of its block of 64."""
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = make_tiny_base(tmp_path / "tiny-llama")
    config = LlamaConfig.from_pretrained(folder, intermediate_size=128)
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def quick(curriculum: Curriculum) -> Curriculum:
    """Two steps over short prompts, for the tiny base spells every byte.

    Validated at the end only: on a CPU bitsandbytes repacks weights for inference, and then no gradient passes them.
    """
    lessons: tuple[dict[Generator, int], ...] = ({metric_example: 1}, {policy_example: 1})
    recipe = Recipe(steps=2, rank=4, alpha=8, max_tokens=2048, validate_every=99)
    return dataclasses.replace(curriculum, lessons=lessons[: len(curriculum.lessons)], recipe=recipe)


@pytest.mark.filterwarnings("default")  # what TRL, datasets and bitsandbytes warn of is not ours to mend
def test_a_quantised_base_teaches_an_industry_adapter_and_a_brand_on_top_of_it(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("trl", "bitsandbytes", "datasets"):
        pytest.importorskip(package, reason="needs the extra [qlora]")
    monkeypatch.setattr("adapters.training.school.VALIDATION_ROWS", 4)
    changes: dict[str, Any] = {} if torch.cuda.is_available() else {"use_cpu": True, "optim": "adamw_torch"}
    catalogue = tmp_path / "adapters"

    industry = teach_with_trl(quick(INDUSTRY), base, catalogue, changes=changes)
    industry_digest = adapter_digest(industry)
    teach_with_trl(quick(BRAND), base, catalogue, changes=changes)

    manager = AdapterManager(catalogue)
    assert manager.problems() == ()
    assert adapter_digest(industry) == industry_digest
    weights = manager.card_for(BRAND.identity.adapter_id).weights[0]
    assert weights.parent is not None
    assert weights.parent.sha256 == industry_digest
    assert weights.training["train_base_quant"] == "nf4"
    assert weights.training["steps"] == 2
    assert weights.training["validation_loss"] != float("inf")
