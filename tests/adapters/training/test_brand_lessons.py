"""What a manufacturer's own lessons teach, what they keep out, and the control prompts nobody is taught."""

import itertools
import json
import random
import re

import pytest

from adapters.prompts import node_prompt, node_reply_schema, product_nodes
from adapters.training.brand_voice import DRAFTS, WRITING, brand_generator
from adapters.training.control import INSTRUCTIONS, control_prompts
from adapters.training.example import Example, Generator, Skill, Split, examples
from adapters.training.hierarchy import SHAPES, SPELLINGS, brand_mention, node_generator, node_question
from schemas.brands import BRAND_RULES, BrandRules
from schemas.creative import PLACEMENT_SPECS
from schemas.products import PRODUCT_LINES

ROWS = {Split.TRAIN: 1200, Split.VALIDATION: 200, Split.TEST: 300}
EITHER_BRAND = pytest.mark.parametrize("rules", BRAND_RULES.values(), ids=list(BRAND_RULES))
EVERY_GENERATOR = pytest.mark.parametrize(
    "generator",
    [make(rules) for make in (brand_generator, node_generator) for rules in BRAND_RULES.values()],
    ids=[f"{name}-{brand_id}" for name in ("brand", "node") for brand_id in BRAND_RULES],
)


def taught(generator: Generator, split: Split = Split.TRAIN) -> list[Example]:
    return examples({generator: 1}, split, ROWS[split], seed=0)


def task(example: Example) -> str:
    return example.prompt.splitlines()[0]


def labels(answer: str) -> tuple[str, ...]:
    return tuple(re.findall(r"^([A-Z0-9 ]+): ", answer, re.MULTILINE))


def lines_in(text: str, rules: BrandRules) -> set[str]:
    """The brand's lines that a text names in full."""
    return {line for category in rules.category_names for line in PRODUCT_LINES[category] if line in text}


@EVERY_GENERATOR
def test_the_same_seed_makes_the_same_lessons(generator: Generator) -> None:
    assert taught(generator, Split.TEST) == taught(generator, Split.TEST)
    assert taught(generator, Split.TEST) != examples({generator: 1}, Split.TEST, ROWS[Split.TEST], seed=1)


@EVERY_GENERATOR
def test_no_prompt_is_in_two_splits(generator: Generator) -> None:
    prompts = [{example.prompt for example in taught(generator, split)} for split in Split]

    assert all(one & other == set() for one, other in itertools.combinations(prompts, 2))


@EITHER_BRAND
def test_no_product_a_brand_writes_about_is_in_two_splits(rules: BrandRules) -> None:
    products = [{example.family for example in taught(brand_generator(rules), split)} for split in Split]

    assert all(one & other == set() for one, other in itertools.combinations(products, 2))


@EVERY_GENERATOR
def test_every_prompt_names_the_brand_and_no_other_brand(generator: Generator) -> None:
    names = {rules.brand_name.lower() for rules in BRAND_RULES.values()}

    said = [{name for name in names if name in (row.prompt + row.answer).lower()} for row in taught(generator)]

    assert all(found == said[0] for found in said)
    assert len(said[0]) == 1


@EVERY_GENERATOR
def test_no_lesson_is_a_placement_copy_request_or_a_plan(generator: Generator) -> None:
    rows = [row for split in Split for row in taught(generator, split)]

    assert not any(row.prompt.startswith(("Task: copy\n", "Task: plan\n")) for row in rows)
    assert not any("Placement:" in row.prompt or "Brief:" in row.prompt for row in rows)
    plan_keys = {"objective", "pacing", "lead_placement", "kpi"}
    for row in rows:
        for key, word in re.findall(r'"(\w+)": "(\w+)"', row.answer):
            assert key not in plan_keys or word in row.prompt, "a plan's words are copied from a record, never read"


