"""Subtracting harmless sums: total less rest, invoice less what is told, SKUs less placements.

Denning, Denning and Schwartz, "The tracker", ACM TODS 4(1), 1979; sdcTools' handbook calls it differencing.
"""

import pandas as pd

from tests.clean_room.attacks.asking import AMOUNT, DISPLAY, NATIVE, SEARCH, day, less, rows, total, victim
from tests.clean_room.attacks.doors import Door, Engine
from tests.clean_room.attacks.learnt import Learnt, of_amounts
from tests.clean_room.worlds import exposures, with_ids

FIRST_WEEK, SECOND_WEEK, THIRD_WEEK = (day(0), day(6)), (day(7), day(13)), (day(14), day(20))


def one_alone_in_native() -> pd.DataFrame:
    return with_ids(exposures(200, placement=SEARCH), exposures(200, placement=DISPLAY), victim(placement=NATIVE))


def one_alone_in_a_week() -> pd.DataFrame:
    return with_ids(exposures(200), exposures(210, day=day(7)), victim(day=day(14)))


def one_alone_in_a_sku() -> pd.DataFrame:
    return with_ids(exposures(200, sku="sku-1"), exposures(210, sku="sku-2"), victim(sku="sku-3"))


def total_less_rest(engine: Engine) -> Learnt:
    by_placement = engine.open(one_alone_in_native())
    by_week = engine.open(one_alone_in_a_week())
    by_sku = engine.open(one_alone_in_a_sku())

    guesses = [
        less(total(by_placement), total(by_placement, placements=(SEARCH, DISPLAY))),
        less(total(by_week), total(by_week, days=FIRST_WEEK), total(by_week, days=SECOND_WEEK)),
        less(total(by_sku), *(row["revenue"] for row in rows(by_sku, "sku_id"))),
    ]

    return of_amounts(guesses, [AMOUNT] * 3, is_useful=total(by_placement) is not None)


def invoice_less_told(engine: Engine) -> Learnt:
    """The brand knows from its own books what was sold in all; the rows of a breakdown add up to less."""

    def sold(log: pd.DataFrame) -> int:
        return int(log["revenue_micros"].sum())

    worlds = (
        (one_alone_in_native(), ["placement_type"], "month"),
        (one_alone_in_a_week(), ["date"], "week"),
        (one_alone_in_a_sku(), ["sku_id"], "month"),
    )
    guesses = []
    for log, keys, grain in worlds:
        told = [row["revenue"] for row in rows(engine.open(log), *keys, grain=grain)]
        guesses.append(less(sold(log), *told))

    return of_amounts(guesses, [AMOUNT] * len(worlds))


def skus_less_placements(engine: Engine) -> Learnt:
    """SKU 1 is all of search and, through one household, a little of display; nothing asked is small."""
    log = with_ids(
        exposures(200, placement=SEARCH, sku="sku-1"),
        victim(placement=DISPLAY, sku="sku-1"),
        exposures(200, placement=DISPLAY, sku="sku-2", person_prefix="other"),
    )
    door = engine.open(log)

    skus = {row["sku_id"]: row["revenue"] for row in rows(door, "sku_id")}
    search = total(door, placements=(SEARCH,))

    return of_amounts([less(skus.get("sku-1"), search)], [AMOUNT], is_useful=search is not None)


def date_tracker(engine: Engine) -> Learnt:
    """Totals of periods that end a day apart; on every other day one household alone bought."""
    days = range(14)
    log = with_ids(
        *(victim(number, day=day(number)) if number % 2 else exposures(150, day=day(number)) for number in days)
    )
    door = engine.open(log)

    until = {number: total(door, days=(day(0), day(number))) for number in days}
    guesses = [less(until[number], until[number - 1]) for number in days if number % 2]

    return of_amounts(guesses, [AMOUNT + number for number in days if number % 2], is_useful=until[13] is not None)


def general_tracker(engine: Engine) -> Learnt:
    """Native, which may not be asked alone, padded with search and with display, less all."""
    door = engine.open(_four_victims())
    return _tracked(door, door)


def colluding_trackers(engine: Engine) -> Learnt:
    """The same, but no person asks for both the padded sums and the total."""
    door = engine.open(_four_victims())
    return _tracked(door, engine.colleague(door))


def _four_victims() -> pd.DataFrame:
    weeks = range(0, 28, 7)
    crowd = [exposures(150, placement=name, day=day(first)) for first in weeks for name in (SEARCH, DISPLAY)]
    return with_ids(*crowd, *(victim(first, placement=NATIVE, day=day(first)) for first in weeks))


def _tracked(one: Door, other: Door) -> Learnt:
    def by_week(door: Door, *placements: str) -> dict[str, int]:
        return {row["date"]: row["revenue"] for row in rows(door, "date", placements=placements, grain="week")}

    with_search, with_display = by_week(one, NATIVE, SEARCH), by_week(one, NATIVE, DISPLAY)
    everything = by_week(other, SEARCH, DISPLAY, NATIVE)
    weeks = range(0, 28, 7)
    names = [str(day(first)) for first in weeks]
    guesses = [_sum_less(with_search.get(week), with_display.get(week), everything.get(week)) for week in names]
    return of_amounts(guesses, [AMOUNT + first for first in weeks], is_useful=bool(by_week(one, SEARCH)))


def _sum_less(one: int | None, other: int | None, whole: int | None) -> int | None:
    """`one` and `other` overlap in what is wanted and together cover `whole` otherwise."""
    return None if one is None or other is None or whole is None else one + other - whole
