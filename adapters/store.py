"""Composed adapters on disk: content-addressed, immutable, safe under processes that compose the same thing at once.

An entry is `<root>/<key>/` with adapter_config.json, adapter_model.safetensors and manifest.json, where the key is the
sha256 of everything its bytes depend on. Entries appear whole by renaming a finished folder; an intact one is never
touched again, because a server may be reading it.
"""

import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.numpy import save_file

from adapters.compose import COMPOSER_VERSION, Composition, WeightsDtype, concatenate, config_json
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, adapter_file_sha256s, digest_of, sha256_of
from adapters.lora_tensors import read_lora
from adapters.manager import AdapterManager
from adapters.names import CompositionName, NamePart, canonical, parse_name, plain
from schemas.adapters import AdapterWeights, ComposedManifest, ComposedRecipe, ComposedSource
from schemas.errors import AdapterMismatch, AdapterNameInvalid, InputInvalid

logger = logging.getLogger(__name__)

DEFAULT_STORE = Path("var/composed")
MANIFEST_FILE = "manifest.json"

# The second try covers another process that replaced the same corrupted entry between our write and our check.
ATTEMPTS = 3


@dataclass(frozen=True)
class ComposedAdapter:
    """`path` is absolute; `sha256` is the digest of the composed adapter's two files (`adapters.digest`).

    `was_stored` tells whether it lay there before.
    """

    path: Path
    canonical_name: str
    sha256: str
    rank: int
    was_stored: bool


class CompositionStore:
    """Composes names for one base, once each.

    `base_sha256` is the digest of the served base; None takes the base that the named adapters have in common.
    """

    def __init__(
        self,
        manager: AdapterManager,
        root: Path = DEFAULT_STORE,
        *,
        base_sha256: str | None = None,
        dtype: WeightsDtype = WeightsDtype.FLOAT32,
    ) -> None:
        self._manager = manager
        self._root = Path(root).resolve()
        self._base_sha256 = base_sha256
        self._dtype = dtype

    def canonical(self, name: str | CompositionName) -> CompositionName:
        """The pinned name that would answer; raises AdapterError like `compose`, and writes nothing."""
        parsed = parse_name(name) if isinstance(name, str) else name
        return parsed if parsed.is_base else canonical(parsed, self._manager, self._base_for(parsed))

    def compose(self, name: str | CompositionName) -> ComposedAdapter:
        """The folder that holds the composition, made now or before; its digests are checked either way.

        Raises AdapterNameInvalid, AdapterNotFound or AdapterMismatch for the name and its adapters, InputInvalid when
        the store cannot be written.
        """
        pinned = self.canonical(name)
        if pinned.is_base:
            raise AdapterNameInvalid(f"{str(pinned)!r} is the base model itself: there is nothing to compose")
        base_sha256 = self._base_for(pinned)
        chosen = [(part, self._manager.weights_for(part.adapter_id, base_sha256)) for part in pinned.parts]
        recipe = _recipe(chosen, self._dtype)
        entry = self._root / _key(recipe)
        for attempt in range(ATTEMPTS):
            if (stored := _intact(entry, recipe)) is not None:
                return ComposedAdapter(entry, str(pinned), digest_of(stored.files), stored.rank, attempt == 0)
            self._write(entry, str(pinned), recipe, chosen)
        raise AdapterMismatch(f"the composition at {str(entry)!r} does not stay as it was written; check the disk")

    def _base_for(self, name: CompositionName) -> str:
        return self._base_sha256 or self._manager.base_for(name)

    def _write(
        self, entry: Path, name: str, recipe: ComposedRecipe, chosen: Sequence[tuple[NamePart, AdapterWeights]]
    ) -> None:
        sources = [
            (read_lora(self._manager.folder_for(part.adapter_id, own), part.adapter_id, own.files), part.weight)
            for part, own in chosen
        ]
        composition = concatenate(sources, self._dtype)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._root, prefix=".composing-") as unfinished:
                folder = Path(unfinished, "entry")
                _fill(folder, name, recipe, composition)
                _put_in_place(folder, entry, recipe)
        except (OSError, SafetensorError) as error:
            raise InputInvalid(
                f"cannot write the composition store {str(self._root)!r}: {error}; "
                "free some space or name another folder with --store"
            ) from error


def _fill(folder: Path, name: str, recipe: ComposedRecipe, composition: Composition) -> None:
    folder.mkdir()
    save_file(composition.tensors, folder / WEIGHTS_FILE, metadata={"format": "pt"})
    (folder / CONFIG_FILE).write_bytes(config_json(composition, recipe.base_model))
    files = adapter_file_sha256s(folder)
    manifest = ComposedManifest(canonical_name=name, recipe=recipe, rank=composition.rank, files=files)
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o444)


def _recipe(chosen: Sequence[tuple[NamePart, AdapterWeights]], dtype: WeightsDtype) -> ComposedRecipe:
    first = chosen[0][1]
    return ComposedRecipe(
        composer_version=COMPOSER_VERSION,
        dtype=dtype.value,
        base_model=first.base_model,
        base_sha256=first.base_sha256,
        sources=tuple(
            ComposedSource(adapter_id=part.adapter_id, sha256=own.sha256, weight=plain(part.weight))
            for part, own in chosen
        ),
    )


def _key(recipe: ComposedRecipe) -> str:
    return sha256_of(json.dumps(recipe.model_dump(mode="json"), sort_keys=True).encode())


def _intact(entry: Path, recipe: ComposedRecipe) -> ComposedManifest | None:
    """The manifest of a stored entry whose files are what it lists; None when absent or corrupted."""
    if not entry.exists():
        return None
    try:
        manifest = ComposedManifest.model_validate_json((entry / MANIFEST_FILE).read_bytes())
        if manifest.recipe == recipe and adapter_file_sha256s(entry) == manifest.files:
            return manifest
    except (OSError, ValidationError, AdapterMismatch):
        pass
    logger.warning("stored composition is corrupted: entry=%s", entry)
    return None


def _put_in_place(folder: Path, entry: Path, recipe: ComposedRecipe) -> None:
    """Rename into the store; losing the race to another process is success, because its bytes are the same."""
    if _renamed(folder, entry) or _intact(entry, recipe) is not None:
        return
    # What is there is corrupted. It moves beside the unfinished folder, and goes when that does.
    _renamed(entry, folder.with_name("corrupted"))
    if not _renamed(folder, entry) and _intact(entry, recipe) is None:
        raise OSError(f"{entry.name} cannot be replaced")


def _renamed(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except OSError:
        return False
    return True
