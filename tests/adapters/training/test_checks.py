"""Each measure refuses what it is there to refuse."""

import pytest

from adapters.prompts import copy_prompt, plan_prompt, policy_prompt, reading_prompt
from adapters.training.checks import MEASURES, PRIMARY
from adapters.training.example import Example, Skill
from schemas.tasks import PlacementType

DISPLAY = Example(Skill.BRAND_COPY, copy_prompt(PlacementType.SPONSORED_DISPLAY, "Xando", "Cold Brew 6 pack"), "", "")
GOOD = "HEADLINE: XANDO Cold Brew 6 pack, bold\nCTA: Shop now"


def verdict(example: Example, measure: str, reply: str) -> bool | None:
    return MEASURES[example.skill][measure](example, reply)


@pytest.mark.parametrize("measure", MEASURES[Skill.BRAND_COPY].keys() - {"sign_off"})
def test_copy_that_keeps_every_rule_is_right(measure: str) -> None:
    assert verdict(DISPLAY, measure, GOOD) is True


@pytest.mark.parametrize(
    ("measure", "reply"),
    [
        ("layout", "XANDO Cold Brew 6 pack, bold"),
        ("layout", "CTA: Shop now\nHEADLINE: XANDO Cold Brew 6 pack"),
        ("layout", f"{GOOD}\nPS: more"),
        ("brand_name", GOOD.replace("XANDO", "Xando")),
        ("brand_name", GOOD.replace("CTA: Shop", "CTA: Xando")),
        ("brand_name", GOOD.replace("XANDO ", "")),
        ("tone", GOOD.replace(", bold", "")),
        ("layout_and_brand_name", GOOD.replace("XANDO", "Xando")),
        ("layout_and_brand_name", GOOD.replace("\n", " ")),
        ("all_rules", GOOD.replace("bold", "the best")),
        ("all_rules", GOOD.replace("bold", "gentle")),
        ("all_rules", GOOD.replace("Cold Brew", "Hot Brew")),
        ("all_rules", GOOD.replace("bold", "bold " * 12)),
        ("all_rules", GOOD.replace("Shop now", "")),
    ],
)
def test_copy_that_breaks_a_rule_is_wrong(measure: str, reply: str) -> None:
    assert verdict(DISPLAY, measure, reply) is False


@pytest.mark.parametrize("reply", ["", "objective: margin", "[]", '"even"', "{"])
def test_a_reply_that_is_no_object_is_a_wrong_plan_and_no_error(reply: str) -> None:
    plan = Example(Skill.PLAN, plan_prompt("Grow sales."), '{"objective": "incremental_revenue", "pacing": "even"}', "")

    assert verdict(plan, "objective", reply) is False
    assert verdict(plan, "whole_plan", reply) is False


def test_one_wrong_choice_leaves_the_other_choices_right() -> None:
    gold = '{"objective": "incremental_revenue", "pacing": "even", "lead_placement": "sponsored_native"}'
    plan = Example(Skill.PLAN, plan_prompt("Grow sales."), gold, "")

    reply = gold.replace('"even"', '"asap"')

    assert verdict(plan, "objective", reply) is True
    assert verdict(plan, "pacing", reply) is False
    assert verdict(plan, "whole_plan", reply) is False


@pytest.mark.parametrize(
    ("reply", "is_right"),
    [
        ("The evidence is a holdout test; the effect is positive.", True),
        ("A holdout test says positive, 3 in 10.", False),
        ("The effect is positive.", False),
    ],
)
def test_a_reading_says_every_fact_and_no_figure(reply: str, is_right: bool) -> None:
    facts = {"evidence": "a holdout test", "effect": "positive"}

    assert (
        verdict(Example(Skill.READING, reading_prompt("measure", facts), "", ""), "keeps_to_the_facts", reply)
        is is_right
    )


def test_tone_is_not_counted_where_the_gold_answer_has_none() -> None:
    spelling = Example(Skill.BRAND, "Task: fix the brand name\nText: yelva Kefir", "Yelva° Kefir", "Kefir")

    assert verdict(spelling, "tone", "Yelva° Kefir") is None
    assert verdict(spelling, "brand_name", "Yelva° Kefir") is True
    assert verdict(spelling, "brand_name", "Yelva Kefir") is False


NATIVE = Example(Skill.BRAND_COPY, copy_prompt(PlacementType.SPONSORED_NATIVE, "Xando", "Cold Brew"), "", "")


@pytest.mark.parametrize(
    ("example", "reply", "is_right"),
    [
        (NATIVE, "TITLE: XANDO Cold Brew\nBODY: Made with care. Stay loud.\nCTA: Shop now", True),
        (NATIVE, "TITLE: XANDO Cold Brew\nBODY: Stay loud. Made with care.\nCTA: Shop now", False),
        (NATIVE, "TITLE: XANDO Cold Brew. Stay loud.\nBODY: Made with care.\nCTA: Shop now", False),
        (DISPLAY, GOOD, None),
    ],
)
def test_the_sign_off_ends_the_running_text_of_a_layout_that_has_one(
    example: Example, reply: str, is_right: bool | None
) -> None:
    assert verdict(example, "sign_off", reply) is is_right


def test_a_decision_that_allows_what_is_denied_is_counted_apart() -> None:
    denied = Example(
        Skill.POLICY, policy_prompt("Clicks by postcode"), '{"decision": "deny", "rule": "blocked_field"}', ""
    )
    allowed = Example(Skill.POLICY, policy_prompt("Clicks"), '{"decision": "allow", "rule": "aggregate_allowed"}', "")

    assert verdict(denied, "never_allows_what_is_denied", allowed.answer) is False
    assert verdict(denied, "never_allows_what_is_denied", '{"decision": "review", "rule": "blocked_field"}') is True
    assert verdict(allowed, "never_allows_what_is_denied", denied.answer) is None


def test_every_skill_has_a_primary_measure_that_is_counted() -> None:
    assert PRIMARY.keys() == MEASURES.keys() == set(Skill)
    assert all(measure in MEASURES[skill] for skill, measure in PRIMARY.items())
