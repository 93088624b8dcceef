"""Placement copy in each placement's layout, and copy repaired after a refusal; practice brands only."""

import random

from adapters.prompts import copy_prompt, revise_prompt
from adapters.training.example import Example, Skill, Split, share
from adapters.training.vocabulary import BENEFITS, BODIES, CALLS, PACKS, PRACTICE_BRANDS, PRODUCTS
from schemas.creative import BANNED_CLAIMS, PLACEMENT_SPECS
from schemas.tasks import PlacementType


def layout_copy(placement: PlacementType, named: str, draw: random.Random) -> str:
    """Copy in the placement's layout; `named` is brand and product as they are to be written."""
    benefit, call = draw.choice(BENEFITS), draw.choice(CALLS)
    match placement:
        case PlacementType.SPONSORED_SEARCH:
            parts = [f"{named}, {benefit}"]
        case PlacementType.SPONSORED_DISPLAY:
            parts = [f"{named}, {benefit}", call]
        case PlacementType.SPONSORED_NATIVE:
            parts = [named, draw.choice(BODIES), call]
    spec = PLACEMENT_SPECS[placement]
    fitted = [_fit(part, limit, named) for part, limit in zip(parts, spec.max_characters, strict=True)]
    return "\n".join(f"{name}: {part}" for name, part in zip(spec.parts, fitted, strict=True))


def _fit(part: str, limit: int, named: str) -> str:
    return part if len(part) <= limit else named[:limit].rstrip()


def copy_example(draw: random.Random, split: Split) -> Example:
    """Held out: products."""
    placement, brand, product = _subject(draw, split)
    answer = layout_copy(placement, f"{brand} {product}", draw)
    return Example(Skill.COPY, copy_prompt(placement, brand, product), answer, family=_family(placement, product))


def revise_example(draw: random.Random, split: Split) -> Example:
    """A draft with one fault and its reason, repaired."""
    placement, brand, product = _subject(draw, split)
    answer = layout_copy(placement, f"{brand} {product}", draw)
    draft, reason = draw.choice((_with_claim, _without_layout))(answer, draw)
    return Example(
        Skill.REVISE,
        revise_prompt(placement, brand, product, draft, (reason,)),
        answer,
        family=_family(placement, product),
    )


def _with_claim(answer: str, draw: random.Random) -> tuple[str, str]:
    claim = draw.choice(BANNED_CLAIMS)
    first, *rest = answer.splitlines()
    return "\n".join([f"{first}, {claim}", *rest]), f"claims: says {claim!r}"


def _without_layout(answer: str, draw: random.Random) -> tuple[str, str]:
    bodies = [line.partition(": ")[2] for line in answer.splitlines()]
    names = [line.partition(": ")[0] for line in answer.splitlines()]
    return " ".join(bodies), f"layout: needs the lines {', '.join(names)}; has none"


def _family(placement: PlacementType, product: str) -> str:
    """The placement and the product without its pack."""
    return f"{placement.value} {next(name for name in PRODUCTS if product.startswith(name))}"


def _subject(draw: random.Random, split: Split) -> tuple[PlacementType, str, str]:
    product = f"{draw.choice(share(PRODUCTS, split))} {draw.choice(PACKS)}"
    return draw.choice(list(PlacementType)), draw.choice(PRACTICE_BRANDS), product
