"""Copy, the specification it must meet, and what was found wrong with it."""

from schemas.base import Frozen
from schemas.tasks import PlacementType


class PlacementSpec(Frozen):
    """What a placement's copy must look like: one line per part, `PART: text`, in this order."""

    placement_type: PlacementType
    parts: tuple[str, ...]
    max_characters: tuple[int, ...]

    @property
    def layout(self) -> str:
        return " / ".join(
            f"{part} (at most {limit} characters)" for part, limit in zip(self.parts, self.max_characters, strict=True)
        )


PLACEMENT_SPECS: dict[PlacementType, PlacementSpec] = {
    spec.placement_type: spec
    for spec in (
        PlacementSpec(placement_type=PlacementType.SPONSORED_SEARCH, parts=("TITLE",), max_characters=(60,)),
        PlacementSpec(
            placement_type=PlacementType.SPONSORED_DISPLAY, parts=("HEADLINE", "CTA"), max_characters=(60, 20)
        ),
        PlacementSpec(
            placement_type=PlacementType.SPONSORED_NATIVE, parts=("TITLE", "BODY", "CTA"), max_characters=(60, 120, 20)
        ),
    )
}


RUNNING_TEXT = "BODY"
"""The part of a layout that is sentences, and so ends with a brand's sign-off."""

BANNED_CLAIMS = ("#1", "best", "cheapest", "cure", "guarantee", "guaranteed", "miracle", "number one", "risk-free")
"""Superlatives and promises that retail networks ask proof for; matched as whole words, any case."""


class PolicyFinding(Frozen):
    """One rule a draft breaks, with the words that break it."""

    rule: str
    evidence: str


class CreativeDraft(Frozen):
    """One piece of copy after checking. A `withheld` draft broke a rule in every revision: never show it as copy."""

    sku_id: str
    product_name: str
    placement_type: PlacementType
    text: str
    findings: tuple[PolicyFinding, ...]
    revisions: int
    withheld: bool
    written_by: str
