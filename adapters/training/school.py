"""One curriculum to one adapter on disk, registered with its digests, parent and recipe."""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import PreTrainedTokenizerBase

from adapters.digest import WEIGHTS_FILE, adapter_digest, base_digest, chat_template_digest, tokenizer_digest
from adapters.registration import base_slug, register_weights
from adapters.training.checkpoints import Checkpoints
from adapters.training.example import Example, Split, examples
from adapters.training.recipes import Curriculum
from adapters.training.rows import Row, encode
from adapters.training.trainer import load_base, new_adapter, train
from schemas.adapters import ParentPin
from schemas.errors import AdapterNotFound

VALIDATION_ROWS = 64
CHECKPOINTS = Path("var/training")


def lessons(curriculum: Curriculum, split: Split, counts: Sequence[int]) -> list[list[Example]]:
    """As many examples of each group; the recipe's seed decides which."""
    seed = curriculum.recipe.seed
    return [examples(group, split, count, seed) for group, count in zip(curriculum.lessons, counts, strict=True)]


def validation(curriculum: Curriculum) -> list[Example]:
    """Examples that training is stopped by, as many of each group as of every other."""
    each = VALIDATION_ROWS // len(curriculum.lessons)
    return [row for group in lessons(curriculum, Split.VALIDATION, [each] * len(curriculum.lessons)) for row in group]


def teach(
    curriculum: Curriculum,
    base: Path,
    adapters: Path,
    *,
    extra: Sequence[Example] = (),
    checkpoints: Path = CHECKPOINTS,
) -> Path:
    """The adapter's weights folder under `adapters`.

    `extra` examples take the place of as many of the first group's lessons, so that each is seen once. Raises
    AdapterNotFound when the parent has not been trained for this base.
    """
    adapter_id, recipe = curriculum.identity.adapter_id, curriculum.recipe
    parent = parent_of(curriculum, base, adapters)
    own, *others = lessons(curriculum, Split.TRAIN, curriculum.rows)
    taught = [[*own[: len(own) - len(extra)], *extra], *others]
    digest = data_digest(taught)
    torch.manual_seed(recipe.seed)
    model, tokenizer = load_base(base)
    if torch.cuda.is_available():
        model.to("cuda")  # type: ignore[arg-type]  # transformers wraps the method and loses its type
    training = [encoded(group, tokenizer, recipe.max_tokens) for group in taught]
    stacked = new_adapter(model, recipe, adapter_id, parent)
    pin = pin_of(parent)
    kept = Checkpoints(checkpoints / f"{adapter_id}-{_run_digest(curriculum, base_digest(base), pin, digest)}.pt")
    held_out = encoded(validation(curriculum), tokenizer, recipe.max_tokens)
    result = train(stacked, training, curriculum.batch_shares, held_out, recipe, tokenizer.pad_token_id, kept)
    training_facts = {**asdict(recipe), **asdict(result), "data_sha256": digest}
    folder = register_trained(curriculum, base, adapters, stacked, pin, training_facts)
    kept.clear()
    return folder


def register_trained(
    curriculum: Curriculum,
    base: Path,
    adapters: Path,
    model: PeftModel,
    parent: ParentPin | None,
    training: Mapping[str, str | int | float | None],
) -> Path:
    """The weights folder of the adapter that `model` has learnt, written and registered under `adapters`.

    `training` is what its card says of how it was made. Its scores come later, from the evaluation.
    """
    adapter_id = curriculum.identity.adapter_id
    with tempfile.TemporaryDirectory(prefix="adapter-") as scratch:
        card = register_weights(
            adapters,
            curriculum.identity,
            save_rounded(model, adapter_id, Path(scratch)),
            base_model=base.name,
            base_sha256=base_digest(base),
            strategy=curriculum.strategy,
            parent=parent,
            training=dict(training),
            evaluation={},
            tokenizer_sha256=tokenizer_digest(base),
            chat_template_sha256=chat_template_digest(base),
        )
    return adapters / adapter_id / card.weights[-1].base_slug


def data_digest(taught: Sequence[Sequence[Example]]) -> str:
    text = "".join(f"{example.prompt}\0{example.answer}\0" for group in taught for example in group)
    return hashlib.sha256(text.encode()).hexdigest()


def parent_of(curriculum: Curriculum, base: Path, adapters: Path) -> tuple[str, Path] | None:
    if curriculum.parent is None:
        return None
    folder = adapters / curriculum.parent / base_slug(base.name)
    if not (folder / WEIGHTS_FILE).is_file():
        raise AdapterNotFound(f"{curriculum.parent!r} is not trained for {base.name!r}; train it first")
    return curriculum.parent, folder


def pin_of(parent: tuple[str, Path] | None) -> ParentPin | None:
    return ParentPin(adapter_id=parent[0], sha256=adapter_digest(parent[1])) if parent else None


def _run_digest(curriculum: Curriculum, base_sha256: str, parent: ParentPin | None, data_sha256: str) -> str:
    depends_on = [asdict(curriculum.recipe), base_sha256, parent.sha256 if parent else None, data_sha256]
    return hashlib.sha256(json.dumps(depends_on).encode()).hexdigest()[:12]


def encoded(found: list[Example], tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[Row]:
    return [encode(example, tokenizer, max_tokens) for example in found]


def save_rounded(model: PeftModel, adapter_id: str, scratch: Path) -> Path:
    """bfloat16, the base's own precision: half the size, and what a server would round to anyway."""
    model.save_pretrained(str(scratch), selected_adapters=[adapter_id])
    folder = scratch / adapter_id
    weights = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(folder / WEIGHTS_FILE).items()}
    save_file(weights, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    return folder
