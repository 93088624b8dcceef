"""The words in which reports state a placement, as patterns over lower-case text."""

from data.exports.campaigns import PLACEMENT_TOKENS
from schemas.rmis import PlacementVocabulary
from schemas.tasks import PlacementType

SEARCH, DISPLAY, NATIVE = (
    PlacementType.SPONSORED_SEARCH,
    PlacementType.SPONSORED_DISPLAY,
    PlacementType.SPONSORED_NATIVE,
)


def _token(*words: str) -> str:
    return rf"(^|[^a-z0-9])({'|'.join(words)})([^a-z0-9]|$)"


PLACEMENT_PATTERNS: dict[PlacementVocabulary, dict[PlacementType, str]] = {
    # The format outranks the page: a display banner on a search page is display.
    PlacementVocabulary.MEDIA_TYPE: {
        SEARCH: "search",
        DISPLAY: "display|banner|video",
        NATIVE: "native",
    },
    PlacementVocabulary.PLACEMENT: {
        SEARCH: "search|keyword",
        DISPLAY: "display|banner|video|off.?amazon|off.?site",
        NATIVE: "native|detail|product.?page|browse|category|home|recommend|carousel|feed|in.?grid",
    },
    PlacementVocabulary.PAGE_TYPE: {
        SEARCH: "search",
        NATIVE: "detail|pdp|browse|category|home|merchandising|checkout|basket|cart|confirmation|favo|saved|account",
    },
    PlacementVocabulary.CAMPAIGN: {
        SEARCH: _token(PLACEMENT_TOKENS[SEARCH], "kw", "keywords?"),
        DISPLAY: _token(PLACEMENT_TOKENS[DISPLAY], "banner", "dsp", "sd"),
        NATIVE: _token(PLACEMENT_TOKENS[NATIVE], "pdp"),
    },
}
"""In the order in which a row's columns are asked."""
