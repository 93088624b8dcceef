"""How trained weights enter the catalogue: checked, copied beside their card, and pinned by digest."""

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from adapters.adapter_folder import CARD_FILE, SIGNATURE_FILE, parsed_card, read_card
from adapters.digest import ADAPTER_FILES, adapter_file_sha256s, digest_of
from adapters.lineage import lineage_problem
from adapters.lora_tensors import read_lora
from adapters.names import NamePart
from schemas.adapters import AdapterCard, AdapterIdentity, AdapterWeights, ParentPin, Strategy
from schemas.errors import AdapterMismatch


def base_slug(base_model: str) -> str:
    """The folder name for a base model.

    >>> base_slug("HuggingFaceTB/SmolLM2-135M-Instruct")
    'smollm2-135m-instruct'
    """
    return re.sub(r"[^a-z0-9_.-]+", "-", base_model.rstrip("/").rpartition("/")[2].lower()).lstrip("-_.")


def register_weights(
    root: Path,
    identity: AdapterIdentity,
    weights_dir: Path,
    base_model: str,
    base_sha256: str,
    strategy: Strategy,
    parent: ParentPin | None,
    training: Mapping[str, str | int | float | bool | None],
    evaluation: Mapping[str, float | int],
    tokenizer_sha256: str | None = None,
    chat_template_sha256: str | None = None,
) -> AdapterCard:
    """Add or replace an adapter's weights for one base, and write its card, unsigned; weights for other bases stay.

    Raises AdapterMismatch before anything is written when the weights could not be composed or their lineage is wrong.
    """
    NamePart(identity.adapter_id)  # an id that no model name could spell is refused here
    read_lora(weights_dir, identity.adapter_id)
    files = adapter_file_sha256s(weights_dir)
    weights = AdapterWeights(
        base_slug=base_slug(base_model),
        base_model=base_model,
        base_sha256=base_sha256,
        sha256=digest_of(files),
        strategy=strategy,
        parent=parent,
        files=files,
        training=dict(training),
        evaluation=dict(evaluation),
        tokenizer_sha256=tokenizer_sha256,
        chat_template_sha256=chat_template_sha256,
    )
    folder = root / identity.adapter_id
    card = AdapterCard(**identity.model_dump(), weights=(*_other_weights(folder, weights), weights))
    _require_lineage(root, card, weights)
    _copy_weights(weights_dir, folder / weights.base_slug)
    write_card(folder, card)
    return card


def write_card(folder: Path, card: AdapterCard) -> None:
    """Replaces the card in one step, so that no reader sees half of it. The signature of the old one goes with it."""
    (folder / SIGNATURE_FILE).unlink(missing_ok=True)
    unfinished = folder / f".{CARD_FILE}"
    unfinished.write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    unfinished.replace(folder / CARD_FILE)


def _other_weights(folder: Path, replaced: AdapterWeights) -> tuple[AdapterWeights, ...]:
    if not (folder / CARD_FILE).is_file():
        return ()
    listed = parsed_card(folder).weights
    return tuple(
        own for own in listed if replaced.base_slug != own.base_slug and replaced.base_sha256 != own.base_sha256
    )


def _require_lineage(root: Path, card: AdapterCard, weights: AdapterWeights) -> None:
    if (weights.strategy is Strategy.SEQUENTIAL) != (weights.parent is not None):
        raise AdapterMismatch(
            f"strategy {weights.strategy.value!r} for {card.adapter_id!r}: sequential pins a parent, additive has none"
        )
    if weights.parent is not None:
        parent = read_card(root / weights.parent.adapter_id)
        if (reason := lineage_problem(card, {parent.adapter_id: parent})) is not None:
            raise AdapterMismatch(reason)


def _copy_weights(source: Path, target: Path) -> None:
    """Both files change place together; `source` may already be `target`."""
    if source.resolve() == target.resolve():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".registering-") as unfinished:
        for name in ADAPTER_FILES:
            shutil.copyfile(source / name, Path(unfinished, name))
        target.mkdir(exist_ok=True)
        for name in ADAPTER_FILES:
            Path(unfinished, name).replace(target / name)
