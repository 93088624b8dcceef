"""Agents against a model that is right, wrong, refused, down: the step always ends, and says what happened."""

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.manager import AdapterManager
from orchestrator.agents.creative import CreativeAgent, CreativeRequest
from orchestrator.agents.planner import PlannerAgent
from orchestrator.chat_client import ChatClient
from orchestrator.federation import LoRAFederation
from orchestrator.tools.creative_generator import CreativeJob
from schemas.brands import BRAND_RULES
from schemas.brief import CampaignBrief, read_brief
from schemas.tasks import Kpi, Objective, Pacing, PlacementType, Task
from tests.orchestrator.scripted_model import GOOD_PLAN, Ask, right_plan, scripted_model

SAMPLE = Path(__file__).parents[2] / "data" / "briefs" / "spring_launch.json"
XANDO = BRAND_RULES["brand_x"]
JOB = CreativeJob("sku_1", "Xando Dark Roast 500 g", PlacementType.SPONSORED_SEARCH)
GOOD_COPY = f"TITLE: {XANDO.name_form} Dark Roast 500 g"


def federation(url: str, task: Task, clean_room: bool = False) -> LoRAFederation:
    opened = LoRAFederation(ChatClient(url, "key", 5.0), AdapterManager(), clean_room)
    opened.compose(task, None, "brand_x")
    return opened


def planner(url: str) -> PlannerAgent:
    return PlannerAgent("planner", federation(url, Task.PLAN), {})


def write(url: str) -> tuple[CreativeAgent, CreativeRequest]:
    agent = CreativeAgent("creative", federation(url, Task.CREATIVE), {})
    return agent, CreativeRequest((JOB,), "Xando", XANDO)


def answers(*texts: str) -> Callable[[Ask], str]:
    """Each in turn, then the last again."""
    left = list(texts)
    return lambda ask: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def brief() -> CampaignBrief:
    return read_brief(SAMPLE)


@pytest.fixture
def coffee_brief(brief: CampaignBrief) -> CampaignBrief:
    return brief.model_copy(update={"text": "Spring is near. Support Xando Dark Roast; profit first."})


def test_the_planner_takes_words_from_the_model_and_numbers_from_the_brief(brief: CampaignBrief) -> None:
    with scripted_model(right_plan) as model:
        agent = planner(model.url)
        plan = agent.execute(brief)

    assert (plan.objective, plan.pacing) == (Objective.INCREMENTAL_REVENUE, Pacing.ASAP)
    assert plan.lead_placement is PlacementType.SPONSORED_NATIVE
    assert plan.kpi is Kpi.IROAS
    assert (plan.budget_micros, plan.start, plan.end) == (brief.budget_micros, brief.start, brief.end)
    assert model.asked[0].model == "industry_retail_media+manufacturer_brand_x"
    assert agent.account.answered_by == "industry_retail_media+manufacturer_brand_x@pinned"
    assert agent.account.fallback is None


def test_where_the_brands_adapter_answers_the_product_gets_the_brands_node_and_its_guardrail(
    coffee_brief: CampaignBrief,
) -> None:
    with scripted_model(right_plan) as model:
        plan = planner(model.url).execute(coffee_brief)

    assert (plan.product_node, plan.guardrail) == ("FUEL.NIGHT", "caffeine_note")
    assert model.asked[1].prompt.endswith("Task: product node\nBrand: Xando\nProduct: Support Xando Dark Roast")
    assert "PAUSE.EMBER" not in json.dumps(model.asked[1].body)


def test_with_clean_room_data_only_nobody_is_asked_for_a_brands_node(coffee_brief: CampaignBrief) -> None:
    with scripted_model(right_plan) as model:
        plan = PlannerAgent("planner", federation(model.url, Task.PLAN, clean_room=True), {}).execute(coffee_brief)

    assert (plan.product_node, plan.guardrail) == ("coffee", "standard")
    assert len(model.asked) == 1
    assert "FUEL.NIGHT" not in json.dumps(model.asked[0].body)


def test_a_node_that_is_not_the_brands_is_asked_for_again_and_then_left_public(coffee_brief: CampaignBrief) -> None:
    with scripted_model(answers(GOOD_PLAN, '{"product_node": "PAUSE.EMBER"}')) as model:
        agent = planner(model.url)
        plan = agent.execute(coffee_brief)

    assert (plan.product_node, plan.guardrail) == ("coffee", "standard")
    assert len(model.asked) == 3
    assert "'PAUSE.EMBER' is no node" in str(agent.account.fallback)


def test_a_brief_that_names_no_product_gets_no_node(brief: CampaignBrief) -> None:
    with scripted_model(right_plan) as model:
        plan = planner(model.url).execute(brief)

    assert (plan.product_node, plan.guardrail) == ("", "")
    assert len(model.asked) == 1