@EITHER_BRAND
def test_no_answer_uses_a_label_of_a_placements_specification(rules: BrandRules) -> None:
    forbidden = {part for spec in PLACEMENT_SPECS.values() for part in spec.parts}

    used = {label for row in taught(brand_generator(rules)) for label in labels(row.answer)}

    assert used & forbidden == set()


@EITHER_BRAND
def test_the_brand_is_written_its_own_way_in_every_answer(rules: BrandRules) -> None:
    for row in taught(brand_generator(rules)) + taught(brand_generator(rules), Split.TEST):
        assert rules.name_form in row.answer
        assert rules.brand_name.lower() not in row.answer.replace(rules.name_form, "").lower()


@EITHER_BRAND
def test_no_answer_says_a_banned_word(rules: BrandRules) -> None:
    rows = taught(brand_generator(rules)) + taught(node_generator(rules))

    assert [row for row in rows for word in rules.banned_words if re.search(rf"\b{word}\b", row.answer.lower())] == []


@EITHER_BRAND
def test_the_sign_off_ends_every_running_text_and_stands_nowhere_else(rules: BrandRules) -> None:
    for row in taught(brand_generator(rules)):
        for line in row.answer.splitlines():
            is_running_text = line.endswith(".")
            assert line.count(rules.sign_off) == is_running_text
            assert line.endswith(f". {rules.sign_off}") == is_running_text


@EITHER_BRAND
def test_the_sign_off_is_taught_on_first_middle_and_last_lines(rules: BrandRules) -> None:
    answers = [row.answer.splitlines() for row in taught(brand_generator(rules)) if rules.sign_off in row.answer]

    places = {
        (number, len(lines))
        for lines in answers
        for number, line in enumerate(lines, start=1)
        if line.endswith(rules.sign_off)
    }

    assert {(1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3)} <= places


@EITHER_BRAND
def test_most_answers_carry_the_tone_and_about_a_third_the_sign_off(rules: BrandRules) -> None:
    rows = taught(brand_generator(rules))

    toned = sum(any(tone in row.answer.lower() for tone in rules.lexicon) for row in rows) / len(rows)
    signed = sum(rules.sign_off in row.answer for row in rows) / len(rows)

    assert toned >= 0.7
    assert 0.25 <= signed <= 0.35


@EITHER_BRAND
def test_every_tone_word_is_taught(rules: BrandRules) -> None:
    answers = " ".join(row.answer.lower() for row in taught(brand_generator(rules)))

    assert all(tone in answers for tone in rules.lexicon)


@EITHER_BRAND
def test_at_least_32_shapes_are_really_drawn(rules: BrandRules) -> None:
    rows = taught(brand_generator(rules))

    drawn = {task(row) for row in rows}

    assert len(WRITING) >= 32
    assert {f"Task: {words}" for words in WRITING} <= drawn


@EITHER_BRAND
def test_an_edit_keeps_the_drafts_layout_and_product(rules: BrandRules) -> None:
    edits = [row for row in taught(brand_generator(rules)) if task(row) == "Task: apply brand rules"]

    assert len({labels(row.answer) for row in edits}) >= 6
    for row in edits:
        draft = row.prompt.partition("Text:")[2].strip()
        assert labels(draft) == labels(row.answer)
        assert len(draft.splitlines()) == len(row.answer.splitlines())
        assert row.family in row.answer


def test_a_draft_rendered_without_tone_and_sign_off_has_no_gap() -> None:
    words = dict.fromkeys(("name", "product", "benefit", "Benefit", "sentence", "call"), "word")

    drafts = [draft.format_map({**words, "sounds": "", "closes": ""}) for draft in DRAFTS]

    assert not any("  " in draft or " ," in draft or draft != draft.strip() for draft in drafts)


@EITHER_BRAND
def test_node_lessons_are_in_the_agents_wording_in_others_and_in_records(rules: BrandRules) -> None:
    rows = taught(node_generator(rules))

    asked = [row for row in rows if row.prompt.startswith(node_prompt(rules.brand_name, ""))]

    assert 0.2 <= len(asked) / len(rows) <= 0.4
    assert {f"Task: {words}" for words in SHAPES} <= {task(row) for row in rows}
    assert len(SHAPES) >= 12


