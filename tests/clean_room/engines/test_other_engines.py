"""The same plan in Ibis: on DuckDB and SQLite it gives the engine's own rows, elsewhere it compiles exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import ibis
import pandas as pd
import pytest

from clean_room.answer import answer_rows
from clean_room.atom_store import Manifest, read_manifest
from clean_room.explain import around, plan_of
from clean_room.portable import ATOMS, DIALECTS, compiled, rows_on
from clean_room.query_plan import QueryPlan, read_request
from schemas.clean_room import RefusalCode
from schemas.errors import InputInvalid
from tests.clean_room.worlds import MONDAY, PLACEMENTS, clean_room_over, exposures, random_log
from tests.clean_room.worlds import request as request_for

# Ibis 12 reads SQLite through an option that pandas 3 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")


@dataclass(frozen=True)
class Copies:
    """One retailer's atoms, as the engine has them and on two other engines."""

    atoms: duckdb.DuckDBPyConnection
    manifest: Manifest
    others: dict[str, Any]


def _by_hand() -> list[pd.DataFrame]:
    """Six weeks of two SKUs in two placements, and thin weeks that are pooled to a month."""
    full = [
        exposures(150, day=MONDAY + timedelta(days=7 * week), placement=placement, sku=sku)
        for week in range(6)
        for placement, sku in ((PLACEMENTS[0], "sku-1"), (PLACEMENTS[1], "sku-2"))
    ]
    thin = [exposures(60, day=MONDAY + timedelta(days=day), person_prefix=f"thin-{day}") for day in (56, 63)]
    return [*full, *thin]


def _at_random() -> list[pd.DataFrame]:
    """SKUs of which one is told by placement, with its other placements pooled."""
    return [random_log(4, 5_000, days=35, households=700, skus=4).query("retailer_id == 'retailer_a'")]


@pytest.fixture(scope="module", params=[_by_hand, _at_random], ids=["by hand", "at random"])
def copies(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copies]:
    room = clean_room_over(tmp_path_factory.mktemp("engines"), *request.param())
    on_duckdb = ibis.duckdb.connect(room.folder / "retailer_a.duckdb", read_only=True)
    yield Copies(
        on_duckdb.con, read_manifest(on_duckdb.con), {"duckdb": on_duckdb, "sqlite": _in_sqlite(on_duckdb.con)}
    )
    on_duckdb.disconnect()


def _in_sqlite(atoms: duckdb.DuckDBPyConnection) -> Any:
    """Filled row by row: the memory tables of Ibis 12 do not load into SQLite beside sqlglot 30.30."""
    backend = ibis.sqlite.connect()
    backend.create_table("atoms", schema=ATOMS.schema())
    rows = atoms.execute("SELECT * FROM atoms").fetchall()
    values = [[value.isoformat() if isinstance(value, date) else value for value in row] for row in rows]
    backend.con.executemany(f"INSERT INTO atoms VALUES ({', '.join('?' * len(ATOMS.columns))})", values)
    return backend


def plan(**changes: object) -> QueryPlan:
    read = read_request(request_for(**changes))
    found = plan_of(read)
    assert not isinstance(found, RefusalCode)
    return found


def asked(grain: str, start: str = "2026-01-01", end: str = "2026-04-30") -> dict[str, str]:
    return {"start": start, "end": end, "grain": grain}


QUESTIONS = {
    "all": {"group_by": [], "period": asked("week")},
    "one placement": {"group_by": [], "period": asked("week"), "filters": {"placement_type": list(PLACEMENTS[:1])}},
    "weeks": {"group_by": ["date"], "period": asked("week")},
    "weeks of two placements": {
        "group_by": ["date"], "period": asked("week"), "filters": {"placement_type": list(PLACEMENTS[:2])},
    },
    "months by placement": {"group_by": ["placement_type", "date"], "period": asked("month")},
    "days by placement": {"group_by": ["date", "placement_type"], "period": asked("day", "2026-01-10", "2026-01-20")},
    "part of the snapshot": {"group_by": ["placement_type"], "period": asked("week", "2026-01-12", "2026-02-10")},
    "part of a pooled month": {"group_by": ["placement_type"], "period": asked("week", "2026-02-23", "2026-03-05")},
    "skus": {"group_by": ["sku_id"], "period": asked("week")},
    "skus in one placement": {
        "group_by": ["sku_id"], "period": asked("week"), "filters": {"placement_type": list(PLACEMENTS[:1])},
    },
    "skus by month and placement": {"group_by": ["sku_id", "date", "placement_type"], "period": asked("month")},
    "no whole period": {"group_by": ["date"], "period": asked("month", "2026-01-20", "2026-01-21")},
}  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("engine", ["duckdb", "sqlite"])
def test_another_engine_gives_the_engines_own_rows(copies: Copies, engine: str, question: str) -> None:
    query = plan(**QUESTIONS[question])

    rows = rows_on(copies.others[engine], query, copies.manifest.snapshot)

    assert rows == answer_rows(copies.atoms, query, copies.manifest.snapshot)


def test_the_questions_are_partly_answered_and_partly_withheld(copies: Copies) -> None:
    counts = {
        question: len(answer_rows(copies.atoms, plan(**changes), copies.manifest.snapshot))
        for question, changes in QUESTIONS.items()
    }

    assert counts["no whole period"] == 0
    assert sum(count > 0 for count in counts.values()) >= 5


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_plan_compiles_without_an_approximate_count(dialect: str) -> None:
    query = plan(group_by=["sku_id"], filters={"placement_type": list(PLACEMENTS[:2])}, period=asked("week"))

    text = compiled(query, around(query), dialect).lower()

    assert "exact_placement" in text
    assert not any(word in text for word in ("uniq", "approx", "hll"))


def test_a_dialect_nobody_tried_is_refused() -> None:
    with pytest.raises(InputInvalid, match="'redshift' is no dialect we compile"):
        compiled(plan(), around(plan()), "redshift")
