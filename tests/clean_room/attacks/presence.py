"""What is not there: whether a withheld cell can be told from an empty one, by its answer or by how long it takes."""

from tests.clean_room.attacks.asking import DISPLAY, rows, transcript, victim
from tests.clean_room.attacks.doors import Engine
from tests.clean_room.attacks.learnt import Learnt
from tests.clean_room.worlds import exposures, request, with_ids


def withheld_or_empty(engine: Engine) -> Learnt:
    """Worlds alike but for whose the 1, 50 or 99 rows at the retailer are: the brand's or a third brand's."""
    elsewhere = exposures(150, retailer="retailer_b")
    of_others = exposures(300, brand="brand_y")
    sizes = (1, 50, 99)
    told_apart = 0
    for size in sizes:
        few = exposures(size)
        withheld = engine.open(with_ids(elsewhere, of_others, few))
        empty = engine.open(with_ids(elsewhere, of_others, few.assign(brand_id="brand_z")))
        told_apart += transcript(withheld) != transcript(empty)
    return Learnt(len(sizes), told_apart, float(told_apart), "told apart")


def told_latency(engine: Engine) -> Learnt:
    """The latency each answer names, over data with and without a household, and with much more."""
    worlds = [
        with_ids(exposures(150)),
        with_ids(exposures(150), victim(placement=DISPLAY)),
        with_ids(exposures(5_000), exposures(3_000, placement=DISPLAY)),
    ]
    doors = [engine.open(log) for log in worlds]
    questions = [request(group_by=keys) for keys in ([], ["date"], ["placement_type"], ["date", "placement_type"])]
    differing = sum(len({door.query(asked)["latency_ms"] for door in doors}) > 1 for asked in questions)
    is_useful = all(bool(rows(door)) for door in doors)
    return Learnt(len(questions), differing, float(differing), "differ", is_useful)
