"""A sequential adapter is bound to the exact parent it was trained on: when that changes, it is stale."""

from collections.abc import Mapping

from schemas.adapters import AdapterCard


def lineage_problem(card: AdapterCard, cards: Mapping[str, AdapterCard]) -> str | None:
    """Why a sequential adapter may not be used: its parent is missing, or is not the one it was trained on."""
    if card.adapter_id in _ancestors(card, cards):
        return f"adapter {card.adapter_id!r} is its own ancestor; one of the parents named in the cards is wrong"
    for weights in card.weights:
        pin = weights.parent
        if pin is None:
            continue
        if pin.adapter_id not in cards:
            return (
                f"adapter {card.adapter_id!r} was trained on top of {pin.adapter_id!r}, which is missing or broken; "
                "restore the parent"
            )
        found = [own.sha256 for own in cards[pin.adapter_id].weights if own.base_sha256 == weights.base_sha256]
        if pin.sha256 not in found:
            on_disk = found[0][:12] if found else "nothing for this base"
            return (
                f"adapter {card.adapter_id!r} is stale: it was trained on {pin.adapter_id!r} {pin.sha256[:12]}, "
                f"on disk is {on_disk}; retrain it on the present parent or restore that one"
            )
    return None


def parents_of(card: AdapterCard) -> tuple[str, ...]:
    """Ids of the adapters that it was trained on, over all bases."""
    return tuple(sorted({own.parent.adapter_id for own in card.weights if own.parent is not None}))


def _ancestors(card: AdapterCard, cards: Mapping[str, AdapterCard]) -> set[str]:
    found: set[str] = set()
    waiting = [card]
    while waiting:
        for weights in waiting.pop().weights:
            if weights.parent is not None and weights.parent.adapter_id not in found:
                found.add(weights.parent.adapter_id)
                waiting.extend(cards[name] for name in (weights.parent.adapter_id,) if name in cards)
    return found
