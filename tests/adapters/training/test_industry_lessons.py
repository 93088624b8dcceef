"""The industry's three closed-set lessons: columns, policies and metrics."""

import json
import random
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from adapters.prompts import (
    BASES,
    METRICS,
    POLICY_RULES,
    UNKNOWN_FIELD,
    WINDOWS,
    column_reply_schema,
    metric_reply_schema,
    policy_reply_schema,
)
from adapters.training import columns, metrics, policies
from adapters.training.columns import column_example
from adapters.training.example import Example, Generator, Split, share
from adapters.training.metrics import metric_example
from adapters.training.policies import policy_example
from schemas.clean_room import BLOCKED_FIELDS, Grain

DRAWS = 500
SCHEMAS: dict[Generator, dict[str, Any]] = {
    column_example: column_reply_schema(),
    policy_example: policy_reply_schema(),
    metric_example: metric_reply_schema(),
}
EVERY_GENERATOR = pytest.mark.parametrize("generator", SCHEMAS, ids=lambda generator: generator.__name__)
EVERY_SPLIT = pytest.mark.parametrize("split", Split)


def drawn(generator: Generator, split: Split, count: int = DRAWS) -> list[Example]:
    draw = random.Random(f"industry:{split}")
    return [generator(draw, split) for _ in range(count)]


def golds(rows: Sequence[Example], key: str) -> Counter[str]:
    return Counter(json.loads(example.answer)[key] for example in rows)


@EVERY_GENERATOR
def test_the_same_draw_makes_the_same_lesson(generator: Generator) -> None:
    assert drawn(generator, Split.TRAIN, 50) == drawn(generator, Split.TRAIN, 50)


@EVERY_SPLIT
@EVERY_GENERATOR
def test_every_gold_answer_is_a_reply_the_schema_allows_with_its_keys_in_order(
    generator: Generator, split: Split
) -> None:
    choices = {name: one["enum"] for name, one in SCHEMAS[generator]["properties"].items()}

    answers = [json.loads(example.answer) for example in drawn(generator, split)]

    assert all(list(answer) == list(choices) for answer in answers)
    assert all(answer[name] in allowed for answer in answers for name, allowed in choices.items())


@EVERY_SPLIT
@EVERY_GENERATOR
def test_every_choice_a_reply_has_is_the_right_one_somewhere(generator: Generator, split: Split) -> None:
    rows = drawn(generator, split)

    missing = {
        name: set(one["enum"]) - set(golds(rows, name)) for name, one in SCHEMAS[generator]["properties"].items()
    }

    assert not any(missing.values()), missing


@EVERY_SPLIT
@EVERY_GENERATOR
def test_nine_prompts_in_ten_of_five_hundred_are_distinct(generator: Generator, split: Split) -> None:
    assert len({example.prompt for example in drawn(generator, split)}) >= 0.9 * DRAWS


@EVERY_GENERATOR
def test_no_family_and_no_prompt_is_in_two_splits(generator: Generator) -> None:
    rows = {split: drawn(generator, split) for split in Split}

    for one, other in combinations(Split, 2):
        assert {example.family for example in rows[one]}.isdisjoint(example.family for example in rows[other])
        assert {example.prompt for example in rows[one]}.isdisjoint(example.prompt for example in rows[other])


@EVERY_GENERATOR
def test_prompts_are_short_because_a_laptop_reads_them(generator: Generator) -> None:
    longest = max(len(example.prompt) for split in Split for example in drawn(generator, split))

    assert longest <= 180  # some 45 tokens of English


@EVERY_GENERATOR
def test_each_split_has_families_enough_to_resample(generator: Generator) -> None:
    families = {split: len({example.family for example in drawn(generator, split)}) for split in Split}

    assert min(families.values()) >= 20
    assert sum(families.values()) >= 60


@EVERY_SPLIT
def test_every_split_has_each_language_style_and_notation_in_dialects_of_its_own(split: Split) -> None:
    spoken = columns.dialects(split)

    assert {dialect.language for dialect in spoken} >= set(columns.LANGUAGES)
    assert {dialect.style for dialect in spoken} == set(columns.STYLES)
    assert {dialect.notation for dialect in spoken} == set(columns.NOTATIONS)


