"""The six steps of a run. Each selects its composition, lets its agent work, and adds one StepRecord."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel

from orchestrator.agents.base import BaseAgent
from orchestrator.agents.budget_optimizer import BudgetOptimizerAgent
from orchestrator.agents.creative import CreativeAgent, CreativeRequest
from orchestrator.agents.governance import GovernanceAgent, GovernanceCase
from orchestrator.agents.harmonizer import DataHarmonizerAgent, HarmonizeRequest
from orchestrator.agents.measurement import MeasurementAgent
from orchestrator.agents.planner import PlannerAgent
from orchestrator.evidence import compare_results, optimize_with_clean_room, optimize_with_full_data
from orchestrator.harmonizer import harmonize_to_rmis
from orchestrator.observation import clean_room_observation, full_observation
from orchestrator.profile import data_profile, exports_to_read
from orchestrator.tools.creative_generator import creative_jobs
from orchestrator.workbench import Workbench
from schemas.brands import BRAND_RULES
from schemas.run import ArmResult, Comparison, RunRecord, StepRecord
from schemas.tasks import Task

Result = TypeVar("Result")
Step = Callable[[RunRecord, Workbench], RunRecord]


def harmonize(record: RunRecord, bench: Workbench) -> RunRecord:
    tools = {"harmonize": partial(harmonize_to_rmis, catalogue=bench.warehouse.catalogue())}
    agent = DataHarmonizerAgent("data harmonizer", bench.federation, tools)
    request = HarmonizeRequest(exports_to_read(bench), bench.folder)
    outcome, step = _execute(agent, request, bench)
    for harmonized in outcome.files:
        bench.warehouse.load_rmis(harmonized.rmis_path)
    profile = data_profile(bench, outcome.files)
    result = {"files": [file.model_dump(mode="json") for file in profile.files], "check": outcome.check.model_dump()}
    return _with(record, step, result, data=profile)


def plan(record: RunRecord, bench: Workbench) -> RunRecord:
    agent = PlannerAgent("planner", bench.federation, {})
    outcome, step = _execute(agent, bench.brief, bench)
    return _with(record, step, outcome.model_dump(mode="json"), plan=outcome)


def optimize(record: RunRecord, bench: Workbench) -> RunRecord:
    """Both arms are planned in every run, so that the comparison is never between two different runs."""
    assert record.plan is not None and record.data is not None
    started = time.perf_counter()
    full = optimize_with_full_data(bench.brief, record.plan, full_observation(bench))
    clean = optimize_with_clean_room(bench.brief, record.plan, clean_room_observation(bench))
    comparison = compare_results(bench.brief, full, clean, bench.market)
    seconds = time.perf_counter() - started
    agent = BudgetOptimizerAgent("budget optimizer", bench.federation, {})
    outcome, step = _execute(agent, _arm(comparison, bench), bench)
    data = record.data.model_copy(update={"clean_room_queries": tuple(bench.queries)})
    step = step.model_copy(update={"seconds": step.seconds + seconds})
    return _with(record, step, outcome.model_dump(mode="json"), comparison=comparison, data=data)


def measure(record: RunRecord, bench: Workbench) -> RunRecord:
    agent = MeasurementAgent("measurement", bench.federation, {})
    outcome, step = _execute(agent, _arm(record.comparison, bench), bench)
    return _with(record, step, outcome.model_dump(mode="json"))


def create(record: RunRecord, bench: Workbench) -> RunRecord:
    lines = _arm(record.comparison, bench).lines
    catalogue = bench.warehouse.catalogue()
    rules = BRAND_RULES.get(bench.brief.brand_id)
    brand = rules.brand_name if rules else bench.brief.brand_id
    request = CreativeRequest(creative_jobs(lines, catalogue, bench.brief.creatives), brand, rules)
    agent = CreativeAgent("creative", bench.federation, {})
    outcome, step = _execute(agent, request, bench)
    return _with(record, step, {"drafts": [draft.model_dump(mode="json") for draft in outcome]}, drafts=outcome)


def govern(record: RunRecord, bench: Workbench) -> RunRecord:
    catalogue = bench.warehouse.catalogue()
    categories = dict(zip(catalogue["sku_id"], catalogue["category"], strict=True))
    case = GovernanceCase(bench.brief, _arm(record.comparison, bench), record.drafts, categories)
    agent = GovernanceAgent("governance", bench.federation, {})
    outcome, step = _execute(agent, case, bench)
    return _with(record, step, outcome.model_dump(mode="json"), verdict=outcome)


STEPS: tuple[tuple[Task, Step], ...] = (
    (Task.HARMONIZE, harmonize),
    (Task.PLAN, plan),
    (Task.OPTIMIZE, optimize),
    (Task.MEASURE, measure),
    (Task.CREATIVE, create),
    (Task.GOVERN, govern),
)


def _arm(comparison: Comparison | None, bench: Workbench) -> ArmResult:
    assert comparison is not None, "the optimize step leaves a comparison or ends the run"
    return comparison.clean_room if bench.clean_room_only else comparison.full


def _execute(agent: BaseAgent[Any, Any, Result], user_input: Any, bench: Workbench) -> tuple[Result, StepRecord]:
    composition = bench.federation.compose(agent.task, None, bench.brief.brand_id)
    started = time.perf_counter()
    result = agent.execute(user_input)
    account = agent.account
    step = StepRecord(
        task=agent.task,
        agent=agent.name,
        composition=composition,
        answered_by=account.answered_by,
        prompt_sha256=account.prompt_sha256,
        tokens=account.tokens,
        seconds=time.perf_counter() - started,
        result={},
        fallback=account.fallback,
    )
    return result, step


def _with(
    record: RunRecord, step: StepRecord, result: dict[str, Any], **found: BaseModel | tuple[Any, ...]
) -> RunRecord:
    finished = step.model_copy(update={"result": result})
    return record.model_copy(update={"steps": (*record.steps, finished), **found})
