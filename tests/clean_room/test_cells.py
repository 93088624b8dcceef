"""What comes out of a clean room that was really built, with the shipped policies."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clean_room import CleanRoom
from clean_room.calendar import span_of
from schemas.clean_room import Grain
from tests.clean_room.worlds import METRICS, MONDAY, PLACEMENTS, clean_room_over, exposures, random_log, request

SEARCH, DISPLAY, NATIVE = PLACEMENTS
NEXT_MONDAY = MONDAY + timedelta(days=7)


def rows_of(room: CleanRoom, **changes: object) -> list[dict[str, Any]]:
    answer = room.query(request(**changes))
    assert answer["status"] == "ok"
    rows: list[dict[str, Any]] = answer["rows"]
    return rows


@pytest.mark.parametrize(("rows", "told"), [(99, False), (100, True)])
def test_a_cell_with_99_rows_is_absent_and_one_with_100_is_there(tmp_path: Path, rows: int, told: bool) -> None:
    room = clean_room_over(tmp_path, exposures(rows))

    assert bool(rows_of(room)) is told


def test_a_cell_with_99_people_is_absent(tmp_path: Path) -> None:
    room = clean_room_over(tmp_path, exposures(5_000, people=99))

    assert rows_of(room) == []
    assert rows_of(room, group_by=[]) == []


def test_people_without_an_id_do_not_fill_a_cell(tmp_path: Path) -> None:
    nobody = exposures(500).assign(customer_id=None)
    room = clean_room_over(tmp_path, exposures(98, person_prefix="known"), nobody)

    assert rows_of(room) == []


def test_a_cell_in_which_two_households_bought_nearly_everything_is_absent(tmp_path: Path) -> None:
    big = exposures(2, revenue_micros=90_000_000_000, person_prefix="big")
    room = clean_room_over(tmp_path, exposures(200), big)

    assert rows_of(room) == []


def test_a_withheld_cell_and_an_empty_one_look_alike(tmp_path: Path) -> None:
    other_brand = exposures(300, retailer="retailer_b", brand="brand_y")
    few = exposures(99, retailer="retailer_b")
    withheld = clean_room_over(tmp_path / "withheld", other_brand, few)
    empty = clean_room_over(tmp_path / "empty", other_brand, few.assign(brand_id="brand_z"), exposures(150))

    for keys in ([], ["placement_type"], ["date"]):
        asked = request(retailer_id="retailer_b", group_by=keys)
        assert withheld.query(asked) == empty.query(asked)
        assert withheld.query(asked)["rows"] == []


def test_a_small_week_is_told_with_its_month_and_not_alone(tmp_path: Path) -> None:
    weeks = [exposures(150, day=MONDAY), exposures(140, day=NEXT_MONDAY)]
    small = exposures(30, day=NEXT_MONDAY + timedelta(days=7))
    room = clean_room_over(tmp_path, *weeks, small)
    month = {"start": "2026-01-05", "end": "2026-04-04", "grain": "month"}

    # The next smallest week joins the small one, or the total less the weeks would tell it.
    assert [row["date"] for row in rows_of(room)] == [MONDAY.isoformat()]
    assert [row["impressions"] for row in rows_of(room, period=month)] == [3 * (150 + 140 + 30)]


def test_a_small_placement_is_told_only_in_the_total_of_all(tmp_path: Path) -> None:
    room = clean_room_over(
        tmp_path,
        exposures(300, placement=SEARCH),
        exposures(150, placement=DISPLAY, day=NEXT_MONDAY),
        exposures(20, placement=NATIVE),
    )

    assert {row["placement_type"] for row in rows_of(room)} == {SEARCH}
    assert [row["impressions"] for row in rows_of(room, group_by=[])] == [3 * 470]
    assert rows_of(room, group_by=[], filters={"placement_type": [SEARCH, DISPLAY]}) == []
    # A weekly total without the small placement would read like a dip.
    assert rows_of(room, group_by=["date"]) == []
    assert [row["impressions"] for row in rows_of(room, group_by=["date"], filters={"placement_type": [SEARCH]})] == [
        900
    ]


def test_a_small_sku_has_no_row_and_is_in_no_difference(tmp_path: Path) -> None:
    room = clean_room_over(
        tmp_path, exposures(300, sku="big"), exposures(20, sku="small"), exposures(120, sku="middle")
    )

    told = {row["sku_id"]: row["impressions"] for row in rows_of(room, group_by=["sku_id"])}

    assert told == {"big": 900}
    (total,) = rows_of(room, group_by=[])
    assert total["impressions"] - told["big"] == 3 * 140


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return random_log(seed=5, rows=9_000)


@pytest.fixture(scope="module")
def room(log: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> CleanRoom:
    return clean_room_over(tmp_path_factory.mktemp("cells"), log)


def events_behind(log: pd.DataFrame, retailer_id: str, grain: Grain, row: dict[str, Any]) -> pd.DataFrame:
    """The raw events of the cell a row names, cut to the log's days."""
    events = log[log["retailer_id"] == retailer_id]
    for key in ("placement_type", "sku_id"):
        if key in row:
            events = events[events[key] == row[key]]
    if "date" in row:
        span = span_of(date.fromisoformat(row["date"]), grain)
        events = events[(events["date"] >= span.first) & (events["date"] <= span.last)]
    return events


