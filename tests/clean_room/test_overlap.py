"""Placement and SKU sums together; every difference of unions is tried on small logs."""

from itertools import chain, combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_room.overlap import blocks_safe_beside
from clean_room.partition import Block, partition
from tests.clean_room.worlds import events_of, rule_of

LOGS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 11)), min_size=10, max_size=60)


def differences(released: list[Block], blocks: list[Block]) -> list[set[int]]:
    """Every remainder: the blocks of one kind that cover some of the other, less those; both ways round."""
    remainders = []
    for one, other in ((released, blocks), (blocks, released)):
        subsets = chain.from_iterable(combinations(other, size) for size in range(1, len(other) + 1))
        for subset in subsets:
            taken = {int(row) for block in subset for row in block.rows}
            cover = {int(row) for block in one if taken & set(block.rows.tolist()) for row in block.rows}
            remainders.append(cover - taken)
    return remainders


@settings(max_examples=80, deadline=None)
@given(LOGS, st.sampled_from([0.6, 0.9]))
def test_no_difference_of_placement_and_sku_sums_is_a_small_set(
    log: list[tuple[int, int, int]], max_share: float
) -> None:
    placements, skus, people = (list(column) for column in zip(*log, strict=True))
    events = events_of(people, placements=placements, skus=skus)
    rule = rule_of(events, min_rows=3, max_share=max_share)
    released = partition(np.arange(len(log)), [events.placements], rule.permits)

    blocks = blocks_safe_beside(released, [events.skus, events.placements], rule) if released else []

    for remainder in differences(released, blocks):
        assert not remainder or rule.permits(np.array(sorted(remainder)))


def test_a_sku_whose_rest_could_be_subtracted_is_withheld() -> None:
    # SKU 0 has 8 rows: 6 make up all of placement 0, 2 lie in placement 1. SKU less placement would tell those 2.
    placements = [0] * 6 + [1] * 2 + [1] * 20
    skus = [0] * 8 + [1] * 10 + [2] * 10
    events = events_of(list(range(28)), placements=placements, skus=skus)
    rule = rule_of(events, min_rows=5)
    released = partition(np.arange(28), [events.placements], rule.permits)

    blocks = blocks_safe_beside(released, [events.skus], rule)

    told_alone = {frozenset(block.rows.tolist()) for block in blocks if block.depth > 0}
    assert [len(block.rows) for block in released] == [22, 6] or [len(block.rows) for block in released] == [6, 22]
    assert frozenset(range(8)) not in told_alone


def test_skus_that_are_spread_over_every_placement_are_told() -> None:
    placements = [row % 2 for row in range(60)]
    skus = [row // 20 for row in range(60)]
    events = events_of(list(range(60)), placements=placements, skus=skus)
    rule = rule_of(events, min_rows=5)
    released = partition(np.arange(60), [events.placements], rule.permits)

    blocks = blocks_safe_beside(released, [events.skus], rule)

    assert sorted(len(block.rows) for block in blocks if block.depth == 1) == [20, 20, 20]
