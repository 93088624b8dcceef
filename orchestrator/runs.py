"""Run records on disk: one folder per run, `<runs_dir>/<run_id>/run.json` beside what the run wrote."""

import logging
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import DataMissing
from schemas.run import RunRecord

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunSummary:
    run_id: str
    created_at: datetime
    name: str
    clean_room: bool
    failed: bool


def new_run_id(now: datetime | None = None) -> str:
    """Sorts by time; the tail keeps two runs of one second apart."""
    return f"{(now or datetime.now(UTC)):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def write_record(record: RunRecord, path: Path) -> None:
    """Whole or not at all: a reader never sees half a record."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(record.model_dump_json(indent=1), encoding="utf-8")
    draft.replace(path)


class RunStore:
    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def folder(self, run_id: str) -> Path:
        return self.directory / run_id

    def save(self, record: RunRecord) -> Path:
        path = self.folder(record.run_id) / "run.json"
        write_record(record, path)
        return path

    def load(self, run_id: str) -> RunRecord:
        """Raises DataMissing when there is no such run or it cannot be read."""
        if run_id not in {path.parent.name for path in self._files()}:
            raise DataMissing(f"no run {run_id!r} under {str(self.directory)!r}")
        try:
            return RunRecord.model_validate_json((self.folder(run_id) / "run.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise DataMissing(f"run {run_id!r} cannot be read; run the brief again") from error

    def list(self) -> tuple[RunSummary, ...]:
        """Newest first. A record that cannot be read is left out and logged, not fatal."""
        return tuple(_summary(record) for record in self._records())

    def latest(self, clean_room: bool | None = None) -> RunRecord | None:
        """The newest run, of one mode when `clean_room` is given."""
        wanted = (record for record in self._records() if clean_room is None or record.clean_room is clean_room)
        return next(wanted, None)

    def _files(self) -> tuple[Path, ...]:
        return tuple(sorted(self.directory.glob("*/run.json"), key=lambda path: path.parent.name, reverse=True))

    def _records(self) -> Iterator[RunRecord]:
        for path in self._files():
            try:
                yield RunRecord.model_validate_json(path.read_text(encoding="utf-8"))
            except (OSError, ValidationError) as error:
                logger.warning("run left out: file=%s reason=%s", path, type(error).__name__)


def _summary(record: RunRecord) -> RunSummary:
    return RunSummary(
        run_id=record.run_id,
        created_at=record.created_at,
        name=record.brief.name,
        clean_room=record.clean_room,
        failed=record.failure is not None,
    )
