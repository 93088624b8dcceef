"""The long prompt says every rule that the constants hold."""

import random
from typing import Any

import pytest

from adapters.evaluation import full_prompt as words
from adapters.evaluation.tasks import GENERATORS
from adapters.prompts import BASES, MAPPABLE_FIELDS, METRICS, POLICY_RULES, UNITS
from adapters.training.example import Split
from adapters.training.reply_schemas import REPLY_SCHEMAS
from schemas.brands import BRAND_RULES
from schemas.creative import BANNED_CLAIMS


def said(task: str) -> str:
    return words.full_prompt(GENERATORS[task](random.Random(0), Split.VALIDATION))


@pytest.mark.parametrize(
    ("meanings", "names"),
    [
        (words.FIELD_MEANINGS, MAPPABLE_FIELDS),
        (words.UNIT_MEANINGS, UNITS),
        (words.RULE_MEANINGS, POLICY_RULES),
        (words.METRIC_MEANINGS, METRICS),
        (words.BASIS_MEANINGS, BASES),
    ],
)
def test_every_name_of_a_closed_set_has_a_meaning(meanings: Any, names: Any) -> None:
    assert set(meanings) == set(names)


@pytest.mark.parametrize("task", GENERATORS)
def test_the_rules_come_before_the_prompt_that_every_arm_gets(task: str) -> None:
    prompt = GENERATORS[task](random.Random(0), Split.VALIDATION).prompt

    assert said(task).endswith(f"\n\n{prompt}")
    assert len(said(task)) > len(prompt) + 100


@pytest.mark.parametrize("task", ["column", "policy", "metric", "plan", "brand_x.node", "brand_x.brand_plan"])
def test_every_key_and_choice_of_a_reply_is_named(task: str) -> None:
    example = GENERATORS[task](random.Random(0), Split.VALIDATION)
    properties: Any = REPLY_SCHEMAS[example.skill]["properties"]

    for key, choices in properties.items():
        assert key in said(task)
        if key not in ("product_node", "guardrail"):
            assert [choice for choice in choices["enum"] if choice not in said(task)] == []


def test_a_brands_own_rules_are_all_said_and_the_others_are_not() -> None:
    own, other = BRAND_RULES["brand_x"], BRAND_RULES["brand_y"]

    plan, copy = said("brand_x.brand_plan"), said("brand_x.brand_copy")

    for word in (*own.guardrails.values(), *(own.node(category) for category in own.category_names)):
        assert word in plan
    for line in own.line_names.values():
        assert f".{line}" in plan
    for word in (own.name_form, *own.lexicon, *own.banned_words, own.sign_off, *BANNED_CLAIMS):
        assert word in copy
    assert other.sign_off not in copy
    assert not any(guardrail in plan for guardrail in other.guardrails.values())
