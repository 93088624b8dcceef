"""Attacks through the request itself. None needs to know how the data is kept."""

import json
import logging
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from clean_room import CleanRoom, query_clean_room
from schemas.clean_room import BLOCKED_FIELDS
from tests.clean_room.worlds import METRICS, PLACEMENTS, clean_room_over, exposures, request

REFUSED_FIELD = {"status": "refused", "code": "FIELD_NOT_PERMITTED"}
NOT_AUTHORISED = {"status": "refused", "code": "NOT_AUTHORISED"}
INVALID = {"status": "refused", "code": "REQUEST_INVALID"}
TOO_LARGE = {"status": "refused", "code": "REQUEST_TOO_LARGE"}
UNKNOWN_FIELDS = ("no_such_field", "events", "row_count", "event_id", "retailer_id", "brand_id", "*", "")
MISSPELT = ("Margin", "MARGIN", "margin ", "m\u0430rgin", '"margin"', 'revenue"; drop table atoms; --', "count(*)")
FUNCTIONS = ("min", "max", "any_value", "median", "list", "string_agg", "histogram", "arg_max", "first", "max(revenue)")
HOSTILE = (
    "' OR 1=1 --",
    "retailer_a'; DROP TABLE atoms; --",
    "retailer_a\x00",
    "../retailer_a",
    "/etc/passwd",
    "retailer_a.duckdb",
    "%",
    "*",
    "retailer_%",
    "${jndi:ldap://x}",
    "\u202eretailer_a",
    "",
    "a" * 65,
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> CleanRoom:
    """150 households in search at retailer_a and 120 at retailer_b, all on one Monday."""
    return clean_room_over(
        tmp_path_factory.mktemp("queries"),
        exposures(150, placement="sponsored_search"),
        exposures(120, placement="sponsored_search", retailer="retailer_b"),
    )


def serialised(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode()


@pytest.mark.parametrize("field", [*BLOCKED_FIELDS, *UNKNOWN_FIELDS, *MISSPELT, *FUNCTIONS])
@pytest.mark.parametrize("place", ["metrics", "group_by", "filters"])
def test_a_blocked_an_unknown_and_a_misspelt_field_get_the_same_refusal(
    room: CleanRoom, field: str, place: str
) -> None:
    named: object = {field: ["x"]} if place == "filters" else [field]

    answer = room.query(request(**{place: named}))

    assert serialised(answer) == serialised(REFUSED_FIELD)


@pytest.mark.parametrize("field", BLOCKED_FIELDS)
def test_a_blocked_field_beside_permitted_ones_refuses_the_whole_request(room: CleanRoom, field: str) -> None:
    assert room.query(request(metrics=[*METRICS, field])) == REFUSED_FIELD
    assert room.query(request(filters={"placement_type": list(PLACEMENTS), field: ["x"]})) == REFUSED_FIELD


@pytest.mark.parametrize("key", ["order_by", "sort", "having", "sql", "limit", "function", *BLOCKED_FIELDS])
def test_a_request_has_no_other_parts(room: CleanRoom, key: str) -> None:
    assert room.query(request(**{key: "margin"})) == INVALID


def test_skus_are_refused_where_the_retailer_does_not_permit_them(room: CleanRoom) -> None:
    assert room.query(request(retailer_id="retailer_b", group_by=["sku_id"])) == REFUSED_FIELD
    assert room.query(request(filters={"sku_id": ["sku-1"]})) == REFUSED_FIELD


@pytest.mark.parametrize("missing", ["retailer_id", "metrics", "period"])
def test_a_request_without_its_essentials_is_invalid(room: CleanRoom, missing: str) -> None:
    params = request()
    del params[missing]

    assert room.query(params) == INVALID


@pytest.mark.parametrize(
    "changes",
    [
        {"metrics": []},
        {"metrics": "impressions"},
        {"metrics": ["clicks", "clicks"]},
        {"metrics": None},
        {"group_by": ["date", "date"]},
        {"filters": {"placement_type": []}},
        {"filters": {"placement_type": ["sponsored_video"]}},
        {"period": {"start": "2026-02-01", "end": "2026-01-01"}},
        {"period": {"start": "2026-01-01", "end": "2026-13-01"}},
        {"period": {"start": 0, "end": 1e308}},
        {"period": {"start": "2026-01-01", "end": "2026-02-01", "grain": "hour"}},
        {"period": float("nan")},
    ],
)
def test_a_malformed_request_is_invalid(room: CleanRoom, changes: dict[str, object]) -> None:
    assert room.query(request(**changes)) == INVALID


@pytest.mark.parametrize(
    "params", [None, [], "SELECT * FROM atoms", 7, {1: 2}, {"metrics": object()}, {"metrics": {1, 2}}]
)
def test_what_is_not_a_request_is_refused_without_an_exception(room: CleanRoom, params: Any) -> None:
    assert room.query(params) == INVALID


def test_a_request_that_breaks_when_it_is_read_is_refused(room: CleanRoom) -> None:
    class Hostile(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("secret-margin-17")

    assert room.query(Hostile(a=1)) == {"status": "refused", "code": "NOT_ANSWERABLE"}


@pytest.mark.parametrize(
    "retailer_id", [*HOSTILE, "retailer_c", "RETAILER_A", ["retailer_a"], {"retailer_a": 1}, 7, None]
)
def test_another_retailer_an_unknown_one_and_a_trick_get_the_same_refusal(room: CleanRoom, retailer_id: object) -> None:
    assert serialised(room.query(request(retailer_id=retailer_id))) == serialised(NOT_AUTHORISED)


def test_a_brand_sees_nothing_of_a_retailer_that_built_no_clean_room_for_it(room: CleanRoom) -> None:
    other = CleanRoom(room.folder.parent, "brand_y")

    assert other.query(request()) == NOT_AUTHORISED


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_value_matches_nothing(room: CleanRoom, text: str) -> None:
    assert room.query(request(filters={"placement_type": [text]})) == INVALID
    assert room.query(request())["status"] == "ok"


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


def endless() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "changes",
    [
        {"filters": {"placement_type": ["sponsored_search"] * 1_000_000}},
        {"group_by": nested(50_000)},
        {"group_by": endless()},
        {"metrics": ["x" * 10_000_000]},
        {"retailer_id": "\u0301" * 100_000},
        {"period": {"start": 10**400, "end": "2026-01-01"}},
        {"period": {"start": "0001-01-01", "end": "9999-12-31", "grain": "day"}},
        {f"key {number}": 1 for number in range(100_000)},
    ],
)
def test_an_oversized_request_is_refused_for_its_size(room: CleanRoom, changes: dict[str, object]) -> None:
    assert room.query(request(**changes)) == TOO_LARGE


@pytest.mark.parametrize("text", ["{" * 100_000, "[" * 19_999, " " * 30_000])
def test_oversized_text_is_refused_for_its_size(room: CleanRoom, text: str) -> None:
    assert room.query_json(text) == TOO_LARGE


@pytest.mark.parametrize("text", ["", "{", "null", "[1,", '{"metrics": NaN}', "\x00"])
def test_text_that_is_no_request_is_invalid(room: CleanRoom, text: str) -> None:
    assert room.query_json(text) == INVALID


def test_no_refusal_has_more_than_a_constant_code(room: CleanRoom) -> None:
    answers = [room.query(request(metrics=["secret-margin-17"])), room.query(request(retailer_id="secret-margin-17"))]

    assert all(set(answer) == {"status", "code"} for answer in answers)
    assert b"secret" not in b"".join(map(serialised, answers))


def test_a_broken_file_is_not_answerable_and_its_message_is_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    room = clean_room_over(tmp_path, exposures(150))
    (room.folder / "retailer_a.duckdb").write_text("secret-margin-17 " * 1_000, encoding="utf-8")

    with caplog.at_level(logging.DEBUG):
        answer = room.query(request())

    assert answer == {"status": "refused", "code": "NOT_ANSWERABLE"}
    assert "secret" not in caplog.text
    assert "retailer_a.duckdb" not in caplog.text


def test_what_cannot_be_audited_is_not_answered(tmp_path: Path) -> None:
    room = clean_room_over(tmp_path, exposures(150))
    room.audit.path.mkdir()

    assert room.query(request()) == {"status": "refused", "code": "NOT_ANSWERABLE"}


def test_the_public_call_reads_where_the_clean_room_is_from_the_environment(
    room: CleanRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEAN_ROOM_DIR", str(room.folder.parent))
    monkeypatch.setenv("CLEAN_ROOM_BRAND", "brand_x")

    assert query_clean_room(request()) == room.query(request())


def test_python_dates_are_read_as_their_text(room: CleanRoom) -> None:
    period = {"start": date(2026, 1, 1), "end": date(2026, 4, 30), "grain": "week"}

    assert room.query(request(period=period)) == room.query(request())


def equivalent_requests() -> Iterator[dict[str, object]]:
    for shift in range(len(METRICS)):
        yield request(metrics=METRICS[shift:] + METRICS[:shift])
    yield request(group_by=["placement_type", "date"])
    yield request(filters={"placement_type": list(reversed(PLACEMENTS))})
    yield request(filters={})


def test_asking_again_or_in_other_words_gives_the_same_numbers_and_the_same_latency(room: CleanRoom) -> None:
    def meaning(answer: dict[str, Any]) -> object:
        return [sorted(row.items()) for row in answer["rows"]], answer["latency_ms"]

    first = meaning(room.query(request()))

    assert all(meaning(room.query(params)) == first for params in equivalent_requests())


def test_latency_is_the_same_for_any_data(room: CleanRoom, tmp_path: Path) -> None:
    other = clean_room_over(tmp_path, exposures(5_000), exposures(99, day=date(2026, 2, 1) + timedelta(days=1)))

    for params in (request(), request(group_by=[]), request(group_by=["sku_id"])):
        assert other.query(params)["latency_ms"] == room.query(params)["latency_ms"]
        assert room.query(params)["latency_ms"] % 250 == 0
