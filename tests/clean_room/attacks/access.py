"""Doors that are somebody else's, requests that are too large, an audit that is lost or forged."""

import json
from math import log2

from tests.clean_room.attacks.doors import Engine
from tests.clean_room.attacks.learnt import Learnt
from tests.clean_room.worlds import PLACEMENTS, exposures, request, with_ids

NOT_OURS = ("retailer_c", "RETAILER_A", "*", "%", "", "../retailer_a", ["retailer_a"], {"retailer_a": 1}, None, 7)


def other_doors(engine: Engine) -> Learnt:
    """Another brand's room, a retailer without one, a list, a wildcard: answered, or told apart by the reply?"""
    log = with_ids(exposures(150), exposures(150, brand="brand_z", retailer="retailer_b"))
    door = engine.open(log)
    stranger = engine.of_other_brand(door)
    replies = [door.query(request(retailer_id=name)) for name in NOT_OURS]
    replies += [stranger.query(request(retailer_id=name)) for name in ("retailer_a", "retailer_b", "retailer_c")]
    answered = sum(bool(reply.get("rows")) for reply in replies)
    kinds = len({json.dumps(reply) for reply in replies})
    is_useful = bool(door.query(request()).get("rows"))
    return Learnt(len(replies), answered, answered + log2(kinds), f"{kinds} kinds of reply", is_useful)


def oversized(engine: Engine) -> Learnt:
    """Huge lists, deep nesting, long periods and long text: counted when not refused for their size."""
    door = engine.open(with_ids(exposures(150)))
    deep: object = "x"
    for _ in range(50_000):
        deep = [deep]
    asked = [
        request(filters={"placement_type": list(PLACEMENTS) * 1_000}),
        request(group_by=deep),
        request(metrics=["x" * 1_000_000]),
        request(retailer_id="\u0301" * 100_000),
        request(period={"start": 10**400, "end": "2026-01-01"}),
        request(period={"start": "0001-01-01", "end": "2738-11-28", "grain": "day"}),
        request(**{f"key {number}": 1 for number in range(10_000)}),
    ]
    worked_on = sum(door.query(params).get("code") != "REQUEST_TOO_LARGE" for params in asked)
    return Learnt(len(asked), worked_on, 0.0, "worked on", is_useful=bool(door.query(request()).get("rows")))


def unaudited(engine: Engine) -> Learnt:
    """Asking while nothing can be kept of it."""
    door = engine.open(with_ids(exposures(150)))
    is_useful = bool(door.query(request()).get("rows"))
    engine.lose_audit(door)
    answered = sum(bool(door.query(params).get("rows")) for params in (request(), request(group_by=[])))
    return Learnt(2, answered, float(answered), "answered", is_useful)


FORGERIES = (
    "UPDATE audit SET outcome = 'REQUEST_INVALID' WHERE number = 2",
    "UPDATE audit SET request = '' WHERE number = 2",
    "UPDATE audit SET principal = 'brand_y' WHERE number = 2",
    "DELETE FROM audit WHERE number = 2",
    "DELETE FROM audit WHERE number > 2",
    "UPDATE audit SET number = -1 WHERE number = 2; UPDATE audit SET number = 2 WHERE number = 3;"
    "UPDATE audit SET number = 3 WHERE number = -1",
)


def forged_audit(engine: Engine) -> Learnt:
    """An entry changed, removed, cut off or moved by someone who holds the file, against a head noted before."""
    unnoticed = 0
    for sql in FORGERIES:
        door = engine.open(with_ids(exposures(150)))
        for keys in ([], ["date"], ["placement_type"], ["sku_id"]):
            door.query(request(group_by=keys))
        unnoticed += not engine.forge_audit(door, sql)
    return Learnt(len(FORGERIES), unnoticed, float(unnoticed), "unnoticed")
