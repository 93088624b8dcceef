"""What nobody should send: every reply is a constant code, the same for every text that fails in the same place."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from clean_room import CleanRoom
from schemas.clean_room import BLOCKED_FIELDS, RefusalCode
from tests.clean_room.attacks.doors import Ours
from tests.clean_room.attacks.hostile import HOSTILE, STATEMENTS
from tests.clean_room.attacks.refusals import MISSPELT, REAL_BUT_BLOCKED, UNKNOWN, named_in_every_place
from tests.clean_room.worlds import METRICS, PLACEMENTS, exposures, request, with_ids

NO_UTF8 = "\ud800"
TOO_LONG = "a" * 257
TEXTS = [text for text in (*HOSTILE, *STATEMENTS) if text not in (NO_UTF8, TOO_LONG)]
PLACES: dict[str, tuple[Callable[[Any], Any], RefusalCode]] = {
    "the whole request": (lambda text: text, RefusalCode.REQUEST_INVALID),
    "a metric": (lambda text: request(metrics=[text]), RefusalCode.FIELD_NOT_PERMITTED),
    "a metric beside good ones": (lambda text: request(metrics=[*METRICS, text]), RefusalCode.FIELD_NOT_PERMITTED),
    "a key": (lambda text: request(group_by=[text]), RefusalCode.FIELD_NOT_PERMITTED),
    "a filter's field": (lambda text: request(filters={text: ["x"]}), RefusalCode.FIELD_NOT_PERMITTED),
    "a filter's value": (lambda text: request(filters={"placement_type": [text]}), RefusalCode.REQUEST_INVALID),
    "the retailer": (lambda text: request(retailer_id=text), RefusalCode.NOT_AUTHORISED),
    "the start": (lambda text: request(period={"start": text, "end": "2026-04-30"}), RefusalCode.REQUEST_INVALID),
    "the end": (lambda text: request(period={"start": "2026-01-01", "end": text}), RefusalCode.REQUEST_INVALID),
    "the grain": (
        lambda text: request(period={"start": "2026-01-01", "end": "2026-04-30", "grain": text}),
        RefusalCode.REQUEST_INVALID,
    ),
    "the metrics": (lambda text: request(metrics=text), RefusalCode.REQUEST_INVALID),
    "the keys": (lambda text: request(group_by=text), RefusalCode.REQUEST_INVALID),
    "the filters": (lambda text: request(filters=text), RefusalCode.REQUEST_INVALID),
    "the period": (lambda text: request(period=text), RefusalCode.REQUEST_INVALID),
    "an unknown part": (lambda text: {**request(), text: text}, RefusalCode.REQUEST_INVALID),
    "an unknown part of the period": (
        lambda text: request(period={"start": "2026-01-01", "end": "2026-04-30", text: text}),
        RefusalCode.REQUEST_INVALID,
    ),
}
# Nothing here is right anywhere: `[]` would be no keys at all, `{}` no filters, a date a start.
WRONG_TYPES = (None, True, 7, -1, 2.5, b"revenue", [["revenue"]], {"revenue": 1}, {1, 2}, object)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> CleanRoom:
    return Ours(tmp_path_factory.mktemp("bad-input")).open(with_ids(exposures(150)))


def replies(room: CleanRoom, asked: Iterator[Any]) -> set[str]:
    return {json.dumps(room.query(params)) for params in asked}


def refused(code: RefusalCode) -> str:
    return json.dumps({"status": "refused", "code": code.value})


def test_there_are_at_least_forty_hostile_texts() -> None:
    assert len(set(TEXTS)) >= 40


@pytest.mark.parametrize("place", PLACES)
def test_every_hostile_text_in_one_place_is_refused_in_the_same_bytes(room: CleanRoom, place: str) -> None:
    put, code = PLACES[place]

    assert replies(room, (put(text) for text in TEXTS)) == {refused(code)}


@pytest.mark.parametrize("place", PLACES)
def test_text_that_is_no_unicode_is_invalid_and_long_text_too_large_in_every_place(room: CleanRoom, place: str) -> None:
    put, _ = PLACES[place]

    assert replies(room, iter([put(NO_UTF8)])) == {refused(RefusalCode.REQUEST_INVALID)}
    assert replies(room, iter([put(TOO_LONG)])) == {refused(RefusalCode.REQUEST_TOO_LARGE)}


@pytest.mark.parametrize("place", [place for place in PLACES if "field" not in place and "unknown" not in place])
def test_a_value_of_the_wrong_type_is_refused_by_a_code(room: CleanRoom, place: str) -> None:
    put, code = PLACES[place]

    told = replies(room, (put(value) for value in WRONG_TYPES))

    assert told <= {refused(code), refused(RefusalCode.REQUEST_INVALID), refused(RefusalCode.FIELD_NOT_PERMITTED)}


def test_blocked_unknown_and_misspelt_fields_are_refused_in_the_same_bytes(room: CleanRoom) -> None:
    fields = [*BLOCKED_FIELDS, *REAL_BUT_BLOCKED, *UNKNOWN, *MISSPELT]

    told = replies(room, (params for field in fields for params in named_in_every_place(field)))

    assert told == {refused(RefusalCode.FIELD_NOT_PERMITTED)}


@pytest.mark.parametrize("days", [1_101, 10**6])
def test_a_period_of_more_than_three_years_is_too_large(room: CleanRoom, days: int) -> None:
    last = date.fromordinal(date(1, 1, 1).toordinal() + days)

    told = room.query(request(period={"start": "0001-01-01", "end": last.isoformat(), "grain": "day"}))

    assert json.dumps(told) == refused(RefusalCode.REQUEST_TOO_LARGE)


@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_deep_json_text_is_too_large(room: CleanRoom, opens: str, closes: str) -> None:
    text = f'{{"metrics": {opens * 2_000}1{closes * 2_000}}}'

    assert json.dumps(room.query_json(text)) == refused(RefusalCode.REQUEST_TOO_LARGE)


def test_a_long_list_of_placements_is_too_large_and_a_repeated_one_invalid(room: CleanRoom) -> None:
    long, repeated = list(PLACEMENTS) * 100, [PLACEMENTS[0]] * 3

    told = [json.dumps(room.query(request(filters={"placement_type": some}))) for some in (long, repeated)]

    assert told == [refused(RefusalCode.REQUEST_TOO_LARGE), refused(RefusalCode.REQUEST_INVALID)]


def test_the_clean_room_still_answers_after_all_of_it(room: CleanRoom) -> None:
    assert room.query(request())["status"] == "ok"
    assert room.audit.verify().problem is None
