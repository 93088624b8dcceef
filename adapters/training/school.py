"""One curriculum to one adapter on disk, registered with its digests, parent and recipe."""

import hashlib
import tempfile
from dataclasses import asdict
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerBase

from adapters.digest import WEIGHTS_FILE, adapter_digest, base_digest
from adapters.registration import base_slug, register_weights
from adapters.training.example import Example, Split, examples
from adapters.training.recipes import Curriculum
from adapters.training.trainer import Row, encode, load_base, new_adapter, train
from schemas.adapters import ParentPin, Strategy
from schemas.errors import AdapterNotFound

VALIDATION_ROWS = 64


def lessons(curriculum: Curriculum, split: Split, count: int) -> list[Example]:
    """Own lessons, or own lessons and as many replayed ones."""
    seed = curriculum.recipe.seed
    if curriculum.replay is None:
        return examples(curriculum.lessons, split, count, seed)
    half = count // 2
    return examples(curriculum.lessons, split, half, seed) + examples(curriculum.replay, split, count - half, seed)


def teach(curriculum: Curriculum, base: Path, adapters: Path) -> Path:
    """The adapter's weights folder. Raises AdapterNotFound when the parent has not been trained for this base."""
    adapter_id, recipe = curriculum.identity.adapter_id, curriculum.recipe
    parent = _parent(curriculum, base, adapters)
    torch.manual_seed(recipe.seed)
    model, tokenizer = load_base(base)
    train_examples = lessons(curriculum, Split.TRAIN, curriculum.rows)
    validation = _rows(lessons(curriculum, Split.VALIDATION, VALIDATION_ROWS), tokenizer, recipe.max_tokens)
    training = _rows(train_examples, tokenizer, recipe.max_tokens)
    stacked = new_adapter(model, recipe, adapter_id, parent)
    result = train(stacked, training, validation, recipe, tokenizer.pad_token_id)
    with tempfile.TemporaryDirectory(prefix="adapter-") as scratch:
        card = register_weights(
            adapters,
            curriculum.identity,
            _saved(stacked, adapter_id, Path(scratch)),
            base_model=base.name,
            base_sha256=base_digest(base),
            strategy=Strategy.SEQUENTIAL if parent else Strategy.ADDITIVE,
            parent=ParentPin(adapter_id=parent[0], sha256=adapter_digest(parent[1])) if parent else None,
            training={**asdict(recipe), **asdict(result), "data_sha256": data_digest(train_examples)},
            evaluation={},
        )
    return adapters / adapter_id / card.weights[-1].base_slug


def _parent(curriculum: Curriculum, base: Path, adapters: Path) -> tuple[str, Path] | None:
    if curriculum.parent is None:
        return None
    folder = adapters / curriculum.parent / base_slug(base.name)
    if not (folder / WEIGHTS_FILE).is_file():
        raise AdapterNotFound(f"{curriculum.parent!r} is not trained for {base.name!r}; train it first")
    return curriculum.parent, folder


def _rows(found: list[Example], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[Row]:
    return [encode(example, tokenizer, max_tokens) for example in found]


def data_digest(found: list[Example]) -> str:
    text = "".join(f"{example.prompt}\0{example.answer}\0" for example in found)
    return hashlib.sha256(text.encode()).hexdigest()


def _saved(model: PeftModel, adapter_id: str, scratch: Path) -> Path:
    """bfloat16, the base's own precision: half the size, and what a server would round to anyway."""
    model.save_pretrained(str(scratch), selected_adapters=[adapter_id])
    folder = scratch / adapter_id
    weights = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(folder / WEIGHTS_FILE).items()}
    save_file(weights, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    return folder
