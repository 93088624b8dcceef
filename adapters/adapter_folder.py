"""One adapter's folder: is what lies there what its card says? Lineage across adapters is the manager's."""

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from adapters.digest import ADAPTER_FILES, CONFIG_FILE, adapter_file_sha256s, digest_of
from adapters.lora_config import read_lora_config
from schemas.adapters import AdapterCard, AdapterWeights, Strategy
from schemas.errors import AdapterMismatch

CARD_FILE = "adapter_metadata.json"
SIGNATURE_FILE = "adapter.sig"

# Formats that can run code when loaded; loaders fall back to them silently, so their presence is refused.
PICKLED_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")


def holds_an_adapter(folder: Path) -> bool:
    """A card, or weights that lack one; the package's code folders have neither."""
    if folder.is_symlink():
        return True
    weight_like = (*PICKLED_SUFFIXES, ".safetensors")
    return (folder / CARD_FILE).exists() or any(
        file.suffix in weight_like or file.name == CONFIG_FILE for file in entries(folder)
    )


def read_card(folder: Path) -> AdapterCard:
    """The card of one adapter folder, after comparing every file it names with its digest.

    Raises AdapterMismatch with the first thing that is wrong.
    """
    _refuse_unsafe_files(folder)
    card = parsed_card(folder)
    if card.adapter_id != folder.name:
        raise AdapterMismatch(
            f"folder {folder.name!r} holds a card with the id {card.adapter_id!r}; give both the same name"
        )
    if not card.weights:
        raise AdapterMismatch(f"adapter {card.adapter_id!r} lists no weights; register some")
    for values in ([own.base_slug for own in card.weights], [own.base_sha256 for own in card.weights]):
        if len(set(values)) < len(values):
            raise AdapterMismatch(f"adapter {card.adapter_id!r} lists two sets of weights for one base; keep one")
    for weights in card.weights:
        check_weights(card.adapter_id, weights, folder / weights.base_slug)
    return card


def check_weights(adapter_id: str, weights: AdapterWeights, weights_dir: Path) -> None:
    """Raises AdapterMismatch when the files are not the ones the card lists, or are of a kind that is refused."""
    if (weights.strategy is Strategy.SEQUENTIAL) != (weights.parent is not None):
        raise AdapterMismatch(
            f"adapter {adapter_id!r} has the strategy {weights.strategy.value!r} and parent "
            f"{weights.parent and weights.parent.adapter_id!r}; sequential pins a parent, additive has none"
        )
    if sorted(weights.files) != sorted(ADAPTER_FILES):
        raise AdapterMismatch(
            f"the card of {adapter_id!r} lists the files {sorted(weights.files)}; expected {sorted(ADAPTER_FILES)}"
        )
    try:
        found = adapter_file_sha256s(weights_dir)
    except AdapterMismatch as error:
        raise AdapterMismatch(f"adapter {adapter_id!r}: {error}") from error
    for name in ADAPTER_FILES:
        if found[name] != weights.files[name]:
            raise AdapterMismatch(
                f"{name!r} of adapter {adapter_id!r} was altered: its sha256 is {found[name][:12]}, the card says "
                f"{weights.files[name][:12]}; restore the file or register the adapter again"
            )
    if digest_of(found) != weights.sha256:
        raise AdapterMismatch(
            f"the card of {adapter_id!r} gives the digest {weights.sha256[:12]}, its files make "
            f"{digest_of(found)[:12]}; register the adapter again"
        )
    read_lora_config((weights_dir / CONFIG_FILE).read_bytes(), adapter_id)


def _refuse_unsafe_files(folder: Path) -> None:
    if folder.is_symlink():
        raise AdapterMismatch(f"adapter folder {folder.name!r} is a symbolic link; copy the files themselves")
    for file in entries(folder):
        shown = str(file.relative_to(folder))
        if file.is_symlink():
            raise AdapterMismatch(f"{shown!r} in adapter {folder.name!r} is a symbolic link; copy the file itself")
        if file.exists() and not (file.is_file() or file.is_dir()):  # reading a pipe would wait for ever
            raise AdapterMismatch(f"{shown!r} in adapter {folder.name!r} is no ordinary file; remove it")
        if file.suffix in PICKLED_SUFFIXES:
            raise AdapterMismatch(
                f"{shown!r} in adapter {folder.name!r}: pickled weights are refused because loading them can run "
                "code; keep safetensors only"
            )


def parsed_card(folder: Path) -> AdapterCard:
    """The card alone, not compared with the files it names."""
    file = folder / CARD_FILE
    if not file.is_file():
        raise AdapterMismatch(f"{CARD_FILE!r} is missing in {folder.name!r}; register the weights to create it")
    try:
        return AdapterCard.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise AdapterMismatch(f"{CARD_FILE!r} of {folder.name!r} is not a card: {where}: {first['msg']}") from error


def entries(folder: Path) -> Iterator[Path]:
    """Everything in a folder, links included and not followed. Unlike rglob, it survives files that vanish."""
    for parent, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted((*folders, *files)))
