import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from clean_room import CleanRoom
from clean_room.atom_store import open_atoms
from clean_room.builder import Built, build
from clean_room.builder_lock import only_builder
from schemas.errors import DataMissing, InputInvalid
from tests.clean_room.worlds import MONDAY, PLACEMENTS, exposures, random_log, request, with_ids, write_market

LAST_DAY = MONDAY + timedelta(days=27)


def atoms_in(path: Path) -> list[tuple[object, ...]]:
    with open_atoms(path) as connection:
        return connection.execute("SELECT * FROM atoms ORDER BY ALL").fetchall()


def built_from(tmp_path: Path, log: pd.DataFrame, parameters: str = '{"seed": 1}') -> dict[str, Built]:
    built = build(write_market(tmp_path / "market", log, parameters), "brand_x", tmp_path / "clean_room")
    return {one.manifest.retailer_id: one for one in built}


def four_weeks() -> pd.DataFrame:
    return with_ids(*(exposures(150, day=MONDAY + timedelta(days=day)) for day in (0, 7, 14, 21, 27)))


def test_one_late_row_of_a_closed_day_changes_nothing(tmp_path: Path) -> None:
    log = four_weeks()
    before = atoms_in(built_from(tmp_path, log)["retailer_a"].path)
    late = exposures(1, day=MONDAY, revenue_micros=987_650_000, person_prefix="victim").assign(event_id="late")

    built = built_from(tmp_path, pd.concat([log, late], ignore_index=True))["retailer_a"]

    assert atoms_in(built.path) == before
    assert built.closed_before == LAST_DAY


def test_a_row_removed_or_restated_in_a_closed_day_changes_nothing(tmp_path: Path) -> None:
    log = four_weeks()
    before = atoms_in(built_from(tmp_path, log)["retailer_a"].path)

    built = built_from(tmp_path, log.iloc[1:].assign(revenue_micros=1))["retailer_a"]

    assert atoms_in(built.path) == before


def test_later_days_are_added_beside_what_was_told(tmp_path: Path) -> None:
    log = four_weeks()
    before = atoms_in(built_from(tmp_path, log)["retailer_a"].path)
    next_week = exposures(200, day=LAST_DAY + timedelta(days=3)).assign(
        event_id=[f"new-{number}" for number in range(200)]
    )

    built = built_from(tmp_path, pd.concat([log, next_week], ignore_index=True))["retailer_a"]

    after = atoms_in(built.path)
    assert set(before) < set(after)
    assert built.manifest.last_day == LAST_DAY + timedelta(days=3)
    assert all(str(row[3]) > LAST_DAY.isoformat() for row in set(after) - set(before))


def test_another_market_is_built_anew(tmp_path: Path) -> None:
    built_from(tmp_path, four_weeks())

    built = built_from(tmp_path, with_ids(exposures(150)), '{"seed": 2}')["retailer_a"]

    assert built.closed_before is None
    assert built.atoms.loc[built.atoms["shape"] == "placement", "impressions"].sum() == 450


def test_a_retailer_that_left_the_market_has_no_file_any_more(tmp_path: Path) -> None:
    both = with_ids(exposures(150), exposures(150, retailer="retailer_b"))
    old = built_from(tmp_path, both)["retailer_b"].path

    built_from(tmp_path, with_ids(exposures(150)), '{"seed": 2}')

    assert not old.exists()


def test_the_same_log_in_another_order_gives_the_same_atoms(tmp_path: Path) -> None:
    log = with_ids(random_log(seed=8, rows=4_000))
    shuffled = log.sample(frac=1, random_state=3, ignore_index=True)

    one, other = built_from(tmp_path / "one", log), built_from(tmp_path / "other", shuffled)

    assert all(atoms_in(one[retailer].path) == atoms_in(other[retailer].path) for retailer in one)


def test_all_atoms_of_a_shape_together_hold_every_clean_event(tmp_path: Path) -> None:
    log = with_ids(random_log(seed=9, rows=6_000))
    poisoned = log.assign(cost_micros=log["cost_micros"].astype(float))
    poisoned.loc[[5, 50], "cost_micros"] = [np.nan, np.inf]

    built = built_from(tmp_path, poisoned)

    assert sum(one.quarantined for one in built.values()) == 2
    clean = log.drop(index=[5, 50])
    for retailer_id, one in built.items():
        expected = clean.loc[clean["retailer_id"] == retailer_id, "impressions"].sum()
        assert (one.atoms.groupby("shape")["impressions"].sum() == expected).all()
    assert set(built["retailer_a"].atoms["shape"]) == {"placement", "sku"}
    assert set(built["retailer_b"].atoms["shape"]) == {"placement"}


def test_only_the_asked_brand_is_built(tmp_path: Path) -> None:
    log = with_ids(exposures(150), exposures(150, brand="brand_y", placement="sponsored_display"))

    built = built_from(tmp_path, log)["retailer_a"]

    assert set(built.atoms["placement_type"].dropna()) <= {"sponsored_search"}
    assert built.events == 150


def test_the_file_holds_nothing_of_the_log_but_atoms(tmp_path: Path) -> None:
    log = with_ids(random_log(seed=4, rows=4_000), exposures(150, person_prefix="needle"))
    path = built_from(tmp_path, log)["retailer_a"].path

    content = path.read_bytes()

    for hidden in (b"needle-", b"household-", b"event-", b"secret-street", b"Bold coffee"):
        assert hidden not in content
    with open_atoms(path) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    assert {name for (name,) in tables} == {"atoms", "manifest"}


