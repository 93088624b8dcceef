import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clean_room.worlds import events_of, rule_of


def test_exactly_the_least_number_of_rows_and_people_passes_and_one_less_does_not() -> None:
    rule = rule_of(events_of(list(range(10))), min_rows=10)

    assert rule.permits(np.arange(10))
    assert not rule.permits(np.arange(9))


def test_many_rows_of_few_people_do_not_pass() -> None:
    rule = rule_of(events_of([0, 1, 2] * 40), min_rows=10)

    assert not rule.permits(np.arange(120))


def test_people_in_few_rows_do_not_make_up_for_missing_rows() -> None:
    rule = rule_of(events_of(list(range(10))), min_rows=11, min_people=5)

    assert not rule.permits(np.arange(10))


def test_two_people_with_nine_tenths_of_a_metric_dominate_a_cell_of_a_hundred() -> None:
    values = [450, 450, *[1] * 98]
    rule = rule_of(events_of(list(range(100)), values=values), min_rows=100, contributors=2, max_share=0.85)

    assert not rule.permits(np.arange(100))


def test_a_persons_rows_count_together_towards_dominance() -> None:
    people = [0] * 100 + list(range(1, 100))
    values = [10] * 100 + [1] * 99
    rule = rule_of(events_of(people, values=values), min_rows=100, contributors=1, max_share=0.85)

    assert not rule.permits(np.arange(199))


def test_a_metric_nobody_contributes_to_is_not_dominated() -> None:
    rule = rule_of(events_of(list(range(10)), values=[0] * 10), min_rows=10)

    assert rule.permits(np.arange(10))


LOGS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 30)), min_size=8, max_size=24)


@settings(max_examples=150, deadline=None)
@given(LOGS, st.data())
def test_every_set_around_a_core_that_passes_for_all_passes_itself(
    log: list[tuple[int, int]], data: st.DataObject
) -> None:
    rule = rule_of(
        events_of([person for person, _ in log], values=[value for _, value in log]),
        min_rows=3,
        contributors=1,
        max_share=0.7,
    )
    core = np.array(sorted(data.draw(st.sets(st.integers(0, len(log) - 1), min_size=3))))
    around = np.union1d(core, np.array(sorted(data.draw(st.sets(st.integers(0, len(log) - 1)))), dtype=np.int64))

    if rule.permits_every_set_around(core, rule.contributions(np.arange(len(log)))):
        assert rule.permits(around)