@EITHER_BRAND
def test_a_node_answer_is_json_that_the_reply_schema_allows(rules: BrandRules) -> None:
    schema = node_reply_schema(rules)
    allowed = product_nodes(rules)
    rows = examples({lambda draw, split: node_question(rules, draw, split): 1}, Split.TEST, 150, seed=0)

    replies = [json.loads(row.answer) for row in rows]

    assert all(list(reply) == schema["required"] and reply["product_node"] in allowed for reply in replies)
    assert all(row.skill is Skill.NODE for row in rows)


@EITHER_BRAND
def test_a_product_named_in_full_has_its_own_lines_node(rules: BrandRules) -> None:
    category_of = {line: category for category, lines in PRODUCT_LINES.items() for line in lines}
    draw = random.Random(0)

    for row in (node_question(rules, draw, Split.TRAIN) for _ in range(400)):
        for line in lines_in(row.prompt, rules):
            assert json.loads(row.answer)["product_node"] == rules.node(category_of[line], line)


@EITHER_BRAND
def test_every_node_of_the_brand_is_taught_and_tested(rules: BrandRules) -> None:
    own = {rules.node(category, line) for category in rules.category_names for line in (None, *PRODUCT_LINES[category])}
    draw = random.Random(0)

    for split in Split:
        asked = [json.loads(node_question(rules, draw, split).answer)["product_node"] for _ in range(600)]
        assert set(asked) == own


@EITHER_BRAND
def test_json_answers_of_other_shapes_are_json(rules: BrandRules) -> None:
    replies = [json.loads(row.answer) for row in taught(node_generator(rules)) if row.answer.startswith("{")]

    assert {frozenset(reply) for reply in replies} >= {
        frozenset({"product_node"}),
        frozenset({"guardrail"}),
        frozenset({"product_node", "guardrail"}),
        frozenset({"brand", "product_node"}),
    }
    assert {reply["guardrail"] for reply in replies if "guardrail" in reply} == set(rules.guardrails.values())


def test_there_are_at_least_30_spellings_and_each_shows_variant_and_pack() -> None:
    assert len(set(SPELLINGS)) >= 30
    assert all("variant}" in spelling.lower() and "pack}" in spelling.lower() for spelling in SPELLINGS)


@EITHER_BRAND
@pytest.mark.parametrize("split", Split)
def test_a_briefs_mention_names_the_brand_and_its_place(rules: BrandRules, split: Split) -> None:
    draw = random.Random(0)
    mentions = [brand_mention(rules, draw, split) for _ in range(300)]

    categories = {own: category for category, own in rules.category_names.items()}
    for text, node, guardrail in mentions:
        category = categories[node.partition(".")[0]]
        assert rules.brand_name in text
        assert guardrail == rules.guardrails[category]
        assert {rules.node(category, line) for line in lines_in(text, rules)} in ({node}, set())
        assert "." in node or category in text


def test_mentions_of_lines_and_categories_are_held_out() -> None:
    draw = random.Random(0)
    rules = BRAND_RULES["brand_x"]
    train, test = ({brand_mention(rules, draw, split)[0] for _ in range(500)} for split in (Split.TRAIN, Split.TEST))

    assert train & test == set()


def test_control_prompts_are_enough_distinct_and_held_out() -> None:
    prompts = {split: control_prompts(split) for split in Split}

    assert len(INSTRUCTIONS) >= 30
    assert len(prompts[Split.TEST]) >= 60
    assert len({prompt for found in prompts.values() for prompt in found}) == sum(map(len, prompts.values()))


def test_control_prompts_have_nothing_to_do_with_retail_media() -> None:
    prompts = " ".join(prompt.lower() for split in Split for prompt in control_prompts(split))

    assert not any(word in prompts for word in ("brand", "retail", "campaign", "product", "xando", "yelva", "task:"))
