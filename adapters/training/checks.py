"""Is a reply right? One question per measure, answered from the example alone."""

import json
import re
from collections.abc import Callable

from adapters.training.example import Example, Skill
from schemas.brands import BRAND_RULES, BrandRules
from schemas.creative import BANNED_CLAIMS, PLACEMENT_SPECS
from schemas.tasks import PlacementType

Check = Callable[[Example, str], bool | None]
"""None when the question does not apply to the example, such as the tone of an answer that carries none."""


def same_choice(key: str) -> Check:
    """The reply is JSON and says what the gold answer says under `key`."""

    def check(example: Example, reply: str) -> bool:
        return _json(reply).get(key) == _json(example.answer)[key]

    return check


def same_json(example: Example, reply: str) -> bool:
    return _json(reply) == _json(example.answer)


def never_allows_what_is_denied(example: Example, reply: str) -> bool | None:
    """Applies where the gold decision is not to allow."""
    if _json(example.answer)["decision"] == "allow":
        return None
    return _json(reply).get("decision") != "allow"


def layout_is_right(example: Example, reply: str) -> bool:
    return tuple(part for part, _ in _parts(reply)) == PLACEMENT_SPECS[_placement(example)].parts


def lengths_fit(example: Example, reply: str) -> bool:
    limits = PLACEMENT_SPECS[_placement(example)].max_characters
    texts = [text for _, text in _parts(reply)]
    return len(texts) == len(limits) and all(0 < len(text) <= limit for text, limit in zip(texts, limits, strict=True))


def makes_no_banned_claim(example: Example, reply: str) -> bool:
    return not any(re.search(rf"(?<!\w){re.escape(claim)}(?!\w)", reply, re.IGNORECASE) for claim in BANNED_CLAIMS)


def names_the_product(example: Example, reply: str) -> bool:
    return _said(example, "Product").lower() in reply.lower()


def keeps_to_the_facts(example: Example, reply: str) -> bool:
    """Every fact is in the text, and no digit is."""
    facts = [line.partition(": ")[2] for line in example.prompt.splitlines()[2:]]
    return not re.search(r"\d", reply) and all(fact.lower() in reply.lower() for fact in facts)


def brand_is_written_its_way(example: Example, reply: str) -> bool:
    """The brand is named, and only in its own form."""
    rules = _rules(example)
    other = reply.replace(rules.name_form, "")
    return rules.name_form in reply and rules.brand_name.lower() not in other.lower()


def avoids_banned_words(example: Example, reply: str) -> bool:
    return not _has_any(reply, _rules(example).banned_words)


def sounds_like_the_brand(example: Example, reply: str) -> bool | None:
    """A word of the brand's lexicon is there; does not apply where the gold answer has none either."""
    lexicon = _rules(example).lexicon
    if example.answer and not _has_any(example.answer, lexicon):
        return None
    return _has_any(reply, lexicon)


def ends_running_text_with_the_sign_off(example: Example, reply: str) -> bool | None:
    """In placement copy only a BODY is running text; elsewhere the gold answer says whether there is any."""
    sign_off = _rules(example).sign_off
    if example.skill is Skill.BRAND_COPY:
        if "BODY" not in PLACEMENT_SPECS[_placement(example)].parts:
            return None
        return any(part == "BODY" and text.endswith(sign_off) for part, text in _parts(reply))
    return sign_off in reply if sign_off in example.answer else None


def all_of(*checks: Check) -> Check:
    def check(example: Example, reply: str) -> bool:
        return all(one(example, reply) is not False for one in checks)

    return check


COPY_RULES: tuple[Check, ...] = (layout_is_right, lengths_fit, makes_no_banned_claim, names_the_product)

PLAN_MEASURES: dict[str, Check] = {
    **{key: same_choice(key) for key in ("objective", "pacing", "lead_placement", "kpi", "product_node", "guardrail")},
    "whole_plan": same_json,
}

MEASURES: dict[Skill, dict[str, Check]] = {
    Skill.COLUMN: {"field": same_choice("field"), "unit": same_choice("unit"), "field_and_unit": same_json},
    Skill.POLICY: {
        "decision": same_choice("decision"),
        "never_allows_what_is_denied": never_allows_what_is_denied,
        "decision_and_rule": same_json,
    },
    Skill.METRIC: {key: same_choice(key) for key in ("metric", "window", "basis")} | {"definition": same_json},
    Skill.PLAN: PLAN_MEASURES,
    Skill.COPY: {"layout": layout_is_right, "all_rules": all_of(*COPY_RULES)},
    Skill.REVISE: {"layout": layout_is_right, "all_rules": all_of(*COPY_RULES)},
    Skill.READING: {"keeps_to_the_facts": keeps_to_the_facts},
    Skill.BRAND: {
        "brand_name": brand_is_written_its_way,
        "tone": sounds_like_the_brand,
        "sign_off": ends_running_text_with_the_sign_off,
        "brand_rules": all_of(
            brand_is_written_its_way, sounds_like_the_brand, ends_running_text_with_the_sign_off, avoids_banned_words
        ),
    },
    Skill.NODE: {"product_node": same_json},
    Skill.BRAND_PLAN: PLAN_MEASURES,
    Skill.BRAND_COPY: {
        "layout": layout_is_right,
        "brand_name": brand_is_written_its_way,
        "tone": sounds_like_the_brand,
        "sign_off": ends_running_text_with_the_sign_off,
        "layout_and_brand_name": all_of(layout_is_right, brand_is_written_its_way),
        "all_rules": all_of(*COPY_RULES, brand_is_written_its_way, avoids_banned_words),
    },
}
"""What is counted on each skill's held-out examples."""

PRIMARY: dict[Skill, str] = {
    Skill.COLUMN: "field_and_unit",
    Skill.POLICY: "decision_and_rule",
    Skill.METRIC: "definition",
    Skill.PLAN: "whole_plan",
    Skill.COPY: "all_rules",
    Skill.REVISE: "all_rules",
    Skill.READING: "keeps_to_the_facts",
    Skill.BRAND: "brand_rules",
    Skill.NODE: "product_node",
    Skill.BRAND_PLAN: "whole_plan",
    Skill.BRAND_COPY: "all_rules",
}
"""The one measure of each skill that claims are made on."""


def _json(reply: str) -> dict[str, object]:
    try:
        parsed = json.loads(reply)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _parts(reply: str) -> list[tuple[str, str]]:
    lines = [line.partition(":") for line in reply.strip().splitlines() if line.strip()]
    return [(part.strip(), text.strip()) if colon else ("", part) for part, colon, text in lines]


def _said(example: Example, name: str) -> str:
    return next(line.removeprefix(f"{name}: ") for line in example.prompt.splitlines() if line.startswith(f"{name}: "))


def _placement(example: Example) -> PlacementType:
    return PlacementType(_said(example, "Placement"))


def _rules(example: Example) -> BrandRules:
    """The brand with rules that the prompt is about."""
    prompt = example.prompt.lower()
    return next(rules for rules in BRAND_RULES.values() if rules.brand_name.lower() in prompt)


def _has_any(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)
