"""What the adapters are taught, and what is kept from them."""

import re

import pytest

from adapters.prompts import copy_prompt
from adapters.training.briefs import brief_example
from adapters.training.checks import MEASURES
from adapters.training.columns import column_example
from adapters.training.composites import brand_copy_generator, brand_plan_generator
from adapters.training.copy import copy_example, revise_example
from adapters.training.example import Example, Generator, Skill, Split, examples
from adapters.training.leaks import near_duplicates
from adapters.training.metrics import metric_example
from adapters.training.policies import policy_example
from adapters.training.readings import reading_example
from adapters.training.recipes import CONTROLS, CURRICULA, REPLAYED_LESSONS, SHIPPED, Curriculum, additive
from adapters.training.school import lessons
from schemas.adapters import Strategy
from schemas.brands import BRAND_RULES, BrandRules
from schemas.tasks import PlacementType

EVERY_CURRICULUM = pytest.mark.parametrize("curriculum", CURRICULA.values(), ids=list(CURRICULA))
EVERY_BRAND = pytest.mark.parametrize("rules", BRAND_RULES.values(), ids=list(BRAND_RULES))
HELD_OUT_WHOLE: dict[str, Generator] = {
    "column": column_example,
    "policy": policy_example,
    "metric": metric_example,
    "plan": brief_example,
    "copy": copy_example,
    "revise": revise_example,
}


def taught(curriculum: Curriculum, split: Split = Split.TRAIN) -> list[Example]:
    return [example for group in lessons(curriculum, split, curriculum.rows) for example in group]


@EVERY_CURRICULUM
def test_the_same_seed_makes_the_same_lessons(curriculum: Curriculum) -> None:
    assert taught(curriculum) == taught(curriculum)


@EVERY_CURRICULUM
def test_every_gold_answer_is_right_by_every_measure_that_will_count_it(curriculum: Curriculum) -> None:
    rows = [
        *taught(curriculum),
        *(row for group in lessons(curriculum, Split.TEST, [60] * len(curriculum.lessons)) for row in group),
    ]

    wrong = [
        (measure, example)
        for example in rows
        for measure, check in MEASURES[example.skill].items()
        if check(example, example.answer) is False
    ]

    assert wrong == []


@pytest.mark.parametrize("name", HELD_OUT_WHOLE)
def test_splits_share_no_family_and_no_prompt(name: str) -> None:
    drawn = [examples({HELD_OUT_WHOLE[name]: 1}, split, 60, seed=0) for split in Split]

    for of in ("family", "prompt"):
        first, second, third = ({getattr(row, of) for row in rows} for rows in drawn)
        assert first & second == first & third == second & third == set()


@EVERY_BRAND
def test_what_is_asked_is_no_near_duplicate_of_what_was_taught(rules: BrandRules) -> None:
    lessons_of_all = [row for curriculum in SHIPPED.values() for row in taught(curriculum)]
    makers = [*HELD_OUT_WHOLE.values(), brand_plan_generator(rules), brand_copy_generator(rules)]

    asked = [row for maker in makers for row in examples({maker: 1}, Split.TEST, 60, seed=0)]

    assert near_duplicates(lessons_of_all, asked) == []


def test_a_prompt_that_changes_one_word_at_its_end_is_a_near_duplicate() -> None:
    words = "Task: plan Brief: spread it evenly over the weeks and lead with search at both of our"
    first, second = (Example(Skill.PLAN, f"{words} {last}", "", "") for last in ("retailers", "networks"))

    found = near_duplicates([first], [second])

    assert [(asked, told) for asked, told, _ in found] == [(second.prompt, first.prompt)]
    assert found[0][2] > 0.8


@EVERY_BRAND
def test_composites_are_taught_to_nobody(rules: BrandRules) -> None:
    for curriculum in CURRICULA.values():
        rows = taught(curriculum)
        assert {Skill.BRAND_PLAN, Skill.BRAND_COPY}.isdisjoint(row.skill for row in rows)
        shared_forms = [row for row in rows if row.prompt.startswith(("Task: plan\n", "Task: copy\n"))]
        assert shared_forms
        assert [row for row in shared_forms if rules.brand_name.lower() in row.prompt.lower()] == []


@EVERY_BRAND
def test_composite_requests_are_worded_as_the_agents_word_them(rules: BrandRules) -> None:
    copies = examples({brand_copy_generator(rules): 1}, Split.TEST, 20, seed=0)
    plans = examples({brand_plan_generator(rules): 1}, Split.TEST, 20, seed=0)

    assert all(row.prompt.startswith("Task: copy\n") and f"Brand: {rules.brand_name}\n" in row.prompt for row in copies)
    assert all(row.prompt.startswith("Task: plan\nBrief: ") and rules.brand_name in row.prompt for row in plans)


def test_every_batch_of_a_manufacturer_replays_the_industrys_lessons_with_other_brands() -> None:
    for curriculum in SHIPPED.values():
        if curriculum.parent is not None:
            own, replayed = lessons(curriculum, Split.TRAIN, curriculum.rows)
            assert len(own) == curriculum.batch_shares[0] * curriculum.recipe.steps
            assert len(replayed) == curriculum.batch_shares[1] * curriculum.recipe.steps > 0
            assert curriculum.lessons[1] is REPLAYED_LESSONS
            brands = [rules.brand_name.lower() for rules in BRAND_RULES.values()]
            assert not any(brand in (row.prompt + row.answer).lower() for row in replayed for brand in brands)


def test_a_manufacturers_adapter_never_hears_of_the_other_brand() -> None:
    for brand_id, rules in BRAND_RULES.items():
        others = [other for other in BRAND_RULES.values() if other is not rules]
        secrets = [
            word
            for other in others
            for word in (other.brand_name, other.sign_off, *other.category_names.values(), *other.guardrails.values())
        ]
        for row in taught(CURRICULA[f"manufacturer_{brand_id}"]):
            text = row.prompt + row.answer
            assert not any(re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) for secret in secrets)


def test_an_additive_twin_differs_in_nothing_but_its_parent() -> None:
    shipped, twin = SHIPPED["manufacturer_brand_x"], CONTROLS["manufacturer_brand_x_additive"]

    assert taught(twin) == taught(shipped)
    assert (twin.recipe, twin.strategy, twin.parent) == (shipped.recipe, Strategy.ADDITIVE, None)
    assert additive(shipped).lessons == shipped.lessons


def test_readings_have_no_digits() -> None:
    rows = examples({reading_example: 1}, Split.TRAIN, 120, seed=0)

    assert [row for row in rows if re.search(r"\d", row.answer)] == []


def test_more_examples_than_there_are_is_an_error_and_not_an_endless_loop() -> None:
    def one_example(draw: object, split: Split) -> Example:
        return Example(Skill.COPY, "the only prompt", "the only answer", "the only family")

    with pytest.raises(ValueError, match="make only 1 distinct"):
        examples({one_example: 1}, Split.TRAIN, 2, seed=0)


def test_a_catalogue_name_that_starts_with_the_brand_says_the_brand_once() -> None:
    prompt = copy_prompt(PlacementType.SPONSORED_SEARCH, "Xando", "Xando Cold Brew Light 4 pack")

    assert prompt.endswith("Brand: Xando\nProduct: Cold Brew Light 4 pack")


def test_excluded_prompts_are_left_out() -> None:
    first = examples({column_example: 1}, Split.TEST, 20, seed=0)

    others = examples({column_example: 1}, Split.TEST, 20, seed=0, excluded={example.prompt for example in first})

    assert {example.prompt for example in first} & {example.prompt for example in others} == set()
