from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.runs import RunStore, new_run_id
from schemas.brief import read_brief
from schemas.errors import DataMissing
from schemas.run import RunRecord

BRIEF = read_brief(Path(__file__).parents[2] / "data" / "briefs" / "spring_launch.json")
NOON = datetime(2026, 4, 6, 12, tzinfo=UTC)


def record(minutes: int = 0, clean_room: bool = False) -> RunRecord:
    created = NOON + timedelta(minutes=minutes)
    return RunRecord(
        run_id=new_run_id(created),
        created_at=created,
        seconds=1,
        clean_room=clean_room,
        model_url=None,
        brief=BRIEF,
        data=None,
        plan=None,
        drafts=(),
        verdict=None,
        steps=(),
        comparison=None,
    )


def test_a_saved_run_reads_back_as_it_was(tmp_path: Path) -> None:
    store, saved = RunStore(tmp_path), record()

    store.save(saved)

    assert store.load(saved.run_id) == saved


def test_the_newest_run_of_a_mode_is_the_latest(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    older, newer, clean = record(0), record(5), record(9, clean_room=True)
    for saved in (newer, clean, older):
        store.save(saved)

    assert store.latest(clean_room=False) == newer
    assert store.latest(clean_room=True) == clean
    assert [summary.run_id for summary in store.list()] == [clean.run_id, newer.run_id, older.run_id]


def test_a_record_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    store, good, broken = RunStore(tmp_path), record(0), record(1)
    store.save(good)
    store.save(broken).write_text("{", encoding="utf-8")

    assert store.latest() == good
    with pytest.raises(DataMissing, match="cannot be read"):
        store.load(broken.run_id)


@pytest.mark.parametrize("run_id", ["nothing", "../elsewhere", ""])
def test_a_run_id_that_is_not_a_run_never_reaches_the_disk(tmp_path: Path, run_id: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "run.json").write_text("{}", encoding="utf-8")

    with pytest.raises(DataMissing, match="no run"):
        RunStore(tmp_path / "runs").load(run_id)


def test_an_empty_folder_has_no_latest_run(tmp_path: Path) -> None:
    assert RunStore(tmp_path / "none").latest() is None