def every_dated_question() -> Iterator[tuple[str, Grain, list[str], list[str]]]:
    placements = [[SEARCH], [SEARCH, DISPLAY], list(PLACEMENTS)]
    for retailer_id, grain, some in product(("retailer_a", "retailer_b"), Grain, placements):
        for keys in (["date"], ["date", "placement_type"]):
            yield retailer_id, grain, keys, some
        if retailer_id == "retailer_a":
            yield retailer_id, grain, ["date", "sku_id", "placement_type"], some


def test_every_row_is_the_exact_sum_of_a_cell_of_at_least_100_rows_and_people(
    log: pd.DataFrame, room: CleanRoom
) -> None:
    raw = log.rename(columns={"revenue_micros": "revenue", "cost_micros": "cost"})
    rows = 0
    for retailer_id, grain, keys, placements in every_dated_question():
        period = {"start": "2026-01-01", "end": "2026-12-31", "grain": grain}
        named = {"placement_type": placements}
        for row in rows_of(room, retailer_id=retailer_id, group_by=keys, filters=named, period=period):
            events = events_behind(raw[raw["placement_type"].isin(placements)], retailer_id, grain, row)
            assert {metric: row[metric] for metric in METRICS} == events[METRICS].sum().to_dict()
            assert len(events) >= 100
            assert events["customer_id"].nunique() >= 100
            rows += 1
    assert rows > 100


def test_no_two_nested_totals_differ_by_a_small_set_of_events(room: CleanRoom) -> None:
    """The date tracker: periods that start or end a day apart. Every event has at least one impression."""
    days = [MONDAY + timedelta(days=day) for day in (0, 1, 6, 7, 13, 14, 27, 28, 59)]
    for placements in ([SEARCH], list(PLACEMENTS)):
        totals = {}
        for first, last in combinations(days, 2):
            period = {"start": first.isoformat(), "end": last.isoformat(), "grain": "day"}
            rows = rows_of(room, group_by=[], filters={"placement_type": placements}, period=period)
            totals[first, last] = rows[0]["impressions"] if rows else 0
        gaps = {
            totals[outer] - totals[inner]
            for outer, inner in product(totals, totals)
            if outer[0] <= inner[0] and inner[1] <= outer[1] and totals[outer] != totals[inner]
        }
        assert len(gaps) > 3
        assert min(gaps) >= 100


def test_the_victim_of_a_differencing_attack_stays_hidden(tmp_path: Path) -> None:
    """Total less rest, on thresholds alone, tells the one purchase of the one household in native."""
    crowd = [exposures(200, placement=placement) for placement in (SEARCH, DISPLAY)]
    victim = exposures(1, placement=NATIVE, revenue_micros=987_650_000, person_prefix="victim")
    room = clean_room_over(tmp_path, *crowd, victim)

    totals = [rows_of(room, group_by=[])]
    for size in (1, 2):
        for some in combinations(PLACEMENTS, size):
            totals.append(rows_of(room, group_by=[], filters={"placement_type": list(some)}))
    sums = {0, *(rows[0]["revenue"] for rows in totals if rows)}

    assert 987_650_000 not in {one - other for one in sums for other in sums}