def test_one_retailers_language_is_heard_in_the_test_only() -> None:
    speakers = {
        split for split in Split for dialect in columns.dialects(split) if dialect.language == columns.UNSEEN_LANGUAGE
    }

    assert speakers == {Split.TEST}


@EVERY_SPLIT
def test_one_column_in_three_belongs_nowhere_and_has_no_unit(split: Split) -> None:
    answers = [json.loads(example.answer) for example in drawn(column_example, split, 1000)]

    strangers = [answer for answer in answers if answer["field"] == UNKNOWN_FIELD]

    assert len(strangers) / len(answers) == pytest.approx(1 / 3, abs=0.06)
    assert {answer["unit"] for answer in strangers} == {"none"}


def test_no_wording_means_two_columns_in_one_language() -> None:
    for language in (*columns.LANGUAGES, columns.UNSEEN_LANGUAGE):
        wordings = Counter(
            words.lower() for by_language in columns.COLUMN_WORDS.values() for words in set(by_language[language])
        )
        assert max(wordings.values()) == 1, (language, wordings.most_common(3))


def test_english_has_every_column_in_wordings_that_only_the_test_uses() -> None:
    for by_language in columns.COLUMN_WORDS.values():
        english = by_language[columns.ENGLISH]
        assert len(set(english)) == len(english) >= 10


@EVERY_SPLIT
def test_a_unit_that_is_not_plain_can_be_read_off_the_column(split: Split) -> None:
    said = {
        unit: [
            columns.STYLES[style](words).lower() for by in words_of.values() for words in by for style in columns.STYLES
        ]
        for unit, words_of in columns.UNIT_WORDS.items()
    }
    last_words = {
        unit: {re.split(r"[ _.\-]", words.strip("[]"))[-1] for words in spelt} for unit, spelt in said.items()
    }

    for example in drawn(column_example, split):
        unit = json.loads(example.answer)["unit"]
        if unit in last_words:
            _, header, values = example.prompt.lower().splitlines()
            told = header.endswith("(000)") or header.strip("]").endswith(tuple(last_words[unit]))
            assert told or (unit == "thousand" and values.endswith("k")), example


@pytest.mark.parametrize(
    ("column", "notation", "unit"),
    [
        ("clicks", "plain", "count"), ("clicks", "cents", "count"), ("impressions", "thousands", "thousand"),
        ("cost", "comma", "currency"), ("cost", "cents", "cent"), ("revenue", "micros", "micro"),
        ("date", "micros", "none"), ("currency", "thousands", "none"), ("number", "plain", "none"),
    ],
)  # fmt: skip
def test_the_unit_is_that_of_the_column_in_the_retailers_notation(column: str, notation: str, unit: str) -> None:
    assert columns.written_unit(column, notation) == unit


def test_every_rule_has_sentences_in_every_split() -> None:
    assert list(policies.TEMPLATES) == list(POLICY_RULES)
    for rule, groups in policies.TEMPLATES.items():
        assert sum(map(len, groups)) >= 10, rule
        assert all(share(group, split) for group in groups for split in Split), rule


def test_a_sentence_that_several_rules_share_is_in_one_split() -> None:
    sentences = {
        split: {
            sentence for groups in policies.TEMPLATES.values() for group in groups for sentence in share(group, split)
        }
        for split in Split
    }

    assert all(sentences[one].isdisjoint(sentences[other]) for one, other in combinations(Split, 2))


@EVERY_SPLIT
def test_each_decision_is_right_for_a_fifth_of_the_clauses_at_least_and_is_its_rules(split: Split) -> None:
    rows = drawn(policy_example, split)

    decisions = golds(rows, "decision")

    assert min(decisions[name] for name in ("allow", "deny", "review")) >= 0.2 * DRAWS
    for example in rows:
        answer = json.loads(example.answer)
        assert answer["decision"] == POLICY_RULES[answer["rule"]]


