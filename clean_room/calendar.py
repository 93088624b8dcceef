"""Days, weeks and broadcast months: public periods that nest, so that no two of them differ by a few days.

A broadcast month holds the whole weeks whose Sunday falls in the calendar month; it is the calendar media is bought by.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from schemas.clean_room import Grain

Days = npt.NDArray[np.datetime64]
Keys = npt.NDArray[np.int64]

ONE_DAY = timedelta(days=1)
LAST_OF_WEEK = timedelta(days=6)


@dataclass(frozen=True)
class Span:
    """Days from first to last, both included."""

    first: date
    last: date

    def holds(self, other: "Span") -> bool:
        return self.first <= other.first and other.last <= self.last

    def clipped_to(self, other: "Span") -> "Span":
        return Span(max(self.first, other.first), min(self.last, other.last))


def span_of(day: date, grain: Grain) -> Span:
    """The day, week or broadcast month a day belongs to.

    >>> span_of(date(2026, 1, 31), Grain.MONTH)
    Span(first=datetime.date(2026, 1, 26), last=datetime.date(2026, 2, 22))
    """
    if grain is Grain.DAY:
        return Span(day, day)
    monday = day - timedelta(days=day.weekday())
    sunday = monday + LAST_OF_WEEK
    if grain is Grain.WEEK:
        return Span(monday, sunday)
    first_of_month = sunday.replace(day=1)
    first_of_next = (first_of_month + timedelta(days=31)).replace(day=1)
    return Span(
        first_of_month - timedelta(days=first_of_month.weekday()),
        first_of_next - timedelta(days=first_of_next.weekday()) - ONE_DAY,
    )


def spans_within(period: Span, grain: Grain, snapshot: Span) -> list[Span]:
    """The periods of one grain that lie wholly inside `period`, each cut to the days the snapshot has."""
    day, last = snapshot.first, snapshot.last
    if grain is Grain.DAY:
        day, last = max(day, period.first), min(last, period.last)
    spans = []
    while day <= last:
        whole = span_of(day, grain)
        span = whole.clipped_to(snapshot)
        if period.holds(span):
            spans.append(span)
        day = whole.last + ONE_DAY
    return spans


def week_keys(days: Days) -> Keys:
    """Shape (rows,): the week's Monday in days since 1970-01-01, which was a Thursday."""
    since_epoch = days.astype("datetime64[D]").astype(np.int64)
    return since_epoch - (since_epoch + 3) % 7


def month_keys(days: Days) -> Keys:
    """Shape (rows,): the broadcast month, as months since 1970-01."""
    sundays = (week_keys(days) + 6).astype("datetime64[D]")
    return sundays.astype("datetime64[M]").astype(np.int64)


def day_keys(days: Days) -> Keys:
    return days.astype("datetime64[D]").astype(np.int64)
