"""Small cells asked for directly, and crowds that are not crowds: many rows, ids or events of few people."""

from itertools import product

import numpy as np
import pandas as pd

from tests.clean_room.attacks.asking import AMOUNT, NATIVE, SEARCH, day, less, rows, total, victim
from tests.clean_room.attacks.doors import Engine
from tests.clean_room.attacks.learnt import AMOUNT_BITS, Learnt, of_amounts
from tests.clean_room.worlds import exposures, with_ids

USUAL = 5_000_000


def small_cells(engine: Engine) -> Learnt:
    """Cells of 1 to 99 households asked for by placement and by filter, beside one of 100 that must be told."""
    sizes = (1, 2, 50, 99)
    told = 0
    for size in sizes:
        door = engine.open(with_ids(exposures(size, placement=NATIVE)))
        told += bool(rows(door, "placement_type") or total(door, placements=(NATIVE,)))
    of_a_hundred = total(engine.open(with_ids(exposures(100))))
    return Learnt(len(sizes), told, told * AMOUNT_BITS, is_useful=of_a_hundred == 100 * USUAL)


def few_people_many_rows(engine: Engine) -> Learnt:
    """3, 50 and 99 households with 5,000 rows between them."""
    people = (3, 50, 99)
    told = sum(bool(rows(engine.open(with_ids(exposures(5_000, people=some))))) for some in people)
    return Learnt(len(people), told, told * AMOUNT_BITS)


def many_ids_of_one(engine: Engine) -> Learnt:
    """One household in 128 spellings of its id; 95 households and 12 ways to write that there was no id."""
    letters = product(*((letter, letter.upper()) for letter in "victims"))
    one_household = exposures(128).assign(customer_id=["".join(spelling) for spelling in letters])
    nobody = ["", "0", "0.0", "-1", "null", "NULL", "none", "NaN", "n/a", "unknown", "anonymous", " unknown "]
    crowd = with_ids(exposures(95), exposures(12).assign(customer_id=nobody))

    told = sum(bool(rows(engine.open(log))) for log in (with_ids(one_household), crowd))

    return Learnt(2, told, told * AMOUNT_BITS)


def one_dominates(engine: Engine) -> Learnt:
    """A household that makes up nearly all of a cell: the cell's sum is its amount within five percent."""
    amounts = (90_000_000_000, 30_000_000_000)
    estimates = []
    for amount in amounts:
        door = engine.open(with_ids(exposures(200), exposures(1, person_prefix="big", revenue_micros=amount)))
        estimates.append(total(door, placements=(SEARCH,)))
    near = sum(
        estimate is not None and abs(estimate - amount) <= amount / 20
        for estimate, amount in zip(estimates, amounts, strict=True)
    )
    ordinary = total(engine.open(with_ids(exposures(200))))
    return Learnt(len(amounts), near, near * np.log2(20), "within 5 %", is_useful=ordinary is not None)


def events_repeated(engine: Engine) -> Learnt:
    """A log delivered twice: the sums of a join that fans out tell how often; each event must count once."""
    once = with_ids(exposures(150))
    told = total(engine.open(pd.concat([once, once], ignore_index=True)))
    inflated = told is not None and told != 150 * USUAL
    return Learnt(1, int(inflated), float(inflated), is_useful=told is not None)


def poisoned_amounts(engine: Engine) -> Learnt:
    """Rows whose amount is missing, infinite, negative or absurd, planted to move a sum or to cancel a crowd's."""
    poison = (np.nan, np.inf, -np.inf, -750_000_000.0, 1e308)
    moved = 0
    for amount in poison:
        log = pd.concat([exposures(150), exposures(1, person_prefix="planted")], ignore_index=True)
        log["revenue_micros"] = log["revenue_micros"].astype(float)
        log.loc[150, "revenue_micros"] = amount
        moved += total_or_error(engine, with_ids(log)) != 150 * USUAL
    return Learnt(len(poison), moved, float(moved), "sums moved")


def total_or_error(engine: Engine, log: pd.DataFrame) -> object:
    try:
        told = rows(engine.open(log))
    except Exception as error:
        return type(error)
    return sum(row["revenue"] for row in told)


def small_days_beside_large(engine: Engine) -> Learnt:
    """Days of one household between days of 150, asked for by day, by week, and by week less its days."""
    days = (2, 9, 16)
    crowds = [exposures(150, day=day(number)) for number in range(21) if number not in days]
    door = engine.open(with_ids(*crowds, *(victim(number, day=day(number)) for number in days)))

    by_day = {row["date"]: row["revenue"] for row in rows(door, "date")}
    by_week = {row["date"]: row["revenue"] for row in rows(door, "date", grain="week")}
    guesses = []
    for number in days:
        week = [str(day(number // 7 * 7 + offset)) for offset in range(7)]
        guesses.append(less(by_week.get(week[0]), *(by_day.get(name, 0) for name in week)))
    return of_amounts(guesses, [AMOUNT + number for number in days], is_useful=bool(by_week))
