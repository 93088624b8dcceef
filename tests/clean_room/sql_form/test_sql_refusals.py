"""Hostile SQL: each text is refused with a code, whatever it tries, and nothing of it is kept in a log."""

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clean_room import CleanRoom
from clean_room.sql_form import read_sql
from schemas.clean_room import BLOCKED_FIELDS, CleanRoomRequest, RefusalCode
from tests.clean_room.worlds import clean_room_over, exposures

PERIOD = "date BETWEEN '2026-01-05' AND '2026-02-01'"
ASKED = f"SELECT date, SUM(cost) FROM retailer_a WHERE {PERIOD} GROUP BY date"
UNKNOWN = ("no_such_field", "events", "row_count", "event_id", "brand_id", "atoms", "shape", "exact_day")
MISSPELT = (
    "Margin",
    "MARGIN",
    "m\u0430rgin",
    "margin\u200b",
    '"margin "',
    '"reven\u00fce"',
    "reven\u00fce",
    "\uff4dargin",
)
FIELDS = (*BLOCKED_FIELDS, *UNKNOWN, *MISSPELT)
FUNCTIONS = ("MIN", "MAX", "AVG", "MEDIAN", "LIST", "FIRST", "COUNT", "ANY_VALUE", "STRING_AGG", "secret")
PLACES = {
    "a sum": "SELECT SUM({field}) FROM retailer_a WHERE " + PERIOD,
    "a key": "SELECT {field}, SUM(cost) FROM retailer_a WHERE " + PERIOD + " GROUP BY {field}",
    "an equality": "SELECT SUM(cost) FROM retailer_a WHERE " + PERIOD + " AND {field} = 'x'",
    "a list": "SELECT SUM(cost) FROM retailer_a WHERE " + PERIOD + " AND {field} IN ('x', 'y')",
    "a range": "SELECT SUM(cost) FROM retailer_a WHERE " + PERIOD + " AND {field} BETWEEN 'a' AND 'b'",
    "a comparison": "SELECT SUM(cost) FROM retailer_a WHERE " + PERIOD + " AND {field} > 'a'",
    "a function": "SELECT MIN({field}) FROM retailer_a WHERE " + PERIOD,
    "an order": ASKED + " ORDER BY {field}",
}
REFUSED_FIELD = {"a sum", "a key", "an equality", "a list"}
WORDS = (
    "SELECT", "SUM(", ")", "(", "cost", "date", "margin", "FROM", "retailer_a", "WHERE", "AND", "IN", "BETWEEN",
    "GROUP BY", ",", "=", "*", "NOT", "CASE", "WITH", "AS", "JOIN", ";", "--", "/*", "{", "[", "'", '"', "'x'",
    "'2026-01-05'", "\x00", "\u202e",
)  # fmt: skip
NOT_IN_GRAMMAR = (
    "",
    ";",
    "SELECT",
    "SELECT 1",
    "SELECT * FROM retailer_a",
    "FROM retailer_a",
    "SELECT retailer_a FROM retailer_a",
    "SELECT COUNT(*) FROM retailer_a",
    "DROP TABLE atoms",
    f"{ASKED}; DROP TABLE atoms",
    f"{ASKED};;",
    f"{ASKED} -- and more",
    f"-- before\n{ASKED}",
    ASKED.replace("SUM", "/* inside */ SUM"),
    ASKED.replace("SELECT", "SELECT /*+ hint */"),
    ASKED.replace("SELECT", "SELECT DISTINCT"),
    f"{ASKED} UNION {ASKED}",
    f"{ASKED} EXCEPT {ASKED}",
    f"WITH a AS ({ASKED}) {ASKED}",
    f"({ASKED})",
    f"SELECT SUM(cost) FROM ({ASKED}) WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND placement_type IN (SELECT placement_type FROM atoms)",
    f"SELECT (SELECT SUM(cost) FROM atoms), SUM(cost) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a, retailer_b WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a JOIN retailer_b ON 1 = 1 WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a POSITIONAL JOIN retailer_b WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM main.retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a AS r WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM read_csv('/etc/passwd') WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a TABLESAMPLE (10) WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a PIVOT (SUM(cost) FOR date IN ('x')) WHERE {PERIOD}",
    f"SELECT SUM(retailer_a.cost) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) AS margin FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(DISTINCT cost) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost + revenue) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) + 1 FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(CASE WHEN clicks = 1 THEN cost END) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) FILTER (WHERE clicks = 1) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) OVER () FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(COLUMNS('.*')) FROM retailer_a WHERE {PERIOD}",
    *(f"SELECT {name}(cost) FROM retailer_a WHERE {PERIOD}" for name in FUNCTIONS),
    f"SELECT error(margin) FROM retailer_a WHERE {PERIOD}",
    f"SELECT CAST(cost AS DATE) FROM retailer_a WHERE {PERIOD}",
    f"SELECT date, SUM(cost) FROM retailer_a WHERE {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} GROUP BY date",
    f"SELECT date, SUM(cost) FROM retailer_a WHERE {PERIOD} GROUP BY 1",
    f"SELECT date, SUM(cost) FROM retailer_a WHERE {PERIOD} GROUP BY ALL",
    f"SELECT date, SUM(cost) FROM retailer_a WHERE {PERIOD} GROUP BY ROLLUP (date)",
    f"SELECT date, SUM(cost) FROM retailer_a WHERE {PERIOD} GROUP BY GROUPING SETS ((date), ())",
    f"{ASKED} HAVING SUM(cost) > 1",
    f"{ASKED} QUALIFY 1 = 1",
    f"{ASKED} LIMIT 1",
    f"{ASKED} FOR UPDATE",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} OR 1 = 1",
    f"SELECT SUM(cost) FROM retailer_a WHERE NOT {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a WHERE ({PERIOD})",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND (placement_type = 'sponsored_search')",
    "SELECT SUM(cost) FROM retailer_a WHERE date BETWEEN 1767571200 AND 1769904000",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND {PERIOD}",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND placement_type NOT IN ('sponsored_search')",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND placement_type LIKE 's%'",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND placement_type = placement_type",
    f"SELECT SUM(cost) FROM retailer_a WHERE {PERIOD} AND placement_type = 'sponsored_search' OR 1 = 1",
    "SELECT SUM(cost) FROM retailer_a WHERE date >= '2026-01-05'",
    "SELECT SUM(cost) FROM retailer_a WHERE date BETWEEN SYMMETRIC '2026-01-05' AND '2026-02-01'",
    "SELECT SUM(cost) FROM retailer_a WHERE date BETWEEN 20260105 AND 20260201",
    "SELECT SUM(cost) FROM retailer_a WHERE grain = 'week'",
    "SELECT SUM(cost) FROM retailer_a",
    f"EXPLAIN ANALYZE {ASKED}",
    "PRAGMA storage_info('atoms')",
    "COPY atoms TO '/tmp/x'",
    "ATTACH '/etc/passwd'",
    "SELECT query('SELECT 1')",
    "SELECT 'a' 'b'",
    "'",
    '"',
    "/*",
    "\x00",
    "{{ atoms }}",
)  # fmt: skip
TOO_LARGE = (
    "(" * 3_999,
    "NOT " * 999,
    "x" * 1_000_000,
    "SELECT SUM(cost) FROM retailer_a WHERE " + PERIOD + " AND placement_type IN (" + "'x'," * 300 + "'x')",
    f"{ASKED} " + " " * 4_000,
    "SELECT SUM(cost) FROM retailer_a WHERE date BETWEEN '0001-01-01' AND '9999-12-31'",
    "\U0001f600" * 5_000,
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> CleanRoom:
    return clean_room_over(tmp_path_factory.mktemp("sql"), exposures(150, placement="sponsored_search"))


def serialised(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode()


@pytest.mark.parametrize("place", PLACES)
def test_a_blocked_an_unknown_and_a_misspelt_field_get_the_same_bytes(room: CleanRoom, place: str) -> None:
    replies = {serialised(room.query_sql(PLACES[place].format(field=field))) for field in FIELDS}

    code = "FIELD_NOT_PERMITTED" if place in REFUSED_FIELD else "REQUEST_INVALID"
    assert replies == {serialised({"status": "refused", "code": code})}


@pytest.mark.parametrize("text", NOT_IN_GRAMMAR)
def test_what_the_grammar_does_not_list_is_invalid(text: str) -> None:
    assert read_sql(text) is RefusalCode.REQUEST_INVALID


@pytest.mark.parametrize("text", TOO_LARGE, ids=range(len(TOO_LARGE)))
def test_a_huge_or_deep_text_is_refused_for_its_size(text: str) -> None:
    assert read_sql(text) is RefusalCode.REQUEST_TOO_LARGE


def test_skus_are_refused_where_the_retailer_does_not_permit_them(room: CleanRoom, tmp_path: Any) -> None:
    other = clean_room_over(tmp_path, exposures(150, retailer="retailer_b"))

    answer = other.query_sql(f"SELECT sku_id, SUM(cost) FROM retailer_b WHERE {PERIOD} GROUP BY sku_id")

    assert answer == {"status": "refused", "code": "FIELD_NOT_PERMITTED"}


@pytest.mark.parametrize(
    "retailer", ["retailer_b", "retailer_c", "atoms", "RETAILER_A", "'/etc/passwd'", '"retailer_a; DROP TABLE atoms"']
)
def test_another_retailer_and_an_unknown_one_get_the_same_bytes(room: CleanRoom, retailer: str) -> None:
    answer = room.query_sql(f"SELECT SUM(cost) FROM {retailer} WHERE {PERIOD}")

    assert serialised(answer) == serialised({"status": "refused", "code": "NOT_AUTHORISED"})


def test_nothing_of_a_refused_text_is_logged(room: CleanRoom, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for text in ("LOAD secret", "CALL secret()", "SHOW secret", "SELECT secret(", f"{ASKED} secret secret"):
            assert room.query_sql(text)["status"] == "refused"

    assert "secret" not in caplog.text.lower()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_any_text_is_a_request_or_a_code(words: list[str]) -> None:
    assert isinstance(read_sql(" ".join(words)), (CleanRoomRequest, RefusalCode))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_text_put_into_a_question_never_raises(text: str) -> None:
    for question in (ASKED + text, ASKED.replace("cost", text), text + ASKED, ASKED.replace("2026-01-05", text)):
        assert isinstance(read_sql(question), (CleanRoomRequest, RefusalCode))
