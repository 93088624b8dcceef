"""Runs briefs one at a time beside the app, and tells how far the current one is."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orchestrator.preparation import prepare
from orchestrator.services import Services
from orchestrator.workflow import run_brief
from schemas.brief import CampaignBrief
from schemas.errors import RetailMediaError
from schemas.run import StepRecord
from schemas.tasks import Task

logger = logging.getLogger(__name__)


class RunInProgress(RetailMediaError):
    """Asked to run a brief while another one runs."""


@dataclass(frozen=True)
class Job:
    brief: CampaignBrief
    clean_room: bool


@dataclass(frozen=True)
class Progress:
    """`done` grows in the order of the steps; `error` is why a run left no record. Times are `time.monotonic()`."""

    job: Job
    started: float
    waiting: int = 0
    note: str | None = None
    task: Task | None = None
    task_started: float = 0.0
    done: tuple[StepRecord, ...] = ()
    ended: float | None = None
    run_id: str | None = None
    error: str | None = None

    @property
    def is_running(self) -> bool:
        return self.ended is None

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.started

    @property
    def task_seconds(self) -> float:
        """How long the current step has been going on."""
        return time.monotonic() - self.task_started


@dataclass
class Runner:
    services: Services
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _progress: Progress | None = None
    _last_run_id: str | None = None
    _busy: bool = False

    @property
    def progress(self) -> Progress | None:
        """The current run, else the last one; null before the first."""
        return self._progress

    @property
    def last_run_id(self) -> str | None:
        """The run that was stored last by this runner."""
        return self._last_run_id

    @property
    def is_busy(self) -> bool:
        return self._busy

    def start(self, jobs: Sequence[Job]) -> None:
        """Returns at once; the jobs run one after the other. Raises RunInProgress."""
        assert jobs
        with self._lock:
            if self._busy:
                raise RunInProgress("a run is going on; it shows up here when it is done, then start yours")
            self._busy = True
            self._progress = _fresh(jobs[0], waiting=len(jobs) - 1)
        threading.Thread(target=self._work, args=(tuple(jobs),), name="run", daemon=True).start()

    def _work(self, jobs: tuple[Job, ...]) -> None:
        try:
            for place, job in enumerate(jobs):
                self._progress = _fresh(job, waiting=len(jobs) - 1 - place)
                self._run(job)
        finally:
            self._busy = False

    def _run(self, job: Job) -> None:
        try:
            prepare(self.services.settings, job.brief.brand_id, say=lambda line: self._update(note=line))
            self._update(note=None)
            record = run_brief(job.brief, self.services, job.clean_room, on_step=self._on_step)
        except RetailMediaError as error:
            self._update(ended=time.monotonic(), error=str(error))
        except Exception as error:
            # The thread has nobody above it: what it does not say here is never seen by anyone.
            logger.exception("run broke: brief=%s", job.brief.name)
            reason = f"the run broke with {type(error).__name__}: {error}; the app's log has the details"
            self._update(ended=time.monotonic(), error=reason)
        else:
            self._last_run_id = record.run_id
            self._update(ended=time.monotonic(), run_id=record.run_id, error=record.failure)

    def _on_step(self, task: Task, record: StepRecord | None) -> None:
        if record is None:
            self._update(task=task, task_started=time.monotonic())
        else:
            assert self._progress is not None
            self._update(task=None, done=(*self._progress.done, record))

    def _update(self, **changes: object) -> None:
        assert self._progress is not None
        self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]


def _fresh(job: Job, waiting: int) -> Progress:
    return Progress(job, started=time.monotonic(), waiting=waiting)
