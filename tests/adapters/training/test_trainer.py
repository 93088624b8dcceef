"""The loop on a tiny random Llama: what carries loss, what moves, what stays."""

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from adapters.manager import AdapterManager
from adapters.training.example import Example, Skill
from adapters.training.recipes import CURRICULA, INDUSTRY
from adapters.training.school import teach
from adapters.training.trainer import (
    IGNORED,
    Recipe,
    Row,
    bucketed_batches,
    collate,
    completion_loss,
    encode,
    learning_rate_share,
    load_base,
    new_adapter,
    train,
)
from schemas.errors import AdapterNotFound
from tests.tiny import make_tiny_base

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

QUICK = Recipe(steps=2, rank=4, alpha=8, batch_size=4, max_tokens=2048, validate_every=1, learning_rate=1e-2)
SHORT = Row(tokens=(5, 6, 7, 8, 2), prompt_length=3)
LONG = Row(tokens=(5, 6, 7, 8, 9, 10, 11, 2), prompt_length=4)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_base(tmp_path_factory.mktemp("base") / "tiny-llama")


def fresh(base: Path) -> Any:
    torch.manual_seed(0)
    model, _ = load_base(base)
    return new_adapter(model.float(), QUICK, "own", None).eval()


def test_only_the_answer_and_its_end_token_carry_loss() -> None:
    batch = collate([SHORT, LONG], pad_token_id=2)

    assert batch["labels"].tolist() == [
        [IGNORED, IGNORED, IGNORED, 8, 2, IGNORED, IGNORED, IGNORED],
        [IGNORED, IGNORED, IGNORED, IGNORED, 9, 10, 11, 2],
    ]
    assert batch["attention_mask"].sum(dim=1).tolist() == [5, 8]


def test_padding_changes_no_loss_though_the_pad_token_is_the_end_token(base: Path) -> None:
    model = fresh(base)

    alone = [float(completion_loss(model, collate([row], 2)).detach()) for row in (SHORT, LONG)]
    together = float(completion_loss(model, collate([SHORT, LONG], 2)).detach())

    answers = [len(row.tokens) - row.prompt_length for row in (SHORT, LONG)]
    expected = sum(loss * count for loss, count in zip(alone, answers, strict=True)) / sum(answers)
    assert together == pytest.approx(expected, abs=1e-5)


def test_an_example_is_our_system_message_the_prompt_and_an_answer_with_its_end(base: Path) -> None:
    _, tokenizer = load_base(base)

    row = encode(Example(Skill.COPY, "Task: copy", "TITLE: X"), tokenizer, 2048)

    text = tokenizer.decode(row.tokens)
    assert text.startswith("<|im_start|>system\nYou are a retail media assistant.")
    assert tokenizer.decode(row.tokens[row.prompt_length :]) == "TITLE: X<|im_end|>"


def test_an_example_that_does_not_fit_is_refused_rather_than_cut(base: Path) -> None:
    _, tokenizer = load_base(base)

    with pytest.raises(ValueError, match="limit 20"):
        encode(Example(Skill.COPY, "Task: copy", "TITLE: X"), tokenizer, 20)


def test_a_round_of_batches_has_every_row_once() -> None:
    rows = [Row(tokens=tuple(range(3, 3 + length)), prompt_length=1) for length in range(2, 22)]

    batches = bucketed_batches(rows, 4, random.Random(0))
    seen = [row for _ in range(5) for row in next(batches)]

    assert sorted(seen, key=lambda row: len(row.tokens)) == rows


def test_the_learning_rate_warms_up_and_falls_to_nothing() -> None:
    recipe = Recipe(steps=100, warmup_share=0.1)

    shares = [learning_rate_share(step, recipe) for step in range(100)]

    assert shares[0] == pytest.approx(0.1)
    assert max(shares) == 1.0
    assert shares[99] < 0.01


def test_training_lowers_the_loss_on_what_it_saw_and_leaves_the_base_alone(base: Path) -> None:
    model = fresh(base)
    before = {name: weight.clone() for name, weight in model.named_parameters() if "lora" not in name}

    result = train(model, [SHORT, LONG], [SHORT, LONG], dataclasses.replace(QUICK, steps=12, dropout=0.0), 2)

    assert result.validation_loss < float(completion_loss(fresh(base), collate([SHORT, LONG], 2)).detach())
    after = dict(model.named_parameters())
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


def test_the_same_seed_trains_the_same_adapter(base: Path) -> None:
    losses = {train(fresh(base), [SHORT, LONG], [SHORT], QUICK, 2).train_loss for _ in range(2)}

    assert len(losses) == 1


def test_it_stops_when_validation_does_not_improve_and_keeps_the_best_weights(base: Path) -> None:
    model = fresh(base)
    far_too_fast = dataclasses.replace(QUICK, steps=60, patience=2, learning_rate=30.0, warmup_share=0.01, dropout=0.0)

    result = train(model, [SHORT], [LONG], far_too_fast, 2)

    assert result.steps < 60
    with torch.autocast("cpu", dtype=torch.bfloat16):
        kept = float(completion_loss(model.eval(), collate([LONG], 2)).detach())
    assert kept == pytest.approx(result.validation_loss, abs=1e-4)


def test_three_curricula_become_three_adapters_that_the_catalogue_accepts(base: Path, tmp_path: Path) -> None:
    for curriculum in CURRICULA.values():
        teach(dataclasses.replace(curriculum, recipe=QUICK, rows=16), base, tmp_path)

    manager = AdapterManager(tmp_path)
    assert manager.problems() == ()
    parent = manager.card_for(INDUSTRY.identity.adapter_id).weights[0]
    for brand in ("brand_x", "brand_y"):
        weights = manager.card_for(f"manufacturer_{brand}").weights[0]
        assert weights.parent is not None
        assert weights.parent.sha256 == parent.sha256
        assert weights.training["steps"] == 2


def test_a_parent_is_active_underneath_and_frozen(base: Path, tmp_path: Path) -> None:
    folder = teach(dataclasses.replace(INDUSTRY, recipe=QUICK, rows=16), base, tmp_path)
    model, _ = load_base(base)

    stacked = new_adapter(model, QUICK, "child", ("parent", folder))

    layers = [module for module in stacked.modules() if hasattr(module, "lora_A")]
    assert all(set(layer.active_adapters) == {"parent", "child"} for layer in layers)
    trainable = {name for name, weight in stacked.named_parameters() if weight.requires_grad}
    assert trainable and all(".child." in name for name in trainable)


def test_a_manufacturer_without_its_parent_is_told_to_train_it_first(base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound, match=r"'industry_retail_media'.*train it first"):
        teach(CURRICULA["manufacturer_brand_x"], base, tmp_path)
