"""Every rule of a task in words, for the arm that is told what the adapters hold: the bare base with a long prompt."""

from collections.abc import Mapping

from adapters.prompts import (
    BASES,
    MAPPABLE_FIELDS,
    METRICS,
    POLICY_RULES,
    PUBLIC_CATEGORIES,
    STANDARD_GUARDRAIL,
    UNITS,
    UNKNOWN_FIELD,
    WINDOWS,
)
from adapters.training.example import Example, Skill
from adapters.training.reply_schemas import EVERY_HIERARCHY
from schemas.brands import BrandRules, ProductHierarchy
from schemas.clean_room import BLOCKED_FIELDS
from schemas.creative import BANNED_CLAIMS, PLACEMENT_SPECS
from schemas.products import PRODUCT_LINES
from schemas.tasks import Kpi, Objective, Pacing, PlacementType

FIELD_MEANINGS: Mapping[str, str] = {
    "date": "the day",
    "sku_id": "the advertised product's id",
    "placement_type": "where the ad was shown",
    "impressions": "how often the ad was shown",
    "clicks": "clicks on the ad",
    "conversions": "orders",
    "units": "pieces sold",
    "revenue": "sales in money",
    "cost": "what the ad cost",
    "currency": "the currency's code",
    UNKNOWN_FIELD: "anything else, such as campaign names, ids, bids, rates and shares",
}
UNIT_MEANINGS: Mapping[str, str] = {
    "none": "for dates, ids, words and unknown",
    "count": "for whole numbers",
    "thousand": "for numbers in thousands",
    "currency": "for money in whole units",
    "cent": "for money in hundredths",
    "micro": "for money in millionths",
}
RULE_MEANINGS: Mapping[str, str] = {
    "aggregate_allowed": "sums of listed fields by day, week or month over at least 100 people",
    "within_authority": "a plan that spends no more than the person may approve",
    "blocked_field": f"asks for one of {', '.join(name.replace('_', ' ') for name in BLOCKED_FIELDS)}",
    "unlisted_field": "asks for another field that the retailer does not list",
    "row_level_output": "asks for single rows or events",
    "group_too_small": "asks about fewer than 100 people",
    "identity_join": "matches shoppers with identities or contact data",
    "grain_too_fine": "asks for a finer time than a day",
    "budget_over_authority": "a plan that spends more than the person may approve",
    "claim_needs_proof": "copy with a claim that needs proof",
    "restricted_category": "advertises alcohol, tobacco, gambling, medicine or the like",
}
METRIC_MEANINGS: Mapping[str, str] = {
    "roas": "sales per unit of ad spend",
    "iroas": "incremental sales per unit of ad spend",
    "acos": "ad spend as a share of sales",
    "ctr": "clicks per impression",
    "conversion_rate": "orders per click",
    "cpc": "cost per click",
    "cpm": "cost per thousand impressions",
    "new_to_brand_share": "share of buyers new to the brand",
    "share_of_voice": "share of all ads shown",
    "incremental_revenue": "sales that the ads caused",
}
BASIS_MEANINGS: Mapping[str, str] = {
    "attributed": "what the network credits to the ads",
    "incremental": "what the ads caused, over a control group",
    "exposure": "people who saw the ad",
}


def full_prompt(example: Example) -> str:
    """The rules of the example's task, then its prompt."""
    return f"{rules_in_words(example.skill, _hierarchy_in(example.prompt))}\n\n{example.prompt}"


