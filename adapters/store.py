"""Composed adapters on disk: content-addressed, immutable, safe under processes that compose the same thing at once.

An entry is `<root>/<key>/` with adapter_config.json, adapter_model.safetensors and manifest.json, where the key is the
sha256 of everything its bytes depend on. Entries appear whole by renaming a finished folder; an intact one is never
touched again, because a server may be reading it.
"""

import json
import logging
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from adapters.compose import COMPOSER_VERSION, Composition, WeightsDtype, concatenate, config_json
from adapters.digest import ADAPTER_FILES, CONFIG_FILE, WEIGHTS_FILE, adapter_file_sha256s, digest_of, sha256_of
from adapters.lora_tensors import LoraSource, read_lora
from adapters.manager import AdapterManager
from adapters.names import CompositionName, NamePart, canonical, parse_name, plain
from adapters.safetensors_file import write_tensors
from schemas.adapters import (
    AdapterCard,
    AdapterWeights,
    ComposedManifest,
    ComposedRecipe,
    ComposedSource,
    SignatureState,
)
from schemas.errors import AdapterMismatch, AdapterNameInvalid, InputInvalid

logger = logging.getLogger(__name__)

DEFAULT_STORE = Path("var/composed")
MANIFEST_FILE = "manifest.json"

# A file that changed less than this before it was hashed may change again without a new timestamp (the kernel's clock
# ticks every 1 to 10 ms), so its digest is not remembered. Git's index has the same rule.
SETTLED_NS = 100_000_000

# Device and inode, size, times of the last change of content and of anything, per file of an entry.
Stamp = tuple[tuple[int, int, int, int, int], ...]

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
        self._verified: dict[Path, tuple[Stamp, ComposedManifest]] = {}
        self._warned = False

    def canonical(self, name: str | CompositionName) -> CompositionName:
        """The pinned name that would answer; raises AdapterError like `compose`, and writes nothing."""
        parsed = parse_name(name) if isinstance(name, str) else name
        return parsed if parsed.is_base else canonical(parsed, _OneLook(self._manager), self._base_for(parsed))

    def compose(self, name: str | CompositionName) -> ComposedAdapter:
        """The folder that holds the composition, made now or before; its digests are checked either way.

        A stored entry is hashed once per process, and again whenever a file of it has another inode, size, mtime or
        ctime than when it was hashed: no write, rename or chmod leaves all four as they were.

        Raises AdapterNameInvalid, AdapterNotFound or AdapterMismatch for the name and its adapters, InputInvalid when
        the store cannot be written.
        """
        parsed = parse_name(name) if isinstance(name, str) else name
        if parsed.is_base:
            raise AdapterNameInvalid(f"{str(parsed)!r} is the base model itself: there is nothing to compose")
        look, base_sha256 = _OneLook(self._manager), self._base_for(parsed)
        pinned = canonical(parsed, look, base_sha256)
        chosen = [(part, look.weights_for(part.adapter_id, base_sha256)) for part in pinned.parts]
        self._warn_of_unsigned(pinned)
        recipe = _recipe(chosen, self._dtype)
        entry = self._root / _key(recipe)
        for attempt in range(ATTEMPTS):
            if (stored := self._stored(entry, recipe)) is not None:
                return ComposedAdapter(entry, str(pinned), digest_of(stored.files), stored.rank, attempt == 0)
            if (written := self._write(entry, str(pinned), recipe, chosen)) is not None:
                return ComposedAdapter(entry, str(pinned), digest_of(written.files), written.rank, was_stored=False)
        raise AdapterMismatch(f"the composition at {str(entry)!r} does not stay as it was written; check the disk")

    def _warn_of_unsigned(self, name: CompositionName) -> None:
        """Once, and not for each of many names; which adapters may be composed at all is the manager's to decide."""
        if self._warned:
            return
        signatures = self._manager.signatures()
        unsigned = [
            part.adapter_id
            for part in name.parts
            if part.adapter_id in signatures and signatures[part.adapter_id].state is not SignatureState.SIGNED
        ]
        if unsigned:
            self._warned = True
            logger.warning(
                "composing adapters whose owner is not proven: adapters=%s; `python -m adapters verify` shows all",
                ",".join(unsigned),
            )

    def _base_for(self, name: CompositionName) -> str:
        return self._base_sha256 or self._manager.base_for(name)

    def _stored(self, entry: Path, recipe: ComposedRecipe) -> ComposedManifest | None:
        """`_intact`, remembered for as long as the entry's files keep their stamp."""
        looked_at, stamp = time.time_ns(), _stamp(entry)
        known = self._verified.get(entry)
        if known is not None and known[0] == stamp and known[1].recipe == recipe:
            return known[1]
        manifest = _intact(entry, recipe)
        if manifest is not None and stamp is not None and _stamp(entry) == stamp and _is_settled(stamp, looked_at):
            self._verified[entry] = (stamp, manifest)
        return manifest

    def _write(
        self, entry: Path, name: str, recipe: ComposedRecipe, chosen: Sequence[tuple[NamePart, AdapterWeights]]
    ) -> ComposedManifest | None:
        """The manifest of what was put in place; None when another process was faster: its entry is to be checked."""

        def read(part: NamePart, own: AdapterWeights) -> LoraSource:
            return read_lora(self._manager.folder_for(part.adapter_id, own), part.adapter_id, own.files)

        with ThreadPoolExecutor() as readers:
            found = readers.map(lambda one: read(*one), chosen)
            sources = [(source, part.weight) for source, (part, _) in zip(found, chosen, strict=True)]
        composition = concatenate(sources, self._dtype)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._root, prefix=".composing-") as unfinished:
                folder = Path(unfinished, "entry")
                manifest = _fill(folder, name, recipe, composition)
                return manifest if _put_in_place(folder, entry, recipe) else None
        except OSError as error:
            raise InputInvalid(
                f"cannot write the composition store {str(self._root)!r}: {error}; "
                "free some space or name another folder with --store"
            ) from error


