"""Stored runs as the app needs them: which there are, one of them, and its counterpart in the other mode."""

from dataclasses import replace

from dash_app.run_view import RunView, is_finished
from dash_app.state import ViewState
from orchestrator.runs import RunStore, RunSummary
from schemas.errors import DataMissing
from schemas.run import RunRecord


class RunLibrary:
    """Finished records never change, so each is read once. `refresh` looks for runs that were added since."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._summaries: tuple[RunSummary, ...] = ()
        self._finished: dict[str, RunRecord] = {}
        self.refresh()

    def refresh(self) -> None:
        self._summaries = self._store.list()

    @property
    def summaries(self) -> tuple[RunSummary, ...]:
        """Newest first."""
        return self._summaries

    @property
    def newest(self) -> str | None:
        """The newest run that ended, so that opening the app during a run shows something whole."""
        ended = (summary.run_id for summary in self._summaries if is_finished(self.record(summary.run_id)))
        return next(ended, self._summaries[0].run_id if self._summaries else None)

    def record(self, run_id: str) -> RunRecord:
        """Raises DataMissing when there is no such run."""
        if run_id in self._finished:
            return self._finished[run_id]
        record = self._store.load(run_id)
        if is_finished(record):
            self._finished[run_id] = record
        return record

    def settled(self, state: ViewState) -> ViewState:
        """The state with a run that exists: the asked one, else the newest, with the lost one named."""
        known = {summary.run_id for summary in self._summaries}
        if state.run_id in known:
            return replace(state, lost_run_id=None)
        return replace(state, run_id=self.newest, lost_run_id=state.run_id)

    def view(self, state: ViewState) -> RunView | None:
        """Null while there is no run."""
        if state.run_id is None:
            return None
        try:
            record = self.record(state.run_id)
        except DataMissing:
            return None
        return RunView(record, state.clean_room, self._in_mode(record, state.clean_room))

    def _in_mode(self, record: RunRecord, clean_room: bool) -> RunRecord | None:
        """The run itself, or the newest finished run of the same brief in that mode."""
        if record.clean_room is clean_room:
            return record
        candidates = (
            self.record(summary.run_id)
            for summary in self._summaries
            if summary.clean_room is clean_room and not summary.failed
        )
        return next((other for other in candidates if other.brief == record.brief and is_finished(other)), None)
