"""AUC and TPR against numbers worked out by hand; two sets of rows that differ in membership only."""

from collections import Counter

import numpy as np
import pytest

from adapters.evaluation.privacy.membership import auc, matched, true_positive_rate, with_interval
from adapters.training.example import Example, Skill
from schemas.errors import InputInvalid


def rows(kind: str, count: int, first: int = 0) -> list[Example]:
    return [Example(Skill.BRAND, f"Task: {kind}\nProduct: {number}", "", "") for number in range(first, first + count)]


def test_auc_counts_won_pairs_and_half_of_the_ties() -> None:
    # Of 3 x 2 pairs: 3 beats both, 2 beats 1 and ties 2, 1 ties 1 and loses to 2: 2 + 1.5 + 0.5 of 6.
    assert auc(np.array([3.0, 2.0, 1.0]), np.array([2.0, 1.0])) == pytest.approx(4 / 6)


def test_auc_of_sets_that_do_not_overlap_is_one_or_nothing() -> None:
    assert auc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == 1
    assert auc(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 0


def test_the_true_positive_rate_lets_two_of_two_hundred_others_through() -> None:
    others = np.arange(200.0)

    # The threshold is the third highest other, 197: two lie above it.
    assert true_positive_rate(np.array([198.0, 197.5, 197.0, 5.0]), others) == 0.5


def test_with_fewer_than_a_hundred_others_none_may_pass() -> None:
    assert true_positive_rate(np.array([9.0, 10.0, 11.0, 12.0]), np.arange(11.0)) == 0.5


def test_an_interval_holds_its_value_and_shrinks_with_the_rows() -> None:
    draw = np.random.default_rng(0)

    few, many = (with_interval(auc, draw.normal(1, 1, count), draw.normal(0, 1, count), seed=1) for count in (50, 1000))

    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 3
    # Two unit normals one apart: the normal distribution at 1 / sqrt 2.
    assert many.low < 0.7602 < many.high


def test_both_sides_hold_as_many_of_every_kind() -> None:
    members = [*rows("slogan", 300), *rows("label", 100)]
    others = [*rows("slogan", 150, first=1000), *rows("label", 250, first=1000), *rows("caption", 50)]

    found = matched(members, others, count=220, seed=0)

    def kinds(side: tuple[Example, ...]) -> Counter[str]:
        return Counter(example.prompt.partition("\n")[0] for example in side)

    assert kinds(found.members) == kinds(found.non_members)
    assert len(found.members) == 220
    assert set(found.members) <= set(members) and set(found.non_members) <= set(others)


def test_too_few_rows_of_a_kind_are_refused_rather_than_measured() -> None:
    with pytest.raises(InputInvalid, match=r"at least 200.*150 match"):
        matched(rows("slogan", 300), rows("slogan", 150, first=1000), count=300, seed=0)
