"""A brief through all six agents, over a real market, clean room, optimiser and market truth."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.services import Services
from orchestrator.workflow import run_brief
from schemas.brief import CampaignBrief, read_brief
from schemas.errors import InputInvalid
from schemas.run import RunRecord, StepRecord
from schemas.tasks import Task
from tests.orchestrator.conftest import services_for
from tests.orchestrator.scripted_model import Ask, right_plan, scripted_model

SAMPLE = Path(__file__).parents[2] / "data" / "briefs" / "spring_launch.json"
BRIEF = read_brief(SAMPLE)
ALL_TASKS = [task.value for task in Task]


def changed(**fields: object) -> CampaignBrief:
    return CampaignBrief.model_validate({**BRIEF.model_dump(exclude_unset=True), **fields})


@pytest.fixture(scope="module")
def template_run(market_dir: Path, clean_room_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    services = services_for(market_dir, clean_room_dir, tmp_path_factory.mktemp("run"), "http://127.0.0.1:9/v1")
    return run_brief(BRIEF, services)


def test_a_run_without_a_model_server_does_every_step_and_says_so(template_run: RunRecord) -> None:
    assert [step.task.value for step in template_run.steps] == ALL_TASKS
    assert all("no model server" in (step.fallback or "") for step in template_run.steps)
    assert template_run.failure is None


def test_both_arms_are_in_every_run(template_run: RunRecord) -> None:
    comparison = template_run.comparison

    assert comparison is not None
    assert comparison.full.metrics != comparison.clean_room.metrics
    assert {"iroas_accuracy", "predicted_iroas", "realised_iroas", "skus_actionable"} <= {
        row.metric for row in comparison.rows
    }


def test_no_arm_plans_more_than_the_budget(template_run: RunRecord) -> None:
    comparison = template_run.comparison

    assert comparison is not None
    for arm in (comparison.full, comparison.clean_room):
        assert sum(line.planned_spend_micros for line in arm.lines) <= BRIEF.budget_micros
        assert arm.certificate.gap >= 0


def test_the_clean_room_was_asked_and_its_refusals_are_recorded(template_run: RunRecord) -> None:
    assert template_run.data is not None
    outcomes = {(query.request["retailer_id"], query.status) for query in template_run.data.clean_room_queries}

    assert ("retailer_a", "ok") in outcomes
    assert ("retailer_b", "refused") in outcomes  # it does not permit sku_id


def test_the_record_is_on_disk_as_it_was_returned(market_dir: Path, clean_room_dir: Path, tmp_path: Path) -> None:
    services = services_for(market_dir, clean_room_dir, tmp_path, "http://127.0.0.1:9/v1")

    record = run_brief(BRIEF, services, clean_room=True)

    assert services.runs.load(record.run_id) == record
    assert record.clean_room


def test_a_model_that_dies_in_the_middle_costs_words_and_nothing_else(
    market_dir: Path, clean_room_dir: Path, tmp_path: Path
) -> None:
    def until_the_plan(ask: Ask) -> str | tuple[int, str]:
        if ask.prompt.startswith("Task: map column"):
            return json.dumps({"field": "cost"})
        if ask.prompt.startswith(("Task: plan", "Task: product node")):
            return right_plan(ask)
        return 503, "out of memory"

    with scripted_model(until_the_plan) as model:
        record = run_brief(BRIEF, services_for(market_dir, clean_room_dir, tmp_path, model.url))

    by_task = {step.task: step for step in record.steps}
    assert record.failure is None
    assert by_task[Task.PLAN].fallback is None
    assert by_task[Task.PLAN].tokens.completion > 0
    assert "out of memory" in (by_task[Task.CREATIVE].fallback or "")
    assert record.comparison is not None


def test_a_clean_room_run_never_asks_the_brands_adapter(market_dir: Path, clean_room_dir: Path, tmp_path: Path) -> None:
    with scripted_model(lambda ask: "words") as model:
        run_brief(BRIEF, services_for(market_dir, clean_room_dir, tmp_path, model.url), clean_room=True)

    assert {ask.model for ask in model.asked} == {"industry_retail_media"}


def test_every_step_is_announced_before_and_after(services: Services) -> None:
    heard: list[tuple[Task, bool]] = []

    def listen(task: Task, record: StepRecord | None) -> None:
        heard.append((task, record is not None))

    run_brief(BRIEF, services, on_step=listen)

    assert heard == [(task, done) for task in Task for done in (False, True)]


def test_an_infeasible_brief_ends_with_the_conflict_and_keeps_what_was_done(services: Services) -> None:
    impossible = changed(limits=[{"dimension": "retailer_id", "value": "retailer_a", "min_spend": 50_000}])

    record = run_brief(impossible, services)

    assert record.failure is not None
    assert record.failure.startswith("optimize: ")
    assert "retailer_a" in record.failure
    assert [step.task for step in record.steps] == [Task.HARMONIZE, Task.PLAN]
    assert services.runs.load(record.run_id) == record


def test_an_unknown_retailer_is_refused_with_those_there_are(services: Services) -> None:
    with pytest.raises(InputInvalid, match=r"'retailer_z'; the data has retailer_a, retailer_b"):
        run_brief(changed(retailers=["retailer_a", "retailer_z"], limits=[]), services)


def test_an_unknown_brand_is_refused_with_those_there_are(services: Services) -> None:
    with pytest.raises(InputInvalid, match=r"'brand_z' is not in the data; it has brand_x, brand_y"):
        run_brief(changed(brand_id="brand_z"), services)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "orchestrator", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command_writes_the_record_and_names_it_last(
    market_dir: Path, clean_room_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run.json"

    done = command(
        "run", "--brief", str(SAMPLE), "--market", str(market_dir), "--clean-room-dir", str(clean_room_dir),
        "--model-url", "http://127.0.0.1:9/v1", "--out", str(out), "--clean-room",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out)
    record = json.loads(out.read_text())
    assert [step["task"] for step in record["steps"]] == ALL_TASKS
    assert set(record["comparison"]) >= {"full", "clean_room", "status_quo", "rows"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("budget", -1, "budget"), ("end", "2026-01-01", "before it starts"), ("retailers", [], "retailers")],
)
def test_a_wrong_brief_is_one_line_on_stderr_and_exit_code_2(
    tmp_path: Path, field: str, value: object, said: str
) -> None:
    wrong = tmp_path / "brief.json"
    wrong.write_text(json.dumps({**json.loads(SAMPLE.read_text()), field: value}))

    done = command("run", "--brief", str(wrong), "--out", str(tmp_path / "run.json"))

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "run.json").exists()
