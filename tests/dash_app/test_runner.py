"""Runs beside the app, one at a time, over a real market and without a model server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dash_app.formatting import count
from dash_app.runner import Job, Progress, RunInProgress, Runner
from dash_app.shell import draw_strip
from dash_app.tabs.plan import draw_progress
from orchestrator.services import Services
from schemas.brief import read_brief
from schemas.tasks import Task
from tests.dash_app.reading import all_text
from tests.dash_app.records import make_step

SECONDS = 120


@contextmanager
def finished(runner: Runner) -> Iterator[None]:
    """Waits for the runs that the block starts."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(SECONDS)
    assert not runner.is_busy


def test_a_brief_runs_in_both_modes_one_after_the_other(services: Services) -> None:
    runner = Runner(services)
    brief = read_brief(services.settings.brief)

    with finished(runner):
        runner.start([Job(brief, clean_room=False), Job(brief, clean_room=True)])
        with pytest.raises(RunInProgress, match="a run is going on"):
            runner.start([Job(brief, clean_room=False)])

    assert sorted(summary.clean_room for summary in services.runs.list()) == [False, True]
    progress = runner.progress
    assert progress is not None and not progress.is_running
    assert [step.task for step in progress.done] == list(Task)
    assert runner.last_run_id == progress.run_id


def test_a_brief_that_cannot_run_says_why_and_leaves_the_runner_free(services: Services) -> None:
    runner = Runner(services)
    brief = read_brief(services.settings.brief).model_copy(update={"retailers": ("retailer_z",), "limits": ()})

    with finished(runner):
        runner.start([Job(brief, clean_room=False)])

    assert runner.progress is not None
    assert "'retailer_z'" in (runner.progress.error or "")
    assert "'retailer_z'" in all_text(draw_strip(runner.progress))
    assert services.runs.list() == ()


def test_an_infeasible_brief_keeps_its_record_and_its_reason(services: Services) -> None:
    runner = Runner(services)
    brief = read_brief(services.settings.brief)
    limit = brief.limits[0].model_copy(update={"min_spend": 50_000.0})

    with finished(runner):
        runner.start([Job(brief.model_copy(update={"limits": (limit,)}), clean_room=False)])

    assert runner.last_run_id is not None
    record = services.runs.load(runner.last_run_id)
    assert record.failure is not None and "retailer_a" in record.failure


def progress_at(task: Task | None, done: int) -> Progress:
    brief = make_brief_job()
    return Progress(brief, started=0.0, task=task, done=tuple(make_step(step, False) for step in list(Task)[:done]))


def make_brief_job() -> Job:
    from tests.dash_app.records import BRIEF

    return Job(BRIEF, clean_room=False)


def test_the_strip_names_the_step_and_how_many_there_are() -> None:
    assert f"Plan (2 of {count(len(Task))})" in all_text(draw_strip(progress_at(Task.PLAN, 1)))


def test_the_progress_lists_done_running_and_waiting_steps_in_order() -> None:
    text = all_text(draw_progress(progress_at(Task.OPTIMIZE, 2)))

    assert text.index("done") < text.index("running") < text.index("waiting")
    assert text.count("done") == 2 and text.count("waiting") == 3


def test_nothing_is_drawn_when_nothing_runs() -> None:
    assert draw_strip(None) is None
    assert draw_progress(None) == []
