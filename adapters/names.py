"""A composition is a model name: parsed, ordered, pinned and printed here, and split nowhere else.

    name := part ("+" part){0,2}        part := adapter_id ["@" digest] [":" weight]

`base` names the base model alone. The grammar has no comma and no slash: vLLM's metrics join names with commas.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from schemas.adapters import AdapterCard, AdapterType, AdapterWeights, Strategy
from schemas.errors import AdapterMismatch, AdapterNameInvalid

BASE_NAME = "base"
MAX_PARTS = 3
PINNED_DIGITS = 12
MAX_NAME_CHARACTERS = 512

# Wide enough for every useful mixture, and too small to overflow bfloat16.
MAX_WEIGHT = Decimal(10)
ONE = Decimal(1)

_ADAPTER_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{12,64}")
_WEIGHT = re.compile(r"-?[0-9]{1,2}(\.[0-9]{1,4})?")

_ORDER = (AdapterType.INDUSTRY, AdapterType.MANUFACTURER)


class Catalogue(Protocol):
    """What pinning a name must know; AdapterManager is one."""

    def card_for(self, adapter_id: str) -> AdapterCard: ...

    def weights_for(self, adapter_id: str, base_sha256: str) -> AdapterWeights: ...


@dataclass(frozen=True)
class NamePart:
    """One adapter in a name. `digest` is 12 to 64 hex digits of its sha256; None asks for whatever is on disk."""

    adapter_id: str
    digest: str | None = None
    weight: Decimal = ONE

    def __post_init__(self) -> None:
        if not _ADAPTER_ID.fullmatch(self.adapter_id) or self.adapter_id == BASE_NAME:
            raise AdapterNameInvalid(
                f"{self.adapter_id!r} cannot be an adapter id in a composition: up to 64 of a-z 0-9 _ . -, "
                f"starting with a letter or digit, and not {BASE_NAME!r}"
            )
        if self.digest is not None and not _DIGEST.fullmatch(self.digest):
            raise AdapterNameInvalid(
                f"{self.digest!r} is no digest for {self.adapter_id!r}: give 12 to 64 lower-case hex digits after '@'"
            )
        if not self.weight.is_finite() or not 0 < abs(self.weight) <= MAX_WEIGHT:
            raise AdapterNameInvalid(
                f"weight {str(self.weight)!r} of {self.adapter_id!r} must lie within -{MAX_WEIGHT}..{MAX_WEIGHT} "
                "and not be 0; to leave an adapter out, do not name it"
            )
        if self.weight != round(self.weight, 4):
            raise AdapterNameInvalid(f"weight {str(self.weight)!r} of {self.adapter_id!r} has over four decimals")

    def __str__(self) -> str:
        digest = "" if self.digest is None else f"@{self.digest}"
        weight = "" if self.weight == ONE else f":{plain(self.weight)}"
        return f"{self.adapter_id}{digest}{weight}"


@dataclass(frozen=True)
class CompositionName:
    """No parts is the base model alone."""

    parts: tuple[NamePart, ...] = ()

    def __post_init__(self) -> None:
        if len(self.parts) > MAX_PARTS:
            raise AdapterNameInvalid(
                f"{str(self)!r} has {len(self.parts)} parts; a composition has at most {MAX_PARTS}"
            )
        ids = [part.adapter_id for part in self.parts]
        for adapter_id in ids:
            if ids.count(adapter_id) > 1:
                raise AdapterNameInvalid(f"adapter {adapter_id!r} is named twice in {str(self)!r}; name it once")

    @property
    def is_base(self) -> bool:
        return not self.parts

    def __str__(self) -> str:
        return "+".join(str(part) for part in self.parts) or BASE_NAME


def parse_name(text: str) -> CompositionName:
    """Read a model name. Raises AdapterNameInvalid with the reason; nothing is looked up.

    >>> parse_name("industry_retail_media+manufacturer_brand_x:0.60").parts[1].weight
    Decimal('0.6')
    >>> str(parse_name("base"))
    'base'
    """
    if len(text) > MAX_NAME_CHARACTERS:
        raise AdapterNameInvalid(f"a model name of {len(text)} characters; at most {MAX_NAME_CHARACTERS} are read")
    if text == BASE_NAME:
        return CompositionName()
    if not text:
        raise AdapterNameInvalid(f"the model name is empty; name adapters joined by '+', or {BASE_NAME!r}")
    return CompositionName(tuple(_part(part, text) for part in text.split("+")))


def canonical(name: CompositionName, catalogue: Catalogue, base_sha256: str) -> CompositionName:
    """The one spelling of a composition on one base: industry first, digests filled in.

    Raises AdapterNotFound and AdapterMismatch for the adapters themselves (unknown, broken, other base, digest
    given that is not the one on disk, parent left out) and AdapterNameInvalid for a combination that no training
    stands behind.
    """
    cards = {part.adapter_id: catalogue.card_for(part.adapter_id) for part in name.parts}
    weights = {adapter_id: catalogue.weights_for(adapter_id, base_sha256) for adapter_id in cards}

    industries = [adapter_id for adapter_id, card in cards.items() if card.adapter_type is AdapterType.INDUSTRY]
    if len(industries) > 1:
        raise AdapterNameInvalid(
            f"{str(name)!r} names {len(industries)} industry adapters ({', '.join(industries)}); name one"
        )
    _check_lineage(name, weights)

    pinned = (_pinned(part, weights[part.adapter_id].sha256) for part in name.parts)
    return CompositionName(
        tuple(sorted(pinned, key=lambda part: (_ORDER.index(cards[part.adapter_id].adapter_type), part.adapter_id)))
    )


def unpinned(name: CompositionName) -> CompositionName:
    """The name as a person writes it: without digests.

    >>> str(unpinned(parse_name("a@0123456789ab+b@0123456789ab:0.5")))
    'a+b:0.5'
    """
    return CompositionName(tuple(replace(part, digest=None) for part in name.parts))


def plain(weight: Decimal) -> str:
    """Without exponent or trailing zeros.

    >>> plain(Decimal("10.00")), plain(Decimal("-0.50"))
    ('10', '-0.5')
    """
    return f"{weight.normalize():f}"


def _part(text: str, whole: str) -> NamePart:
    pinned, has_weight, weight = text.partition(":")
    adapter_id, has_digest, digest = pinned.partition("@")
    if not adapter_id:
        raise AdapterNameInvalid(f"{whole!r} has a part without an adapter id; parts are joined by a single '+'")
    if has_weight and not _WEIGHT.fullmatch(weight):
        raise AdapterNameInvalid(
            f"{weight!r} is no weight for {adapter_id!r}: write a decimal such as 0.6, with at most four decimals"
        )
    return NamePart(adapter_id, digest if has_digest else None, Decimal(weight).normalize() if has_weight else ONE)


def _pinned(part: NamePart, sha256: str) -> NamePart:
    if part.digest is not None and not sha256.startswith(part.digest):
        raise AdapterMismatch(
            f"adapter {part.adapter_id!r} is {sha256[:PINNED_DIGITS]} on disk, not {part.digest}; "
            "ask for the one on disk or leave the digest out"
        )
    return replace(part, digest=sha256[:PINNED_DIGITS])


def _check_lineage(name: CompositionName, weights: Mapping[str, AdapterWeights]) -> None:
    """A sequential adapter was trained with exactly its parents active at weight 1: serve it so or not at all."""
    given_weight = {part.adapter_id: part.weight for part in name.parts}
    ancestors = {adapter_id: _ancestors(adapter_id, weights) for adapter_id in weights}
    for adapter_id, own in weights.items():
        if own.strategy is not Strategy.SEQUENTIAL:
            continue
        for member in (adapter_id, *ancestors[adapter_id]):
            if given_weight[member] != ONE:
                raise AdapterNameInvalid(
                    f"weight {plain(given_weight[member])!r} on {member!r}: {adapter_id!r} was trained on top of its "
                    "parent at weight 1; leave the weights out"
                )
        for other in weights:
            if other != adapter_id and other not in ancestors[adapter_id] and adapter_id not in ancestors[other]:
                raise AdapterNameInvalid(
                    f"{adapter_id!r} was trained on top of {'+'.join(ancestors[adapter_id])!r} alone; "
                    f"it cannot be composed with {other!r}"
                )


def _ancestors(adapter_id: str, weights: Mapping[str, AdapterWeights]) -> tuple[str, ...]:
    found: tuple[str, ...] = ()
    parent = weights[adapter_id].parent
    while parent is not None and parent.adapter_id not in found:
        if parent.adapter_id not in weights:
            raise AdapterMismatch(
                f"adapter {adapter_id!r} was trained on top of {parent.adapter_id!r} and means nothing without it; "
                f"ask for '{parent.adapter_id}+{adapter_id}'"
            )
        found = (*found, parent.adapter_id)
        parent = weights[parent.adapter_id].parent
    return found
