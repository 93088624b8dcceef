"""The SQL form asks what the typed request asks."""

from collections.abc import Iterator
from itertools import product

import pytest

from clean_room import CleanRoom
from clean_room.query_plan import read_request
from clean_room.sql_form import read_sql
from clean_room.sql_text import sql_text
from schemas.clean_room import CleanRoomRequest, Grain
from tests.clean_room.worlds import METRICS, PLACEMENTS, clean_room_over, exposures, request


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> CleanRoom:
    return clean_room_over(
        tmp_path_factory.mktemp("sql"),
        exposures(150, placement="sponsored_search"),
        exposures(150, placement="sponsored_display", sku="sku-2"),
    )


def requests() -> Iterator[dict[str, object]]:
    keys = ([], ["date"], ["placement_type", "date"], ["sku_id"], ["sku_id", "placement_type", "date"])
    for group_by, grain, placements in product(keys, Grain, (PLACEMENTS, PLACEMENTS[:1])):
        period = {"start": "2026-01-01", "end": "2026-04-30", "grain": grain.value}
        yield request(group_by=group_by, period=period, filters={"placement_type": list(placements)})


@pytest.mark.parametrize("params", list(requests()))
def test_a_request_written_as_sql_is_read_back_as_itself(params: dict[str, object]) -> None:
    asked = read_request(params)
    assert isinstance(asked, CleanRoomRequest)

    assert read_sql(sql_text(asked)) == asked


def test_sql_gets_the_typed_requests_answer_and_its_place_in_the_audit(room: CleanRoom) -> None:
    typed = room.query(request())

    answer = room.query_sql(
        f"SELECT date, placement_type, {', '.join(f'SUM({metric})' for metric in METRICS)} FROM retailer_a "
        "WHERE date BETWEEN '2026-01-01' AND '2026-04-30' GROUP BY date, placement_type;"
    )

    assert answer == typed
    assert answer["rows"]
    first, second = room.audit.entries()[-2:]
    assert (first.request, first.outcome) == (second.request, second.outcome)


def test_case_layout_quotes_and_order_do_not_matter(room: CleanRoom) -> None:
    plain = room.query_sql("SELECT SUM(cost) FROM retailer_a WHERE date BETWEEN '2026-01-01' AND '2026-04-30'")

    other = room.query_sql(
        """select sum("cost")\n from "retailer_a"\twhere placement_type in
           ('sponsored_native', 'sponsored_search', 'sponsored_display')
           and grain = 'week' and date between '2026-01-01' and '2026-04-30'"""
    )

    assert plain == other
    assert plain["status"] == "ok"


def test_one_placement_may_be_named_with_an_equality() -> None:
    read = read_sql(
        "SELECT SUM(cost) FROM retailer_a WHERE date BETWEEN '2026-01-01' AND '2026-04-30' "
        "AND placement_type = 'sponsored_search'"
    )

    assert isinstance(read, CleanRoomRequest)
    assert [placement.value for placement in read.filters.placement_type] == ["sponsored_search"]
