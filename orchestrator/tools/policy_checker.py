"""Decides whether a piece of copy may run. The model never does."""

import re
from collections.abc import Callable

from schemas.brands import BrandRules
from schemas.creative import BANNED_CLAIMS, PLACEMENT_SPECS, RUNNING_TEXT, PolicyFinding
from schemas.tasks import PlacementType

Check = Callable[[str, PlacementType, BrandRules | None], PolicyFinding | None]


def parts_of(text: str) -> list[tuple[str, str]]:
    """`PART: text` lines as (part, text); a line without a colon has the part ''."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return [
        (head.strip(), body.strip()) if colon else ("", head)
        for head, colon, body in (line.partition(":") for line in lines)
    ]


def follows_the_layout(text: str, placement: PlacementType, rules: BrandRules | None) -> PolicyFinding | None:
    wanted = PLACEMENT_SPECS[placement].parts
    got = tuple(part for part, _ in parts_of(text))
    if got == wanted:
        return None
    return PolicyFinding(rule="layout", evidence=f"needs the lines {', '.join(wanted)}; has {', '.join(got) or 'none'}")


def fits_the_lengths(text: str, placement: PlacementType, rules: BrandRules | None) -> PolicyFinding | None:
    spec = PLACEMENT_SPECS[placement]
    limits = dict(zip(spec.parts, spec.max_characters, strict=True))
    long = [
        f"{part} has {len(body)} characters of at most {limits[part]}"
        for part, body in parts_of(text)
        if part in limits and len(body) > limits[part]
    ]
    empty = [f"{part} is empty" for part, body in parts_of(text) if not body]
    return PolicyFinding(rule="length", evidence="; ".join(long + empty)) if long or empty else None


def makes_no_banned_claim(text: str, placement: PlacementType, rules: BrandRules | None) -> PolicyFinding | None:
    banned = BANNED_CLAIMS + (rules.banned_words if rules else ())
    found = [claim for claim in banned if re.search(rf"(?<!\w){re.escape(claim)}(?!\w)", text, re.IGNORECASE)]
    return PolicyFinding(rule="claims", evidence=f"says {', '.join(repr(claim) for claim in found)}") if found else None


def names_the_brand_its_way(text: str, placement: PlacementType, rules: BrandRules | None) -> PolicyFinding | None:
    if rules is None:
        return None
    spoken = re.findall(rf"{re.escape(rules.brand_name)}\W?", text, re.IGNORECASE)
    if not spoken:
        return PolicyFinding(rule="brand_name", evidence=f"does not name {rules.name_form!r}")
    remaining = text.replace(rules.name_form, "")
    wrong = re.findall(re.escape(rules.brand_name), remaining, re.IGNORECASE)
    return PolicyFinding(rule="brand_name", evidence=f"writes {wrong[0]!r}, not {rules.name_form!r}") if wrong else None


def ends_with_the_sign_off(text: str, placement: PlacementType, rules: BrandRules | None) -> PolicyFinding | None:
    if rules is None:
        return None
    unsigned = [part for part, body in parts_of(text) if part == RUNNING_TEXT and not body.endswith(rules.sign_off)]
    return (
        PolicyFinding(rule="sign_off", evidence=f"{unsigned[0]} must end with {rules.sign_off!r}") if unsigned else None
    )


CHECKS: tuple[Check, ...] = (
    follows_the_layout,
    fits_the_lengths,
    makes_no_banned_claim,
    names_the_brand_its_way,
    ends_with_the_sign_off,
)


def check_copy(text: str, placement: PlacementType, rules: BrandRules | None) -> tuple[PolicyFinding, ...]:
    """Every rule the copy breaks; `rules` is None for a brand without rules of its own."""
    return tuple(finding for check in CHECKS if (finding := check(text, placement, rules)))
