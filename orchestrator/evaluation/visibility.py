"""What an arm may see, as a set of parts: the rungs between clean-room data alone and all of the brand's own data."""

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from itertools import chain, combinations

from orchestrator.evidence.seen import Seen


class Part(StrEnum):
    """GRAIN is every SKU's days without suppression: own delivery, own sales, own pauses."""

    GRAIN = "grain"
    PROMO = "promo"
    STOCK = "stock"
    MARGIN = "margin"


Parts = frozenset[Part]
LADDER: tuple[Parts, ...] = tuple(frozenset(list(Part)[:count]) for count in range(len(Part) + 1))
"""Clean room, then one part more at a time, to everything."""

EVERY_SET: tuple[Parts, ...] = tuple(
    frozenset(parts) for parts in chain.from_iterable(combinations(Part, count) for count in range(len(Part) + 1))
)


def arm_name(parts: Iterable[Part]) -> str:
    """
    >>> arm_name([]), arm_name([Part.MARGIN, Part.GRAIN]), arm_name(Part)
    ('clean_room', 'clean_room+grain+margin', 'full')
    """
    chosen = set(parts)
    if chosen == set(Part):
        return "full"
    return "+".join(["clean_room", *[part.value for part in Part if part in chosen]])


def seen_with(parts: Parts, clean_room: Seen, full: Seen) -> Seen:
    """What the clean room tells, and of the brand's own data `parts` only; both of the same cells in the same order."""
    assert clean_room.keys == full.keys
    seen = clean_room
    if Part.GRAIN in parts:
        assert full.sales is not None
        days = full.sales if Part.PROMO in parts else replace(full.sales, promoted_UT=None)
        seen = replace(full, sales=days, stock=None, margin_share=None, price=None)
    if Part.STOCK in parts:
        seen = replace(seen, stock=full.stock, price=full.price)
    if Part.MARGIN in parts:
        seen = replace(seen, margin_share=full.margin_share)
    return seen