def test_a_build_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = built_from(tmp_path, four_weeks())["retailer_a"].path
    before = path.read_bytes()

    with pytest.raises(InputInvalid, match="no column clicks"):
        built_from(tmp_path, four_weeks().drop(columns=["clicks"]))

    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["retailer_a.duckdb"]


def test_a_log_that_is_cut_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = built_from(tmp_path, four_weeks())["retailer_a"].path
    before = path.read_bytes()
    log = tmp_path / "market" / "events.parquet"
    log.write_bytes(log.read_bytes()[:-200])

    with pytest.raises(InputInvalid, match="not a Parquet event log"):
        build(tmp_path / "market", "brand_x", tmp_path / "clean_room")

    assert path.read_bytes() == before


def test_a_clean_room_file_that_is_cut_off_is_refused_and_named_to_the_builder(tmp_path: Path) -> None:
    path = built_from(tmp_path, four_weeks())["retailer_a"].path
    path.write_bytes(path.read_bytes()[:5_000])

    answer = CleanRoom(tmp_path / "clean_room", "brand_x").query(request())

    assert answer == {"status": "refused", "code": "NOT_ANSWERABLE"}
    with pytest.raises(InputInvalid, match=r"retailer_a\.duckdb' cannot be read as a clean room; remove it"):
        built_from(tmp_path, four_weeks())


def test_a_full_disk_fails_the_build_and_the_old_snapshot_keeps_answering(tmp_path: Path) -> None:
    built_from(tmp_path, four_weeks())
    room = CleanRoom(tmp_path / "clean_room", "brand_x")
    before = room.query(request())

    full = run_python(BUILD_ON_A_FULL_DISK, tmp_path)

    assert full.returncode == 1, full.stderr
    assert "make room on the disk and build again" in full.stderr
    assert room.query(request()) == before
    assert sorted(entry.name for entry in room.folder.iterdir()) == [
        "audit.key",
        "audit.sqlite",
        "retailer_a.duckdb",
    ]


def test_of_two_builders_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    built_from(tmp_path, four_weeks())
    before = atoms_in(tmp_path / "clean_room" / "brand_x" / "retailer_a.duckdb")

    with only_builder(tmp_path / "clean_room" / "brand_x"):
        second = run_python(BUILD, tmp_path)

    assert second.returncode == 1
    assert "another build of" in second.stderr and "build again when it has ended" in second.stderr
    assert atoms_in(tmp_path / "clean_room" / "brand_x" / "retailer_a.duckdb") == before
    assert run_python(BUILD, tmp_path).returncode == 0


BUILD = """
import sys
from clean_room.__main__ import main
from schemas.command_line import run_command
folder = sys.argv[1]
run_command(main, ["build", "--market", f"{folder}/market", "--out", f"{folder}/clean_room"])
"""
# A file of this process may not outgrow 64 kB: a write beyond fails as on a full disk.
BUILD_ON_A_FULL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))" + BUILD


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)


def test_a_build_keeps_the_audit(tmp_path: Path) -> None:
    built_from(tmp_path, four_weeks())
    room = CleanRoom(tmp_path / "clean_room", "brand_x")
    room.query(request())

    built_from(tmp_path, four_weeks(), '{"seed": 2}')

    assert room.audit.verify().entries == 1


def test_a_clean_room_of_another_policy_version_is_not_answered_from(tmp_path: Path) -> None:
    path = built_from(tmp_path, four_weeks())["retailer_a"].path
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE manifest SET policy_version = 'older'")

    answer = CleanRoom(tmp_path / "clean_room", "brand_x").query(request())

    assert answer == {"status": "refused", "code": "NOT_ANSWERABLE"}


def test_a_folder_without_a_market_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="python -m data generate"):
        build(tmp_path, "brand_x", tmp_path / "out")


@pytest.mark.parametrize(
    ("brand", "message"),
    [("brand_z", "no brand 'brand_z'; it has brand_x"), ("../x", "not a plain name"), ("", "plain")],
)
def test_a_brand_that_is_not_there_is_named(tmp_path: Path, brand: str, message: str) -> None:
    market = write_market(tmp_path / "market", with_ids(exposures(150)))

    with pytest.raises(InputInvalid, match=message):
        build(market, brand, tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_a_market_of_unknown_retailers_only_is_refused(tmp_path: Path) -> None:
    market = write_market(tmp_path / "market", with_ids(exposures(150, retailer="corner_shop")))

    with pytest.raises(InputInvalid, match="no retailer of this market has a clean-room policy; it has corner_shop"):
        build(market, "brand_x", tmp_path / "out")


def test_a_log_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    market = write_market(tmp_path / "market", with_ids(exposures(1)))
    (market / "events.parquet").write_bytes(b"not parquet")

    with pytest.raises(InputInvalid, match="not a Parquet event log"):
        build(market, "brand_x", tmp_path / "out")


def test_every_day_of_a_large_brand_is_told_alone(tmp_path: Path) -> None:
    days = [MONDAY + timedelta(days=day) for day in range(3)]
    built_from(tmp_path, with_ids(*(exposures(120, day=day, placement=name) for day in days for name in PLACEMENTS)))

    period = {"start": days[0].isoformat(), "end": days[-1].isoformat(), "grain": "day"}
    answer = CleanRoom(tmp_path / "clean_room", "brand_x").query(request(period=period))

    assert len(answer["rows"]) == 9
    assert {date.fromisoformat(row["date"]) for row in answer["rows"]} == set(days)
