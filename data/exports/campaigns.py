"""How buyers name campaigns: Amazon's and Walmart's product reports have no placement, so the name carries it."""

from hashlib import blake2b

from schemas.brands import BRAND_RULES
from schemas.tasks import PlacementType

PLACEMENT_TOKENS = {
    PlacementType.SPONSORED_SEARCH: "search",
    PlacementType.SPONSORED_DISPLAY: "display",
    PlacementType.SPONSORED_NATIVE: "native",
}


def brand_name(brand_id: str) -> str:
    rules = BRAND_RULES.get(brand_id)
    return rules.brand_name if rules else brand_id


def campaign_name(brand_id: str, placement: str, category: str) -> str:
    """Brand code, ad product (sponsored products), placement, category.

    >>> campaign_name("brand_x", "sponsored_search", "coffee")
    'XAN|SP|search|coffee'
    """
    return f"{brand_name(brand_id)[:3].upper()}|SP|{PLACEMENT_TOKENS[PlacementType(placement)]}|{category}"


def network_id(*parts: str) -> str:
    """A 15-digit id as networks assign them, the same in every run."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return str(10**14 + int.from_bytes(digest, "big") % (9 * 10**14))
