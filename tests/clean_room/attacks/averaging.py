"""Asking again: noise that is drawn anew for each answer averages out, and so does noise of equal questions.

Asghar and Kaafar, arXiv 1902.06414. Where answers carry no noise there is nothing to average; they must be the same
bytes nonetheless, so that this stays true of a mode with noise.
"""

from itertools import permutations
from math import log2

import numpy as np

from tests.clean_room.attacks.doors import Door, Engine
from tests.clean_room.attacks.learnt import Learnt
from tests.clean_room.worlds import METRICS, PLACEMENTS, exposures, request, with_ids

REPEATS = 60


def repeats(engine: Engine) -> Learnt:
    door = engine.open(with_ids(exposures(150)))
    return _averaged([_revenue(door, request(group_by=[])) for _ in range(REPEATS)])


def rewordings(engine: Engine) -> Learnt:
    """The same question with metrics and placements in other orders, other grains, periods and parts left out."""
    door = engine.open(with_ids(exposures(150)))
    asked = [request(group_by=[], metrics=list(order)) for order in list(permutations(METRICS))[:30]]
    asked += [request(group_by=[], filters={"placement_type": list(order)}) for order in permutations(PLACEMENTS)]
    asked += [request(group_by=[], period={"start": "2026-01-01", "end": f"2026-04-{day}"}) for day in range(10, 20)]
    asked += [request(group_by=keys) for keys in (["date"], ["placement_type"], ["placement_type", "date"])]
    return _averaged([_revenue(door, params) for params in asked])


def _revenue(door: Door, params: dict[str, object]) -> float | None:
    told = door.query(params).get("rows", [])
    return float(told[0]["revenue"]) if told else None


def _averaged(answers: list[float | None]) -> Learnt:
    """The mean of n independent answers has an error 1/sqrt(n) of one's: half a bit for each doubling of n."""
    told = [answer for answer in answers if answer is not None]
    independent = len(set(told))
    spread = float(np.std(told)) / 1e6
    detail = f"{independent} answers, spread {spread:.1f}"
    return Learnt(len(answers) - 1, max(independent - 1, 0), log2(max(independent, 1)) / 2, detail, bool(told))
