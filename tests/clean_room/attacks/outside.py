"""Attacks that exact mode does not claim to resist: outside knowledge, planted households, presence, zeros, time."""

import time

import numpy as np
import pandas as pd

from tests.clean_room.attacks.asking import AMOUNT, DISPLAY, NATIVE, rows, total, transcript, victim
from tests.clean_room.attacks.doors import Door, Engine
from tests.clean_room.attacks.learnt import AMOUNT_BITS, Learnt, of_amounts
from tests.clean_room.worlds import exposures, request, with_ids

USUAL = 5_000_000
TIMED = 40


def knows_the_others(engine: Engine) -> Learnt:
    """Knows what 99 of the 100 households of a cell spent; the cell's sum tells the hundredth's."""
    door = engine.open(with_ids(exposures(99), victim()))
    told = total(door)
    return of_amounts([None if told is None else told - 99 * USUAL], [AMOUNT])


def plants_households(engine: Engine) -> Learnt:
    """Makes 99 accounts of its own buy beside the one household that saw the placement."""
    door = engine.open(
        with_ids(exposures(200), exposures(99, placement=NATIVE, person_prefix="planted"), victim(placement=NATIVE))
    )
    told = total(door, placements=(NATIVE,))
    return of_amounts([None if told is None else told - 99 * USUAL], [AMOUNT])


def presence(engine: Engine) -> Learnt:
    """Was one more household there? Two worlds alike but for it: as the hundredth of a cell, alone in a placement,
    and in a crowd. Where any answer differs, an attacker who knows all the rest is told one bit."""
    crowds = [
        (exposures(99), victim()),
        (exposures(200), victim(placement=NATIVE)),
        (pd.concat([exposures(200), exposures(200, placement=DISPLAY)]), victim(placement=DISPLAY)),
    ]
    seen = sum(
        transcript(engine.open(with_ids(crowd, one))) != transcript(engine.open(with_ids(crowd)))
        for crowd, one in crowds
    )
    return Learnt(len(crowds), seen, float(seen), "seen")


def zeros(engine: Engine) -> Learnt:
    """A sum of nothing tells that every household behind it bought nothing."""
    idle = exposures(150, placement=DISPLAY, revenue_micros=0, person_prefix="idle").assign(conversions=0)
    door = engine.open(with_ids(exposures(150), idle))
    told = {row["placement_type"]: row["revenue"] for row in rows(door, "placement_type")}
    known = 150 if told.get(DISPLAY) == 0 else 0
    return Learnt(150, known, known * AMOUNT_BITS)


def stopwatch(engine: Engine) -> Learnt:
    """Time until the reply, over a room that withholds 99 households and one that has none; both replies are empty."""
    elsewhere = exposures(150, retailer="retailer_b")
    of_others = exposures(300, brand="brand_y")
    withheld = engine.open(with_ids(elsewhere, of_others, exposures(99)))
    empty = engine.open(with_ids(elsewhere, of_others))
    asked = request(group_by=["placement_type"])
    seconds = np.array([[_seconds(door, asked) for door in (withheld, empty)] for _ in range(TIMED)])
    longer = float((seconds[:, 1][:, None] > seconds[:, 0][None, :]).mean())
    area = max(longer, 1 - longer)
    error = 1 - area
    bits = 1.0 if error == 0 else 1 + error * np.log2(error) + area * np.log2(area)
    return Learnt(1, 0, float(bits), f"area under the curve {area:.2f}")


def _seconds(door: Door, asked: dict[str, object]) -> float:
    started = time.perf_counter()
    door.query(asked)
    return time.perf_counter() - started