class _OneLook:
    """The catalogue as it is now: pinning a name asks many times, and AdapterManager looks at the disk each time."""

    def __init__(self, manager: AdapterManager) -> None:
        self._manager = manager
        self._cards = {card.adapter_id: card for card in manager.cards()}

    def card_for(self, adapter_id: str) -> AdapterCard:
        return self._cards.get(adapter_id) or self._manager.card_for(adapter_id)  # which says why there is none

    def weights_for(self, adapter_id: str, base_sha256: str) -> AdapterWeights:
        found = [own for own in self.card_for(adapter_id).weights if own.base_sha256 == base_sha256]
        return found[0] if found else self._manager.weights_for(adapter_id, base_sha256)


def _fill(folder: Path, name: str, recipe: ComposedRecipe, composition: Composition) -> ComposedManifest:
    """Writes the entry's files; their digests are of the bytes that were handed to the disk."""
    folder.mkdir()
    config = config_json(composition, recipe.base_model)
    (folder / CONFIG_FILE).write_bytes(config)
    weights_sha256 = write_tensors(
        folder / WEIGHTS_FILE, composition.shapes, composition.dtype.numpy, composition.tensors
    )
    files = {CONFIG_FILE: sha256_of(config), WEIGHTS_FILE: weights_sha256}
    manifest = ComposedManifest(canonical_name=name, recipe=recipe, rank=composition.rank, files=files)
    (folder / MANIFEST_FILE).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o444)
    return manifest


def _stamp(entry: Path) -> Stamp | None:
    """None when a file is missing."""
    try:
        found = [(entry / name).stat() for name in (*ADAPTER_FILES, MANIFEST_FILE)]
    except OSError:
        return None
    return tuple((stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for stat in found)


def _is_settled(stamp: Stamp, looked_at_ns: int) -> bool:
    return all(changed_ns < looked_at_ns - SETTLED_NS for *_, changed_ns in stamp)


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


def _put_in_place(folder: Path, entry: Path, recipe: ComposedRecipe) -> bool:
    """Rename into the store; False when an intact entry of another process lies there, which has the same bytes."""
    if _renamed(folder, entry):
        return True
    if _intact(entry, recipe) is not None:
        return False
    # What is there is corrupted. It moves beside the unfinished folder, and goes when that does.
    _renamed(entry, folder.with_name("corrupted"))
    if _renamed(folder, entry):
        return True
    if _intact(entry, recipe) is None:
        raise OSError(f"{entry.name} cannot be replaced")
    return False


def _renamed(source: Path, target: Path) -> bool:
    try:
        source.rename(target)
    except OSError:
        return False
    return True