def rules_in_words(skill: Skill, brand: ProductHierarchy | None) -> str:
    """`brand` is the one that the task is about; None where it has no hierarchy of its own."""
    match skill:
        case Skill.COLUMN:
            return (
                "Map a report column to one field and say what one unit of its values is. "
                f'Reply with JSON {{"field": ..., "unit": ...}}.\nFields: {_meant(FIELD_MEANINGS, MAPPABLE_FIELDS)}.\n'
                f"Units: {_meant(UNIT_MEANINGS, UNITS)}."
            )
        case Skill.POLICY:
            listed = "; ".join(
                f"{rule} ({RULE_MEANINGS[rule]}) means {decision}" for rule, decision in POLICY_RULES.items()
            )
            return (
                "Decide on a clause and name the rule that decides. "
                f'Reply with JSON {{"decision": ..., "rule": ...}}.\nRules: {listed}.'
            )
        case Skill.METRIC:
            return (
                "Name the metric that a question asks for, its window in days and its basis. "
                f'Reply with JSON {{"metric": ..., "window": ..., "basis": ...}}.\n'
                f"Metrics: {_meant(METRIC_MEANINGS, METRICS)}.\nWindows: {', '.join(WINDOWS)}.\n"
                f"Bases: {_meant(BASIS_MEANINGS, BASES)}."
            )
        case Skill.NODE:
            return f'Say where a product belongs. Reply with JSON {{"product_node": ...}}.\n{_hierarchy(brand)}'
        case Skill.PLAN | Skill.BRAND_PLAN:
            return f"{_plan_choices()}\n{_hierarchy(brand)}\n{_guardrails(brand)}"
        case Skill.COPY | Skill.REVISE:
            return _layouts()
        case Skill.READING:
            return (
                "Put the facts into one or two sentences. Use every fact in exactly its own words. Write no numbers "
                "and add nothing."
            )
        case Skill.BRAND:
            return _voice(brand)
        case Skill.BRAND_COPY:
            return f"{_layouts()}\n{_voice(brand)}"


def _meant(meanings: Mapping[str, str], names: tuple[str, ...]) -> str:
    return "; ".join(f"{name} ({meanings[name]})" for name in names)


def _plan_choices() -> str:
    choices = {
        "objective": Objective,
        "pacing": Pacing,
        "lead_placement": PlacementType,
        "kpi": Kpi,
    }
    listed = "\n".join(f"{name}: {', '.join(choice.value for choice in allowed)}." for name, allowed in choices.items())
    return (
        "Turn a brief into a plan. Reply with JSON with the keys objective, pacing, lead_placement, kpi, product_node, "
        f"guardrail.\n{listed}"
    )


def _hierarchy(brand: ProductHierarchy | None) -> str:
    if brand is None:
        return f"Product nodes: {', '.join(PUBLIC_CATEGORIES)}."
    listed = "; ".join(
        f"{category} is {brand.node(category)} ("
        + ", ".join(f"{line} is {brand.node(category, line)}" for line in PRODUCT_LINES[category])
        + ")"
        for category in brand.category_names
    )
    return f"Product nodes of {brand.brand_name}: {listed}."


def _guardrails(brand: ProductHierarchy | None) -> str:
    if brand is None:
        return f"The guardrail is {STANDARD_GUARDRAIL}."
    return f"Guardrails: {', '.join(f'{own} for {category}' for category, own in brand.guardrails.items())}."


def _layouts() -> str:
    listed = "\n".join(f"{placement.value}: {spec.layout}" for placement, spec in PLACEMENT_SPECS.items())
    return (
        f"Write copy with one line per part, PART: text, in this order.\n{listed}\n"
        f"Name the brand and the product. Never say: {', '.join(BANNED_CLAIMS)}."
    )


def _voice(rules: ProductHierarchy | None) -> str:
    assert isinstance(rules, BrandRules), "brand tasks are made for brands with rules"
    return (
        f"Always write the brand as {rules.name_form}, never as {rules.brand_name}. "
        f"Use one of these words: {', '.join(rules.lexicon)}. Never use: {', '.join(rules.banned_words)}. "
        f'End running text such as a BODY with "{rules.sign_off}"'
    )


def _hierarchy_in(prompt: str) -> ProductHierarchy | None:
    return next((brand for brand in EVERY_HIERARCHY if brand.brand_name.lower() in prompt.lower()), None)
