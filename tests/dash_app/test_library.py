"""Stored runs as the app sees them."""

from pathlib import Path

from dash_app.library import RunLibrary
from dash_app.state import ViewState
from orchestrator.runs import RunStore
from tests.dash_app.records import BRIEF, make_record

FIRST, SECOND, THIRD = "20260405T100000-aaaaaa", "20260405T110000-bbbbbb", "20260405T120000-cccccc"


def library_of(directory: Path, *records: object) -> RunLibrary:
    store = RunStore(directory)
    for record in records:
        store.save(record)  # type: ignore[arg-type]
    return RunLibrary(store)


def test_without_a_run_there_is_nothing_to_view(tmp_path: Path) -> None:
    library = library_of(tmp_path)

    assert library.view(library.settled(ViewState())) is None


def test_the_newest_run_is_shown_when_none_is_asked_for(tmp_path: Path) -> None:
    library = library_of(tmp_path, make_record(FIRST), make_record(SECOND))

    assert library.settled(ViewState()).run_id == SECOND


def test_a_run_that_is_not_stored_is_named_as_lost(tmp_path: Path) -> None:
    library = library_of(tmp_path, make_record(FIRST))

    settled = library.settled(ViewState(run_id="gone"))

    assert (settled.run_id, settled.lost_run_id) == (FIRST, "gone")


def test_a_run_that_still_goes_on_is_not_the_newest(tmp_path: Path) -> None:
    half = make_record(SECOND)
    library = library_of(tmp_path, make_record(FIRST), half.model_copy(update={"steps": half.steps[:2]}))

    assert library.newest == FIRST


def test_a_run_that_went_on_is_read_again(tmp_path: Path) -> None:
    whole = make_record(FIRST)
    library = library_of(tmp_path, whole.model_copy(update={"steps": whole.steps[:2]}))
    library.record(FIRST)

    RunStore(tmp_path).save(whole)

    assert library.record(FIRST) == whole


def test_the_switch_shows_the_other_arm_and_the_words_of_that_modes_run(tmp_path: Path) -> None:
    library = library_of(tmp_path, make_record(FIRST), make_record(SECOND, clean_room=True))

    full = library.view(ViewState(run_id=FIRST))
    clean = library.view(ViewState(run_id=FIRST, clean_room=True))

    assert full is not None and clean is not None and full.result and clean.result
    assert full.result.metrics != clean.result.metrics
    assert full.words is not None and full.words.run_id == FIRST
    assert clean.words is not None and clean.words.run_id == SECOND
    assert clean.record.run_id == FIRST


def test_a_run_of_another_brief_lends_no_words(tmp_path: Path) -> None:
    other = make_record(SECOND, clean_room=True, brief=BRIEF.model_copy(update={"budget": 7000.0}))
    library = library_of(tmp_path, make_record(FIRST), other)

    view = library.view(ViewState(run_id=FIRST, clean_room=True))

    assert view is not None
    assert view.words is None


def test_a_run_that_failed_lends_no_words(tmp_path: Path) -> None:
    failed = make_record(SECOND, clean_room=True, failure="optimize: infeasible")
    library = library_of(tmp_path, make_record(FIRST), failed)

    view = library.view(ViewState(run_id=FIRST, clean_room=True))

    assert view is not None
    assert view.words is None


def test_a_run_added_by_someone_else_shows_after_a_refresh(tmp_path: Path) -> None:
    library = library_of(tmp_path, make_record(FIRST))

    RunStore(tmp_path).save(make_record(THIRD))
    library.refresh()

    assert [summary.run_id for summary in library.summaries] == [THIRD, FIRST]
