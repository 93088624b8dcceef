"""The catalogue: which adapters lie on this disk, which of them may be used, and why the others may not."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.adapter_folder import entries, holds_an_adapter, read_card
from adapters.lineage import lineage_problem
from adapters.names import CompositionName, NamePart, canonical
from adapters.registration import register_weights
from schemas.adapters import AdapterCard, AdapterType, AdapterWeights
from schemas.errors import AdapterError, AdapterMismatch, AdapterNotFound

logger = logging.getLogger(__name__)

PACKAGE_ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class AdapterProblem:
    """An adapter that is not offered, and the reason."""

    adapter_id: str
    reason: str


@dataclass(frozen=True)
class _Snapshot:
    """What one reading of the disk found; `stamps` tells whether the disk has changed since."""

    stamps: tuple[tuple[str, int, int, int], ...]
    cards: Mapping[str, AdapterCard]
    problems: Mapping[str, str]


class AdapterManager:
    """Reads every `<root>/<adapter_id>/adapter_metadata.json` and compares the files with their digests.

    A broken adapter is left out with its reason and never hides the others. Files are read again whenever one of
    them has changed on disk, so a retrained adapter needs no restart.
    """

    def __init__(self, root: Path = PACKAGE_ROOT) -> None:
        self.root = Path(root)
        self._last: _Snapshot | None = None

    def cards(self) -> tuple[AdapterCard, ...]:
        """Adapters that may be used, by id."""
        return tuple(self._snapshot().cards.values())

    def problems(self) -> tuple[AdapterProblem, ...]:
        return tuple(AdapterProblem(adapter_id, reason) for adapter_id, reason in self._snapshot().problems.items())

    def card_for(self, adapter_id: str) -> AdapterCard:
        """Raises AdapterNotFound, or AdapterMismatch with the reason why this one is not offered."""
        snapshot = self._snapshot()
        if adapter_id in snapshot.problems:
            raise AdapterMismatch(snapshot.problems[adapter_id])
        if adapter_id not in snapshot.cards:
            known = ", ".join(snapshot.cards) or "none; train them with `python -m adapters.training all`"
            raise AdapterNotFound(f"no adapter {adapter_id!r} in {str(self.root)!r}; there are: {known}")
        return snapshot.cards[adapter_id]

    def weights_for(self, adapter_id: str, base_sha256: str) -> AdapterWeights:
        """Raises AdapterMismatch when the adapter was not trained for this base."""
        card = self.card_for(adapter_id)
        for weights in card.weights:
            if weights.base_sha256 == base_sha256:
                return weights
        trained_for = " and ".join(f"{own.base_model!r} (digest {own.base_sha256[:12]})" for own in card.weights)
        raise AdapterMismatch(
            f"adapter {adapter_id!r} was trained for base {trained_for}; the served base has the digest "
            f"{base_sha256[:12]}. Serve that base or train the adapter for this one"
        )

    def folder_for(self, adapter_id: str, weights: AdapterWeights) -> Path:
        return self.root / adapter_id / weights.base_slug

    def base_for(self, name: CompositionName) -> str:
        """The digest of the one base that every adapter of the name was trained for; not for the base itself.

        Raises AdapterMismatch when there is none, or more than one and the caller has to choose.
        """
        bases = [
            {own.base_sha256: own.base_model for own in self.card_for(part.adapter_id).weights} for part in name.parts
        ]
        common = {base: model for base, model in bases[0].items() if all(base in others for others in bases)}
        if len(common) != 1:
            listed = ", ".join(f"{model} ({base[:12]})" for base, model in common.items()) or "none in common"
            raise AdapterMismatch(
                f"bases that {str(name)!r} could be composed for: {listed}; say which with --base MODEL_DIR"
            )
        return next(iter(common))

    def compositions(self, base_sha256: str) -> tuple[CompositionName, ...]:
        """Every canonical name worth listing on a base: single adapters and industry+manufacturer pairs."""
        ids = {kind: [card.adapter_id for card in self.cards() if card.adapter_type is kind] for kind in AdapterType}
        singles = [(adapter_id,) for kind in AdapterType for adapter_id in ids[kind]]
        pairs = [(first, second) for first in ids[AdapterType.INDUSTRY] for second in ids[AdapterType.MANUFACTURER]]
        named = (CompositionName(tuple(NamePart(part) for part in parts)) for parts in (*singles, *pairs))
        return tuple(found for name in named if (found := self._canonical_or_none(name, base_sha256)) is not None)

    def _canonical_or_none(self, name: CompositionName, base_sha256: str) -> CompositionName | None:
        try:
            return canonical(name, self, base_sha256)
        except AdapterError:
            return None  # not trained for this base, or not to be used in this combination

    def _snapshot(self) -> _Snapshot:
        stamps = _stamps(self.root)
        if self._last is None or self._last.stamps != stamps:
            self._last = _read(self.root, stamps)
        return self._last


def _adapter_folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return [folder for folder in sorted(root.iterdir()) if folder.is_dir() and holds_an_adapter(folder)]


def _stamps(root: Path) -> tuple[tuple[str, int, int, int], ...]:
    paths = (path for folder in _adapter_folders(root) for path in entries(folder))
    return tuple(_stamp(path) for path in paths)


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        stat = path.lstat()
    except FileNotFoundError:  # a registration is moving files right now: the next look sees another stamp
        return (str(path), 0, 0, 0)
    return (str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _read(root: Path, stamps: tuple[tuple[str, int, int, int], ...]) -> _Snapshot:
    cards: dict[str, AdapterCard] = {}
    problems: dict[str, str] = {}
    for folder in _adapter_folders(root):
        try:
            cards[folder.name] = read_card(folder)
        except (AdapterError, OSError) as error:
            problems[folder.name] = str(error)
    _set_aside_orphans(cards, problems)
    for adapter_id, reason in problems.items():
        logger.warning("adapter not offered: adapter=%s reason=%s", adapter_id, reason)
    return _Snapshot(stamps, cards, problems)


def _set_aside_orphans(cards: dict[str, AdapterCard], problems: dict[str, str]) -> None:
    """Move sequential children without their exact parent to the problems; their own children follow."""
    while orphans := {
        adapter_id: reason for adapter_id, card in cards.items() if (reason := lineage_problem(card, cards)) is not None
    }:
        for adapter_id, reason in orphans.items():
            del cards[adapter_id]
            problems[adapter_id] = reason


__all__ = ["AdapterManager", "AdapterProblem", "register_weights"]
