"""The laptop's own base model with the shipped adapters, in the dtype it is served in."""

import json
from collections.abc import Iterator

import pytest
from openai import OpenAI

from adapters.prompts import column_prompt, column_reply_schema, messages
from serving.cpu.start import chat_service
from serving.settings import ServingSettings
from tests.serving.conftest import RunningServer, running
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

pytestmark = pytest.mark.model

STACKS = (f"{INDUSTRY}+{BRAND_X}", f"{INDUSTRY}+{BRAND_Y}")


@pytest.fixture(scope="module")
def real_server() -> Iterator[RunningServer]:
    settings = ServingSettings()
    if not settings.model.is_dir():
        pytest.fail(f"{settings.model} is missing; run: make base-model")
    yield from running(chat_service(settings))


@pytest.fixture
def real_client(real_server: RunningServer) -> OpenAI:
    return real_server.client()


def test_every_shipped_composition_is_served(real_client: OpenAI) -> None:
    assert {model.id for model in real_client.models.list()} >= {"base", INDUSTRY, *STACKS}


def test_the_industry_adapter_maps_a_plain_column(real_client: OpenAI) -> None:
    reply = real_client.chat.completions.create(
        model=INDUSTRY,
        messages=messages(column_prompt("Clicks", ["12", "3", "0"])),
        temperature=0,
        max_tokens=30,
        response_format={"type": "json_schema", "json_schema": {"name": "column", "schema": column_reply_schema()}},
    )

    assert json.loads(str(reply.choices[0].message.content))["field"] == "clicks"


def test_each_composition_answers_under_its_pinned_name(real_client: OpenAI) -> None:
    for name in STACKS:
        reply = real_client.chat.completions.create(
            model=name, messages=messages("Task: explain\nTopic: optimize"), temperature=0, max_tokens=8
        )

        assert [part.partition("@")[0] for part in reply.model.split("+")] == name.split("+")
        assert str(reply.choices[0].message.content).strip()
