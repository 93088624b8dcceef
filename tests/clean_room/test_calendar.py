from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clean_room.calendar import Span, month_keys, span_of, spans_within, week_keys
from schemas.clean_room import Grain

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))
SNAPSHOT = Span(date(2026, 1, 5), date(2026, 4, 4))


@given(DAYS)
def test_a_day_lies_in_its_week_and_the_week_in_its_month(day: date) -> None:
    week, month = span_of(day, Grain.WEEK), span_of(day, Grain.MONTH)

    assert week.holds(Span(day, day))
    assert month.holds(week)


@given(DAYS)
def test_a_broadcast_month_is_whole_weeks_that_end_on_the_last_sunday_of_the_calendar_month(day: date) -> None:
    month = span_of(day, Grain.MONTH)

    assert month.first.weekday() == 0
    assert month.last.weekday() == 6
    assert (month.last + timedelta(days=7)).month != month.last.month
    assert (month.last - month.first).days + 1 in (28, 35)


@given(DAYS, DAYS)
def test_the_keys_of_columns_part_days_as_the_spans_do(one: date, other: date) -> None:
    days = np.array([one, other], dtype="datetime64[D]")

    for keys, grain in ((week_keys(days), Grain.WEEK), (month_keys(days), Grain.MONTH)):
        assert (keys[0] == keys[1]) == (span_of(one, grain) == span_of(other, grain))


def test_a_week_that_is_cut_by_the_period_is_left_out() -> None:
    weeks = spans_within(Span(date(2026, 1, 7), date(2026, 1, 25)), Grain.WEEK, SNAPSHOT)

    assert [week.first for week in weeks] == [date(2026, 1, 12), date(2026, 1, 19)]


def test_a_week_that_is_cut_by_the_snapshot_counts_with_the_days_there_are() -> None:
    weeks = spans_within(SNAPSHOT, Grain.WEEK, SNAPSHOT)

    assert len(weeks) == 13
    assert weeks[-1] == Span(date(2026, 3, 30), date(2026, 4, 4))


def test_a_period_outside_the_snapshot_has_no_spans() -> None:
    assert spans_within(Span(date(2020, 1, 1), date(2020, 12, 31)), Grain.DAY, SNAPSHOT) == []
