"""Two brands and an operator with the real OpenAI client, against the real CPU server behind its edge."""

import re

import httpx
import openai
import pytest
from openai import OpenAI

from tests.serving.conftest import RunningServer
from tests.serving.edge.tenants_files import KEY_ADMIN, KEY_EXPIRED, KEY_X, KEY_Y
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

HELLO = [{"role": "user", "content": "hello"}]
STACK_X = f"{INDUSTRY}+{BRAND_X}"
STACK_Y = f"{INDUSTRY}+{BRAND_Y}"
ENDLESS = {"model": "base", "messages": HELLO, "max_tokens": 1900, "ignore_eos": True, "stream": True}


def client_with(server: RunningServer, key: str) -> OpenAI:
    return OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0)


@pytest.fixture
def brand_x(guarded: RunningServer) -> OpenAI:
    return client_with(guarded, KEY_X)


@pytest.fixture
def brand_y(guarded: RunningServer) -> OpenAI:
    return client_with(guarded, KEY_Y)


@pytest.fixture
def operator(guarded: RunningServer) -> OpenAI:
    return client_with(guarded, KEY_ADMIN)


def reply_to(client: OpenAI, model: str, **fields: object) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(model=model, messages=HELLO, temperature=0, max_tokens=8, **fields)


def test_each_brand_is_answered_by_its_own_composition(brand_x: OpenAI, brand_y: OpenAI) -> None:
    first, second = reply_to(brand_x, f"{BRAND_X}+{INDUSTRY}"), reply_to(brand_y, STACK_Y)

    assert re.fullmatch(f"{INDUSTRY}@[0-9a-f]{{12}}\\+{BRAND_X}@[0-9a-f]{{12}}", first.model)
    assert re.fullmatch(f"{INDUSTRY}@[0-9a-f]{{12}}\\+{BRAND_Y}@[0-9a-f]{{12}}", second.model)
    assert first.choices[0].message.content != second.choices[0].message.content


def test_each_brand_is_listed_its_own_and_the_operator_all(brand_x: OpenAI, brand_y: OpenAI, operator: OpenAI) -> None:
    listed = [[model.id for model in client.models.list()] for client in (brand_x, brand_y, operator)]

    assert listed == [
        ["base", INDUSTRY, STACK_X],
        ["base", INDUSTRY, STACK_Y],
        ["base", INDUSTRY, STACK_X, STACK_Y],
    ]


@pytest.mark.parametrize("spelling", ["{}", f"{INDUSTRY}+{{}}", f"{{}}+{INDUSTRY}", f"{INDUSTRY}+{{}}:0.5"])
def test_the_other_brands_adapter_is_as_unknown_as_one_that_is_nowhere(brand_x: OpenAI, spelling: str) -> None:
    bodies = []
    for adapter_id in (BRAND_Y, "manufacturer_brand_z"):
        with pytest.raises(openai.NotFoundError) as caught:
            reply_to(brand_x, spelling.format(adapter_id))
        bodies.append(str(caught.value.body).replace(adapter_id, "NAME"))

    assert bodies[0] == bodies[1]
    with pytest.raises(openai.NotFoundError):
        brand_x.models.retrieve(STACK_Y)


def test_a_name_pinned_for_one_brand_is_refused_to_the_other(brand_x: OpenAI, brand_y: OpenAI) -> None:
    pinned = reply_to(brand_y, STACK_Y).model

    assert reply_to(brand_y, pinned).model == pinned
    with pytest.raises(openai.NotFoundError):
        reply_to(brand_x, pinned)


@pytest.mark.parametrize("key", ["none", KEY_EXPIRED])
def test_without_a_good_key_the_client_raises_its_authentication_error(guarded: RunningServer, key: str) -> None:
    client = client_with(guarded, key)

    with pytest.raises(openai.AuthenticationError) as asked:
        reply_to(client, "base")
    with pytest.raises(openai.AuthenticationError):
        client.models.list()

    assert asked.value.response.headers["www-authenticate"] == "Bearer"


def test_an_operator_asks_no_model(operator: OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError, match="asks no model"):
        reply_to(operator, "base")


def test_metrics_are_for_the_operator(guarded: RunningServer) -> None:
    shown, refused = (
        httpx.get(f"{guarded.url}/metrics", headers={"authorization": f"Bearer {key}"}) for key in (KEY_ADMIN, KEY_X)
    )

    assert "federation_edge_requests_total" in shown.text
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "admin_only")


def test_a_streams_usage_is_metered(brand_y: OpenAI, guarded: RunningServer) -> None:
    def completion_tokens() -> float:
        shown = httpx.get(f"{guarded.url}/metrics", headers={"authorization": f"Bearer {KEY_ADMIN}"}).text
        labels = f'composition="{STACK_Y}",kind="completion",tenant="brand_y"'
        found = re.search(re.escape(f"federation_edge_tokens_total{{{labels}}} ") + r"([0-9.]+)", shown)
        return float(found[1]) if found else 0.0

    before = completion_tokens()

    *_, last = reply_to(brand_y, STACK_Y, stream=True, stream_options={"include_usage": True})

    assert last.usage is not None and last.usage.completion_tokens > 0
    assert completion_tokens() == before + last.usage.completion_tokens


def test_a_client_that_leaves_a_stream_frees_its_row(guarded: RunningServer) -> None:
    before = guarded.service.engine.load.written_tokens
    headers = {"authorization": f"Bearer {KEY_X}"}

    with httpx.stream("POST", f"{guarded.url}/v1/chat/completions", json=ENDLESS, headers=headers) as answer:
        next(answer.iter_lines())

    assert guarded.service.engine.wait_until_idle(60)
    assert guarded.service.engine.load.written_tokens - before < ENDLESS["max_tokens"]


@pytest.mark.parametrize(
    "path", ["/docs", "/openapi.json", "/redoc", "/v1/load_lora_adapter", "/adapters", "//v1/models"]
)
def test_a_closed_path_answers_in_the_same_envelope(guarded: RunningServer, path: str) -> None:
    answer = httpx.get(f"{guarded.url}{path}", headers={"authorization": f"Bearer {KEY_ADMIN}"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_body_sent_in_chunks_is_read(guarded: RunningServer) -> None:
    parts = iter([b'{"model": "base", "max_tokens": 1, ', b'"messages": [{"role": "user", "content": "x"}]}'])
    headers = {"authorization": f"Bearer {KEY_X}", "content-type": "application/json"}

    answer = httpx.post(f"{guarded.url}/v1/chat/completions", content=parts, headers=headers)

    assert (answer.status_code, answer.json()["model"]) == (200, "base")
