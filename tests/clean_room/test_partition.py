import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_room.partition import POOLED, Block, exact_cells, partition
from tests.clean_room.worlds import events_of, rule_of

Keys = npt.NDArray[np.int64]

# Rows as (placement, month, week of the month, person).
LOGS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3), st.integers(0, 15)), min_size=1, max_size=80
)


def ladder_of(log: list[tuple[int, int, int, int]]) -> list[Keys]:
    return [np.array(column, dtype=np.int64) for column in zip(*(row[:3] for row in log), strict=True)]


def blocks_of(log: list[tuple[int, int, int, int]], least: int) -> list[Block]:
    rule = rule_of(events_of([row[3] for row in log]), min_rows=least)
    return partition(np.arange(len(log)), ladder_of(log), rule.permits)


@settings(max_examples=150, deadline=None)
@given(LOGS, st.integers(2, 12))
def test_every_row_is_in_one_block_and_every_block_is_large_enough(
    log: list[tuple[int, int, int, int]], least: int
) -> None:
    blocks = blocks_of(log, least)

    people = np.array([row[3] for row in log])
    assert all(len(np.unique(people[block.rows])) >= least for block in blocks)
    in_blocks = np.sort(np.concatenate([block.rows for block in blocks])) if blocks else np.array([])
    # Nothing small is left over: all rows are told, or none are because all of them are too few.
    assert len(in_blocks) in (0, len(log))
    assert np.array_equal(in_blocks, np.arange(len(in_blocks)))
    if not blocks:
        assert len(np.unique(people)) < least


@settings(max_examples=150, deadline=None)
@given(LOGS, st.integers(2, 12))
def test_a_cell_said_to_be_exact_is_the_sum_of_the_blocks_inside_it(
    log: list[tuple[int, int, int, int]], least: int
) -> None:
    blocks = blocks_of(log, least)
    ladder = ladder_of(log)
    exact = exact_cells(blocks, ladder) if blocks else np.zeros((3, len(log)), dtype=np.bool_)

    for depth in range(1, 4):
        for cell in {row[:depth] for row in log}:
            in_cell = np.logical_and.reduce([ladder[step] == key for step, key in enumerate(cell)])
            told = sum(len(block.rows) for block in blocks if block.depth >= depth and in_cell[block.rows].all())
            assert exact[depth - 1, in_cell].all() == (told == in_cell.sum())


@settings(max_examples=150, deadline=None)
@given(LOGS, st.integers(2, 8), st.integers(1, 6))
def test_a_bigger_k_never_tells_more_blocks(log: list[tuple[int, int, int, int]], least: int, more: int) -> None:
    assert len(blocks_of(log, least + more)) <= len(blocks_of(log, least))


def test_a_remainder_that_is_too_small_takes_the_smallest_sibling_along() -> None:
    weeks = np.array([0] * 3 + [1] * 6 + [2] * 5, dtype=np.int64)
    rule = rule_of(events_of(list(range(14))), min_rows=5)

    blocks = partition(np.arange(14), [weeks], rule.permits)

    assert sorted((block.depth, len(block.rows)) for block in blocks) == [(0, 8), (1, 6)]


def test_a_key_that_is_pooled_is_never_told_alone() -> None:
    keys = np.array([POOLED] * 10 + [0] * 10, dtype=np.int64)
    rule = rule_of(events_of(list(range(20))), min_rows=5)

    blocks = partition(np.arange(20), [keys], rule.permits)

    assert sorted(block.depth for block in blocks) == [0, 1]


@pytest.mark.parametrize("rows", [0, 4])
def test_too_few_rows_in_all_give_no_block(rows: int) -> None:
    rule = rule_of(events_of(list(range(rows))), min_rows=5)

    assert partition(np.arange(rows), [np.zeros(rows, dtype=np.int64)], rule.permits) == []
