"""The catalogue: which adapters lie on this disk, which of them may be used, and why the others may not."""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from adapters.adapter_folder import entries, holds_an_adapter, read_card
from adapters.lineage import lineage_problem, parents_of
from adapters.names import CompositionName, NamePart, canonical
from adapters.provenance.trust import TRUST_FILE, Trust, read_trust
from adapters.registration import register_weights
from schemas.adapters import AdapterCard, AdapterSignature, AdapterType, AdapterWeights
from schemas.errors import AdapterError, AdapterMismatch, AdapterNotFound, InputInvalid

logger = logging.getLogger(__name__)

PACKAGE_ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True)
class AdapterProblem:
    """An adapter that is not offered, and the reason, which may name its parents.

    `audience` and `parents` are the card's; without a card that is intact and rightly signed nobody is admitted.
    """

    adapter_id: str
    reason: str
    audience: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Snapshot:
    """What one reading of the disk found; `stamps` and `day` tell whether it still holds."""

    stamps: tuple[tuple[str, int, int, int], ...]
    day: date
    cards: Mapping[str, AdapterCard]
    signatures: Mapping[str, AdapterSignature]
    problems: Mapping[str, AdapterProblem]


def utc_day() -> date:
    return datetime.now(UTC).date()


class AdapterManager:
    """Reads every `<root>/<adapter_id>/adapter_metadata.json`, compares the files with their digests, and verifies the
    signature by `trust`, or else by `<root>/trust.toml`.

    A broken, badly signed, expired or revoked adapter is left out with its reason and never hides the others. Files are
    read again whenever one of them has changed on disk, so a retrained adapter needs no restart; a server that is asked
    many times a second gives `recheck_seconds`, within which the disk is not looked at again.
    """

    def __init__(
        self,
        root: Path = PACKAGE_ROOT,
        today: Callable[[], date] = utc_day,
        recheck_seconds: float = 0.0,
        trust: Trust | None = None,
    ) -> None:
        self.root = Path(root)
        self._trust = trust
        self._recheck_seconds = recheck_seconds
        self._checked = -math.inf
        self._today = today
        self._reading = threading.Lock()
        self._last: _Snapshot | None = None

    def cards(self) -> tuple[AdapterCard, ...]:
        """Adapters that may be used, by id."""
        return tuple(self._snapshot().cards.values())

    def problems(self) -> tuple[AdapterProblem, ...]:
        return tuple(self._snapshot().problems.values())

    def card_for(self, adapter_id: str) -> AdapterCard:
        """Raises AdapterNotFound, or AdapterMismatch with the reason why this one is not offered."""
        snapshot = self._snapshot()
        if adapter_id in snapshot.problems:
            raise AdapterMismatch(snapshot.problems[adapter_id].reason)
        if adapter_id not in snapshot.cards:
            known = ", ".join(snapshot.cards) or "none; train them with `python -m adapters.training all`"
            raise AdapterNotFound(f"no adapter {adapter_id!r} in {str(self.root)!r}; there are: {known}")
        return snapshot.cards[adapter_id]

    def signatures(self) -> Mapping[str, AdapterSignature]:
        """Adapter id -> what its signature is worth here, of the adapters that may be used."""
        snapshot = self._snapshot()
        return {adapter_id: snapshot.signatures[adapter_id] for adapter_id in snapshot.cards}

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
        with self._reading:  # servers ask from many threads at once; one of them reads
            last = self._last
            if last is not None and time.monotonic() - self._checked < self._recheck_seconds:
                return last
            stamps, day = _stamps(self.root), self._today()
            self._checked = time.monotonic()
            if last is None or (last.stamps, last.day) != (stamps, day):
                self._last = last = _read(self.root, self._trust, stamps, day)
            return last


def _adapter_folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return [folder for folder in sorted(root.iterdir()) if folder.is_dir() and holds_an_adapter(folder)]


def _stamps(root: Path) -> tuple[tuple[str, int, int, int], ...]:
    paths = (path for folder in _adapter_folders(root) for path in entries(folder))
    return tuple(_stamp(path) for path in (root / TRUST_FILE, *paths))


def _stamp(path: Path) -> tuple[str, int, int, int]:
    try:
        stat = path.lstat()
    except FileNotFoundError:  # a registration is moving files right now: the next look sees another stamp
        return (str(path), 0, 0, 0)
    return (str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino)


def _read(root: Path, trust: Trust | None, stamps: tuple[tuple[str, int, int, int], ...], day: date) -> _Snapshot:
    cards: dict[str, AdapterCard] = {}
    signatures: dict[str, AdapterSignature] = {}
    problems: dict[str, AdapterProblem] = {}
    for folder in _adapter_folders(root):
        try:
            card = read_card(folder)
            # A trust file that cannot be read refuses every adapter and says why: nobody is trusted by accident.
            signatures[folder.name] = (trust or read_trust(root)).signature_of(folder, card)
            cards[folder.name] = card
        except (AdapterError, InputInvalid, OSError) as error:
            problems[folder.name] = AdapterProblem(folder.name, str(error))
    _set_aside(_reasons(cards, lambda card: _withdrawal(card, day)), cards, problems)
    # The children of a child that goes now follow in the next round.
    while orphans := _reasons(cards, lambda card: lineage_problem(card, cards)):
        _set_aside(orphans, cards, problems)
    for problem in problems.values():
        logger.warning("adapter not offered: adapter=%s reason=%s", problem.adapter_id, problem.reason)
    return _Snapshot(stamps, day, cards, signatures, problems)


def _reasons(cards: Mapping[str, AdapterCard], problem: Callable[[AdapterCard], str | None]) -> dict[str, str]:
    found = ((adapter_id, problem(card)) for adapter_id, card in cards.items())
    return {adapter_id: reason for adapter_id, reason in found if reason is not None}


def _set_aside(reasons: Mapping[str, str], cards: dict[str, AdapterCard], problems: dict[str, AdapterProblem]) -> None:
    for adapter_id, reason in reasons.items():
        card = cards.pop(adapter_id)
        problems[adapter_id] = AdapterProblem(adapter_id, reason, card.audience, parents_of(card))


def _withdrawal(card: AdapterCard, day: date) -> str | None:
    if card.revoked_because is not None:
        return f"adapter {card.adapter_id!r} was revoked by {card.owner}: {card.revoked_because}"
    if card.expires_on is not None and card.expires_on <= day:
        return f"adapter {card.adapter_id!r} expired on {card.expires_on}; ask {card.owner} for a newer one"
    return None


__all__ = ["AdapterManager", "AdapterProblem", "register_weights"]