def _clauses(rule: str) -> list[str]:
    rows = [example for split in Split for example in drawn(policy_example, split)]
    return [row.prompt.split("Clause: ")[1] for row in rows if json.loads(row.answer)["rule"] == rule]


def _numbers(clause: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", clause)]


def _people(clauses: Collection[str]) -> list[int]:
    counts = "|".join(policies.SLOTS["persons"])
    return [
        int(found[1].replace(",", "")) for clause in clauses if (found := re.search(rf"([\d,]+) (?:{counts})", clause))
    ]


def test_a_cell_is_too_small_below_the_hundred_people_the_clean_rooms_ask_for() -> None:
    stated_minimum = re.compile("fewer than|minimum of")
    few = _people([clause for clause in _clauses("group_too_small") if not stated_minimum.search(clause)])
    enough = _people(_clauses("aggregate_allowed"))

    assert few
    assert max(few) < 100
    assert enough
    assert min(enough) >= 100


@pytest.mark.parametrize(("rule", "over"), [("within_authority", False), ("budget_over_authority", True)])
def test_the_two_amounts_of_a_clause_and_not_its_words_tell_whether_it_is_over_the_limit(rule: str, over: bool) -> None:
    draw = random.Random(rule)

    for _ in range(200):
        spend, limit = (_numbers(amount)[0] for amount in policies.spend_and_limit(rule, draw))
        assert (spend > limit) is over


@EVERY_SPLIT
def test_the_same_amounts_sentences_serve_both_rules_of_authority(split: Split) -> None:
    amounts = set(share(policies.AMOUNTS, split))

    for rule in ("within_authority", "budget_over_authority"):
        used = {row.family.removeprefix(f"{rule}: ") for row in drawn(policy_example, split)}
        assert used & amounts == amounts


def test_grains_the_clean_rooms_answer_are_allowed_and_finer_ones_are_not() -> None:
    listed = {f"{word} {grain.value}" for grain in Grain for word in ("by", "per")}

    assert listed <= set(policies.RULE_SLOTS["aggregate_allowed"]["grain"])
    assert listed.isdisjoint(policies.RULE_SLOTS["grain_too_fine"]["grain"])


def test_each_field_no_retailer_lets_out_is_asked_for_and_is_no_unlisted_one() -> None:
    blocked = policies.RULE_SLOTS["blocked_field"]["field"]

    assert {field.replace("_", " ") for field in BLOCKED_FIELDS} <= set(blocked)
    assert set(blocked).isdisjoint(policies.RULE_SLOTS["unlisted_field"]["field"])


@pytest.mark.parametrize(
    ("words", "closed_set"),
    [(metrics.METRIC_WORDS, METRICS), (metrics.WINDOW_WORDS, WINDOWS), (metrics.BASIS_WORDS, BASES)],
    ids=["metric", "window", "basis"],
)
def test_every_metric_window_and_basis_has_wordings_of_its_own_in_every_split(
    words: Mapping[str, tuple[str, ...]], closed_set: Sequence[str]
) -> None:
    assert set(words) == set(closed_set)
    wordings = [wording for options in words.values() for wording in options]
    assert len(set(wordings)) == len(wordings)
    assert all(len(share(options, split)) >= 2 for options in words.values() for split in Split)


def test_every_question_states_metric_window_and_basis() -> None:
    for frame in metrics.FRAMES:
        assert sorted(re.findall(r"{(\w+)}", frame)) == ["basis", "metric", "window"]


@EVERY_SPLIT
def test_the_three_are_stated_in_different_orders_in_every_split(split: Split) -> None:
    orders = {tuple(re.findall(r"{(\w+)}", frame)) for frame in share(metrics.FRAMES, split)}

    assert len(orders) >= 3


def test_what_the_ads_caused_is_never_said_to_be_credited() -> None:
    answers = [json.loads(example.answer) for split in Split for example in drawn(metric_example, split)]

    assert {one["basis"] for one in answers if one["metric"] in ("iroas", "incremental_revenue")} == {"incremental"}
    assert "incremental" not in {one["basis"] for one in answers if one["metric"] in ("roas", "acos", "cpm")}
