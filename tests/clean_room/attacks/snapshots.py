"""Two releases of the same days: what one more, one less or one changed row did to every answer."""

from collections.abc import Sequence
from itertools import zip_longest

import pandas as pd

from tests.clean_room.attacks.asking import AMOUNT, asked_rows, day, every_question, victim
from tests.clean_room.attacks.doors import Door, Engine
from tests.clean_room.attacks.learnt import Learnt, of_amounts
from tests.clean_room.worlds import exposures, with_ids

LAST_DAY = 13


def four_days() -> pd.DataFrame:
    return with_ids(*(exposures(150, day=day(number)) for number in (0, 4, 7, 11)))


def restatements(engine: Engine) -> Learnt:
    """A late row of a closed day, a row taken back, and a row whose amount is corrected."""
    log = four_days()
    late = pd.concat([log, victim(day=day(4)).assign(event_id="late")], ignore_index=True)
    corrected = log.copy()
    corrected.loc[200, "revenue_micros"] += AMOUNT

    guesses = [_largest_change(engine, before, after) for before, after in ((log, late), (late, log), (log, corrected))]

    return of_amounts(guesses, [AMOUNT] * 3, is_useful=bool(_sums(engine.open(log))))


def one_more_day(engine: Engine) -> Learnt:
    """The log grows by a day on which one household bought."""
    log = four_days()
    grown = pd.concat([log, victim(day=day(12)).assign(event_id="next")], ignore_index=True)
    return of_amounts([_largest_change(engine, log, grown)], [AMOUNT])


def _largest_change(engine: Engine, before: pd.DataFrame, after: pd.DataFrame) -> int | None:
    door = engine.open(before)
    earlier = _sums(door)
    later = _sums(engine.restate(door, after))
    changes = [abs(new - old) for old, new in zip_longest(earlier, later, fillvalue=0) if new != old]
    return min(changes, default=None)


def _sums(door: Door) -> Sequence[int]:
    """The total told in answer to each question."""
    questions = every_question(LAST_DAY, subsets=0)
    return [sum(row["revenue"] for row in asked_rows(door, question)) for question in questions]
