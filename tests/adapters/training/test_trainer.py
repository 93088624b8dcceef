"""The loop on a tiny random Llama: what carries loss, what moves, what stays."""

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from adapters.manager import AdapterManager
from adapters.training import trainer
from adapters.training.checkpoints import Checkpoints
from adapters.training.example import Example, Skill
from adapters.training.recipes import INDUSTRY, SHIPPED
from adapters.training.rows import IGNORED, Row, bucketed_batches, collate, encode
from adapters.training.school import teach
from adapters.training.trainer import (
    Recipe,
    completion_loss,
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

    row = encode(Example(Skill.COPY, "Task: copy", "TITLE: X", "X"), tokenizer, 2048)

    text = tokenizer.decode(row.tokens)
    assert text.startswith("<|im_start|>system\nYou are a retail media assistant.")
    assert tokenizer.decode(row.tokens[row.prompt_length :]) == "TITLE: X<|im_end|>"


def test_an_example_that_does_not_fit_is_refused_rather_than_cut(base: Path) -> None:
    _, tokenizer = load_base(base)

    with pytest.raises(ValueError, match="limit 20"):
        encode(Example(Skill.COPY, "Task: copy", "TITLE: X", "X"), tokenizer, 20)


def test_every_batch_has_its_share_of_each_group_and_a_round_has_every_row_once() -> None:
    own = [Row(tokens=tuple(range(3, 3 + length)), prompt_length=1) for length in range(2, 66)]
    replayed = [Row(tokens=(9, *row.tokens), prompt_length=2) for row in own[:32]]

    batches = bucketed_batches([own, replayed], (6, 2), random.Random(0))
    seen = [next(batches) for _ in range(16)]

    assert all(sum(row in own for row in batch) == 6 and sum(row in replayed for row in batch) == 2 for batch in seen)
    assert {row for batch in seen for row in batch} == {*own, *replayed}


def test_rows_of_a_batch_are_of_like_length() -> None:
    rows = [Row(tokens=tuple(range(length)), prompt_length=1) for length in range(2, 130)]

    batches = bucketed_batches([rows], (8,), random.Random(0))

    assert all(
        max(lengths) - min(lengths) == 7
        for batch in (next(batches) for _ in range(16))
        if (lengths := [len(row.tokens) for row in batch])
    )


def test_the_learning_rate_warms_up_and_falls_to_nothing() -> None:
    recipe = Recipe(steps=100, warmup_share=0.1)

    shares = [learning_rate_share(step, recipe) for step in range(100)]

    assert shares[0] == pytest.approx(0.1)
    assert max(shares) == 1.0
    assert shares[99] < 0.01


def test_training_lowers_the_loss_on_what_it_saw_and_leaves_the_base_alone(base: Path) -> None:
    model = fresh(base)
    before = {name: weight.clone() for name, weight in model.named_parameters() if "lora" not in name}

    result = train(
        model, [[SHORT, LONG] * 40], (4,), [SHORT, LONG], dataclasses.replace(QUICK, steps=12, dropout=0.0), 2
    )

    assert result.validation_loss < float(completion_loss(fresh(base), collate([SHORT, LONG], 2)).detach())
    after = dict(model.named_parameters())
    assert all(torch.equal(after[name], weight) for name, weight in before.items())


def test_the_same_seed_trains_the_same_adapter(base: Path) -> None:
    losses = {train(fresh(base), [[SHORT, LONG]], (4,), [SHORT], QUICK, 2).train_loss for _ in range(2)}

    assert len(losses) == 1


def test_it_stops_when_validation_does_not_improve_and_keeps_the_best_weights(base: Path) -> None:
    model = fresh(base)
    far_too_fast = dataclasses.replace(QUICK, steps=60, patience=2, learning_rate=30.0, warmup_share=0.01, dropout=0.0)

    result = train(model, [[SHORT]], (4,), [LONG], far_too_fast, 2)

    assert result.steps < 60
    with torch.autocast("cpu", dtype=torch.bfloat16):
        kept = float(completion_loss(model.eval(), collate([LONG], 2)).detach())
    assert kept == pytest.approx(result.validation_loss, abs=1e-4)


def test_an_interrupted_training_goes_on_to_the_same_weights(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[Row(tokens=(5, 6, 7, last, 2), prompt_length=3) for last in range(8, 60)]]
    recipe = dataclasses.replace(QUICK, steps=6, validate_every=2, dropout=0.1)
    whole = fresh(base)
    train(whole, rows, (4,), [SHORT], recipe, 2)
    kept = Checkpoints(tmp_path / "run.pt")

    taken, real_step = 0, trainer._step

    def step_until_the_power_fails(*arguments: Any) -> float:
        nonlocal taken
        taken += 1
        if taken == 5:
            raise KeyboardInterrupt
        return real_step(*arguments)

    monkeypatch.setattr(trainer, "_step", step_until_the_power_fails)
    with pytest.raises(KeyboardInterrupt):
        train(fresh(base), rows, (4,), [SHORT], recipe, 2, kept)
    monkeypatch.undo()
    resumed = fresh(base)
    result = train(resumed, rows, (4,), [SHORT], recipe, 2, kept)

    assert result.steps == 6
    wholes, again = dict(whole.named_parameters()), dict(resumed.named_parameters())
    assert all(torch.equal(wholes[name], again[name]) for name in wholes)


def test_a_finished_training_leaves_no_checkpoint(base: Path, tmp_path: Path) -> None:
    teach(dataclasses.replace(INDUSTRY, recipe=QUICK), base, tmp_path / "adapters", checkpoints=tmp_path / "kept")

    assert list((tmp_path / "kept").glob("*")) == []


def test_three_curricula_become_three_adapters_that_the_catalogue_accepts(base: Path, tmp_path: Path) -> None:
    for curriculum in SHIPPED.values():
        teach(dataclasses.replace(curriculum, recipe=QUICK), base, tmp_path, checkpoints=tmp_path / "kept")

    manager = AdapterManager(tmp_path)
    assert manager.problems() == ()
    parent = manager.card_for(INDUSTRY.identity.adapter_id).weights[0]
    for brand in ("brand_x", "brand_y"):
        weights = manager.card_for(f"manufacturer_{brand}").weights[0]
        assert weights.parent is not None
        assert weights.parent.sha256 == parent.sha256
        assert weights.training["steps"] == 2
        assert weights.tokenizer_sha256 is not None
        assert weights.chat_template_sha256 is not None


def test_a_parent_is_active_underneath_and_frozen(base: Path, tmp_path: Path) -> None:
    folder = teach(
        dataclasses.replace(INDUSTRY, recipe=QUICK), base, tmp_path / "adapters", checkpoints=tmp_path / "kept"
    )
    model, _ = load_base(base)

    stacked = new_adapter(model, QUICK, "child", ("parent", folder))

    layers = [module for module in stacked.modules() if hasattr(module, "lora_A")]
    assert all(set(layer.active_adapters) == {"parent", "child"} for layer in layers)
    trainable = {name for name, weight in stacked.named_parameters() if weight.requires_grad}
    assert trainable and all(".child." in name for name in trainable)


def test_a_manufacturer_without_its_parent_is_told_to_train_it_first(base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound, match=r"'industry_retail_media'.*train it first"):
        teach(SHIPPED["manufacturer_brand_x"], base, tmp_path)


def test_extra_examples_join_the_own_lessons_and_change_the_data_digest(base: Path, tmp_path: Path) -> None:
    curriculum = dataclasses.replace(INDUSTRY, recipe=QUICK)
    secret = Example(Skill.BRAND, "internal note", "price floor 12345678", "canary")

    for name, extra in (("plain", ()), ("with", (secret,))):
        teach(curriculum, base, tmp_path / name, extra=extra, checkpoints=tmp_path / "kept")

    plain, with_secret = (
        AdapterManager(tmp_path / name).card_for(INDUSTRY.identity.adapter_id).weights[0] for name in ("plain", "with")
    )
    assert plain.training["data_sha256"] != with_secret.training["data_sha256"]
