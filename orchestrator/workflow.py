"""From brief to run record: a tuple of steps over one record that only grows."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from orchestrator.runs import new_run_id
from orchestrator.services import Services, open_services
from orchestrator.settings import read_settings
from orchestrator.steps import STEPS
from orchestrator.workbench import Workbench
from schemas.brief import CampaignBrief, parse_brief, read_brief
from schemas.errors import RetailMediaError
from schemas.run import RunRecord, StepRecord
from schemas.tasks import Task

logger = logging.getLogger(__name__)

OnStep = Callable[[Task, StepRecord | None], None]


def run_brief(
    brief: CampaignBrief, services: Services, clean_room: bool = False, on_step: OnStep = lambda task, record: None
) -> RunRecord:
    """Every step in order; the record is saved after each, so a run that dies keeps what was done.

    `on_step(task, None)` is called when a step starts and `on_step(task, record)` when it ends. A step that cannot go
    on (an infeasible brief, missing data) ends the run with `failure`; it does not raise.
    """
    started = time.perf_counter()
    run_id = new_run_id()
    record = RunRecord(
        run_id=run_id,
        created_at=datetime.now(UTC),
        seconds=0,
        clean_room=clean_room,
        model_url=services.federation.model_url,
        brief=brief,
        data=None,
        plan=None,
        drafts=(),
        verdict=None,
        steps=(),
        comparison=None,
    )
    with Workbench.open(brief, services, clean_room, services.runs.folder(run_id)) as bench:
        for task, step in STEPS:
            on_step(task, None)
            try:
                record = step(record, bench)
            except RetailMediaError as error:
                logger.warning("run stopped: run=%s task=%s error=%s", run_id, task.value, type(error).__name__)
                record = record.model_copy(update={"failure": f"{task.value}: {error}"})
                break
            finally:
                record = record.model_copy(update={"seconds": time.perf_counter() - started})
                services.runs.save(record)
            on_step(task, record.steps[-1])
    return record


def demo_workflow(user_input: str | Path | CampaignBrief, clean_room: bool = False) -> RunRecord:
    """A brief (a value, its JSON text, or a file) through the whole product, with settings from the environment."""
    match user_input:
        case CampaignBrief():
            brief = user_input
        case Path():
            brief = read_brief(user_input)
        case str():
            brief = parse_brief(user_input)
    return run_brief(brief, open_services(read_settings()), clean_room)