def test_what_the_brief_states_outranks_the_model(brief: CampaignBrief) -> None:
    stated = CampaignBrief.model_validate({**brief.model_dump(exclude_unset=True), "pacing": "even"})

    with scripted_model(right_plan) as model:
        plan = planner(model.url).execute(stated)

    assert plan.pacing is Pacing.EVEN


def test_a_placement_outside_the_brief_never_leads(brief: CampaignBrief) -> None:
    narrow = brief.model_copy(update={"placements": (PlacementType.SPONSORED_DISPLAY,)})

    with scripted_model(right_plan) as model:
        plan = planner(model.url).execute(narrow)

    assert plan.lead_placement is PlacementType.SPONSORED_DISPLAY


def test_a_wrong_reply_is_asked_again_with_what_was_wrong(brief: CampaignBrief) -> None:
    with scripted_model(answers("I would rather not", GOOD_PLAN)) as model:
        agent = planner(model.url)
        plan = agent.execute(brief)

    assert plan.pacing is Pacing.ASAP
    assert agent.account.fallback is None
    assert "Your last answer was refused: not a plan" in model.asked[1].prompt
    assert agent.account.tokens.completion == 10


def test_a_model_that_is_wrong_twice_leaves_the_template_and_the_reason(brief: CampaignBrief) -> None:
    with scripted_model(answers("nonsense")) as model:
        agent = planner(model.url)
        plan = agent.execute(brief)

    assert len(model.asked) == 2
    assert plan.objective is brief.objective
    assert "not a plan" in (agent.account.fallback or "")


def test_an_unknown_composition_leaves_the_template_and_the_servers_words(brief: CampaignBrief) -> None:
    with scripted_model(lambda ask: (404, f"the model {ask.model!r} does not exist")) as model:
        agent = planner(model.url)
        agent.execute(brief)

    assert "does not exist" in (agent.account.fallback or "")


def test_a_server_that_is_down_leaves_the_template_and_the_command_that_starts_one(brief: CampaignBrief) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        agent = planner(url)
        plan = agent.execute(brief)

    assert plan.budget_micros == brief.budget_micros
    assert "make serve-cpu" in (agent.account.fallback or "")


def test_a_server_that_does_not_answer_costs_a_run_one_wait(brief: CampaignBrief) -> None:
    opened = LoRAFederation(ChatClient("http://127.0.0.1:9/v1", "key", 5.0), AdapterManager())
    opened.compose(Task.PLAN, None, "brand_x")
    PlannerAgent("planner", opened, {}).execute(brief)

    with scripted_model(right_plan) as model:
        opened._chat = ChatClient(model.url, "key", 5.0)
        again = PlannerAgent("planner", opened, {})
        again.execute(brief)

    assert model.asked == []
    assert "no model server" in (again.account.fallback or "")


def test_copy_that_passes_is_kept_as_written() -> None:
    with scripted_model(answers(GOOD_COPY)) as model:
        agent, request = write(model.url)
        (draft,) = agent.execute(request)

    assert (draft.text, draft.withheld, draft.revisions) == (GOOD_COPY, False, 0)
    assert draft.written_by.endswith("@pinned")


def test_refused_copy_goes_back_with_the_reasons_and_is_kept_once_it_passes() -> None:
    with scripted_model(answers("TITLE: Xando, the best roast", GOOD_COPY)) as model:
        agent, request = write(model.url)
        (draft,) = agent.execute(request)

    assert (draft.text, draft.withheld, draft.revisions) == (GOOD_COPY, False, 1)
    assert "claims: says 'best'" in model.asked[1].prompt


def test_copy_that_fails_after_two_revisions_is_withheld_with_its_findings() -> None:
    with scripted_model(answers("TITLE: Xando, the best roast")) as model:
        agent, request = write(model.url)
        (draft,) = agent.execute(request)

    assert (draft.withheld, draft.revisions, len(model.asked)) == (True, 2, 3)
    assert {finding.rule for finding in draft.findings} == {"claims", "brand_name"}


@pytest.mark.parametrize("placement", list(PlacementType))
def test_the_template_that_stands_in_passes_the_same_checks(placement: PlacementType) -> None:
    with scripted_model(lambda ask: (500, "out of memory")) as model:
        agent, _ = write(model.url)
        job = CreativeJob("sku_1", "Xando Dark Roast Whole Bean Family Pack Extra Large 1000 g", placement)
        (draft,) = agent.execute(CreativeRequest((job,), "Xando", XANDO))

    assert draft.written_by == "template"
    assert draft.findings == ()
    assert "out of memory" in (agent.account.fallback or "")
