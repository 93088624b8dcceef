"""What the adapters are taught, and what is kept from them."""

import re

import pytest

from adapters.manager import AdapterManager
from adapters.prompts import UNKNOWN_FIELD, copy_prompt
from adapters.training.checks import MEASURES
from adapters.training.columns import column_example
from adapters.training.evaluation import INDUSTRY_SETS, composite_generator, evaluation_arms
from adapters.training.example import Example, Skill, Split, examples
from adapters.training.readings import reading_example
from adapters.training.recipes import CURRICULA, Curriculum
from adapters.training.school import lessons
from schemas.brands import BRAND_RULES
from schemas.tasks import PlacementType

EVERY_CURRICULUM = pytest.mark.parametrize("curriculum", CURRICULA.values(), ids=list(CURRICULA))


def taught(curriculum: Curriculum) -> list[Example]:
    return lessons(curriculum, Split.TRAIN, curriculum.rows)


@EVERY_CURRICULUM
def test_the_same_seed_makes_the_same_lessons(curriculum: Curriculum) -> None:
    assert taught(curriculum) == taught(curriculum)


@EVERY_CURRICULUM
def test_every_gold_answer_is_right_by_every_measure_that_will_count_it(curriculum: Curriculum) -> None:
    rows = taught(curriculum) + lessons(curriculum, Split.TEST, 200)

    wrong = [
        (measure, example)
        for example in rows
        for measure, check in MEASURES[example.skill].items()
        if check(example, example.answer) is False
    ]

    assert wrong == []


def test_nothing_an_arm_is_asked_was_taught_to_anyone() -> None:
    count = 40
    lessons_of_all = {example.prompt for curriculum in CURRICULA.values() for example in taught(curriculum)}

    asked = {
        example.prompt
        for arm in evaluation_arms(AdapterManager(), count, 0)
        for rows in arm.sets.values()
        for example in rows
    }

    assert len(asked) == count * (len(INDUSTRY_SETS) + 2 * len(BRAND_RULES))
    assert asked & lessons_of_all == set()


@pytest.mark.parametrize("name", sorted(set(INDUSTRY_SETS) - {"reading"}))
def test_splits_share_no_prompt(name: str) -> None:
    prompts = [{example.prompt for example in examples({INDUSTRY_SETS[name]: 1}, split, 60, seed=0)} for split in Split]

    assert prompts[0] & prompts[1] == prompts[0] & prompts[2] == prompts[1] & prompts[2] == set()


@pytest.mark.parametrize("brand_id", BRAND_RULES)
def test_placement_copy_for_a_brand_with_rules_is_taught_to_nobody(brand_id: str) -> None:
    rules = BRAND_RULES[brand_id]

    for curriculum in CURRICULA.values():
        rows = taught(curriculum)
        copies = [example for example in rows if example.skill in (Skill.COPY, Skill.REVISE)]
        assert copies
        assert [example for example in copies if rules.brand_name in example.prompt] == []
        layouts = [example for example in rows if example.skill is Skill.BRAND and "Placement:" in example.prompt]
        assert layouts == []


@pytest.mark.parametrize("brand_id", BRAND_RULES)
def test_composite_requests_are_worded_as_the_creative_agent_words_them(brand_id: str) -> None:
    rules = BRAND_RULES[brand_id]

    rows = examples({composite_generator(rules): 1}, Split.TEST, 20, seed=0)

    assert all(row.prompt.startswith("Task: copy\n") and f"Brand: {rules.brand_name}\n" in row.prompt for row in rows)


def test_half_of_a_manufacturers_lessons_are_the_industrys_with_other_brands() -> None:
    for curriculum in CURRICULA.values():
        if curriculum.parent is not None:
            rows = taught(curriculum)
            assert sum(row.skill is Skill.BRAND for row in rows) == len(rows) / 2


def test_a_manufacturers_adapter_never_hears_of_the_other_brand() -> None:
    for brand_id, rules in BRAND_RULES.items():
        others = [other.brand_name.lower() for other in BRAND_RULES.values() if other is not rules]
        for row in taught(CURRICULA[f"manufacturer_{brand_id}"]):
            assert not any(other in (row.prompt + row.answer).lower() for other in others)


def test_readings_have_no_digits() -> None:
    rows = examples({reading_example: 1}, Split.TRAIN, 120, seed=0)

    assert [row for row in rows if re.search(r"\d", row.answer)] == []


def test_at_least_one_column_in_five_belongs_nowhere() -> None:
    rows = examples({column_example: 1}, Split.TRAIN, 500, seed=0)

    assert sum(f'"{UNKNOWN_FIELD}"' in row.answer for row in rows) / len(rows) >= 0.2


def test_more_examples_than_there_are_is_an_error_and_not_an_endless_loop() -> None:
    def one_example(draw: object, split: Split) -> Example:
        return Example(Skill.COPY, "the only prompt", "the only answer")

    with pytest.raises(ValueError, match="make only 1 distinct"):
        examples({one_example: 1}, Split.TRAIN, 2, seed=0)


def test_a_catalogue_name_that_starts_with_the_brand_says_the_brand_once() -> None:
    prompt = copy_prompt(PlacementType.SPONSORED_SEARCH, "Xando", "Xando Cold Brew Light 4 pack")

    assert prompt.endswith("Brand: Xando\nProduct: Cold Brew Light 4 pack")


def test_excluded_prompts_are_left_out() -> None:
    first = examples({column_example: 1}, Split.TEST, 20, seed=0)

    others = examples({column_example: 1}, Split.TEST, 20, seed=0, excluded={example.prompt for example in first})

    assert {example.prompt for example in first} & {example.prompt for example in others} == set()
