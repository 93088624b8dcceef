"""What an OpenAI client sees, with the real client against a real server on a free port."""

import json
import re
import threading
import uuid

import httpx
import openai
import pytest
from openai import OpenAI

from tests.serving.conftest import RunningServer
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

HELLO = [{"role": "user", "content": "hello"}]
ENDLESS = {"model": "base", "messages": HELLO, "max_tokens": 1900, "ignore_eos": True}
STACK_X = f"{INDUSTRY}+{BRAND_X}"
STACK_Y = f"{INDUSTRY}+{BRAND_Y}"


def say(client: OpenAI, model: str = "base", **fields: object) -> str:
    reply = client.chat.completions.create(
        model=model, **{"messages": HELLO, "temperature": 0, "max_tokens": 12, **fields}
    )
    return str(reply.choices[0].message.content)


def post(server: RunningServer, body: object, timeout: float = 60) -> httpx.Response:
    content = body if isinstance(body, str) else json.dumps(body)
    headers = {"content-type": "application/json"}
    return httpx.post(f"{server.url}/v1/chat/completions", content=content, headers=headers, timeout=timeout)


def test_a_reply_names_the_bytes_that_answered_and_counts_its_tokens(client: OpenAI) -> None:
    reply = client.chat.completions.create(model=STACK_X, messages=HELLO, max_tokens=7, extra_body={"ignore_eos": True})

    assert re.fullmatch(f"{INDUSTRY}@[0-9a-f]{{12}}\\+{BRAND_X}@[0-9a-f]{{12}}", reply.model)
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 7
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + 7


def test_the_pinned_name_and_any_order_of_parts_are_the_same_model(client: OpenAI) -> None:
    pinned = client.chat.completions.create(model=STACK_X, messages=HELLO, max_tokens=1).model

    assert say(client, pinned) == say(client, STACK_X) == say(client, f"{BRAND_X}+{INDUSTRY}")


def test_a_digest_that_is_not_on_disk_is_refused(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="on disk"):
        say(client, f"{INDUSTRY}@{'0' * 12}")


def test_a_stream_spells_the_same_text_as_the_whole_reply(client: OpenAI) -> None:
    whole = say(client, STACK_X, max_tokens=20)

    chunks = list(
        client.chat.completions.create(
            model=STACK_X,
            messages=HELLO,
            temperature=0,
            max_tokens=20,
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason in {"stop", "length"}
    assert chunks[-1].choices == [] and chunks[-1].usage is not None and chunks[-1].usage.prompt_tokens > 0
    assert len(chunks) > 5


def test_a_stream_ends_with_done(server: RunningServer) -> None:
    answer = post(server, {"model": "base", "messages": HELLO, "max_tokens": 3, "stream": True})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("data: [DONE]\n\n")


def test_compositions_answer_at_the_same_time_and_each_in_its_own_words(client: OpenAI, server: RunningServer) -> None:
    names = ["base", INDUSTRY, STACK_X, STACK_Y]
    alone = {name: say(client, name, max_tokens=60) for name in names}
    together: dict[str, str] = {}

    def ask(name: str) -> None:
        together[name] = say(server.client(), name, max_tokens=60)

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert together == alone
    assert len(set(alone.values())) == len(names)


def test_every_name_that_can_be_asked_for_is_listed(client: OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}

    assert set(listed) == {"base", INDUSTRY, STACK_X, STACK_Y}  # a brand alone means nothing without its parent
    assert listed[STACK_X].root.startswith(f"{INDUSTRY}@")
    assert listed[STACK_X].parent == INDUSTRY
    assert client.models.retrieve(STACK_X).root == listed[STACK_X].root
    assert say(client, listed[STACK_X].root) == say(client, STACK_X)


@pytest.mark.parametrize("name", ["nope", f"{INDUSTRY}+nope", "../etc", "a/b", "", BRAND_X, "x" * 600])
def test_an_unknown_model_is_a_404_that_says_what_is_served(client: OpenAI, name: str) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        say(client, name)

    assert caught.value.code == "model_not_found"
    assert STACK_X in str(caught.value)
    assert name[:200] in str(caught.value)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ("{not json", None),
        ("[]", None),
        ({"messages": HELLO}, "model"),
        ({"model": "base"}, "messages"),
        ({"model": "base", "messages": []}, "messages"),
        ({"model": "base", "messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"model": "base", "messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0]"),
        ({"model": "base", "messages": HELLO, "temperature": -1}, "temperature"),
        ({"model": "base", "messages": HELLO, "temperature": "hot"}, "temperature"),
        ({"model": "base", "messages": HELLO, "max_tokens": 0}, "max_tokens"),
        ({"model": "base", "messages": HELLO, "top_p": 0}, "top_p"),
        ({"model": "base", "messages": HELLO, "n": 99}, "n"),
        ({"model": "base", "messages": HELLO, "logprobs": True}, "logprobs"),
        ({"model": "base", "messages": HELLO, "logit_bias": {"5": 1}}, "logit_bias"),
        ({"model": "base", "messages": HELLO, "stream_options": {"include_usage": True}}, "stream_options"),
        ({"model": "base", "messages": HELLO, "response_format": {"type": "json_schema"}}, "response_format"),
        ({"model": "base", "messages": HELLO, "structured_outputs": {}}, "structured_outputs"),
        ({"model": "base", "messages": HELLO, "structured_outputs": {"regex": "(("}}, "structured_outputs"),
        ({"model": "base", "messages": HELLO, "structured_outputs": {"grammar": "root :="}}, "structured_outputs"),
        ({"model": "base", "messages": HELLO, "tool_choice": "required"}, "tool_choice"),
        ({"model": "base", "messages": HELLO, "stop": [""]}, "stop"),
    ],
)
def test_a_bad_body_is_a_400_that_names_the_field(server: RunningServer, body: object, param: str | None) -> None:
    answer = post(server, body)

    error = answer.json()["error"]
    assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
    assert param is None or param in f"{error['param']} {error['message']}"


def test_a_prompt_longer_than_the_context_is_refused_with_the_numbers(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="2048 tokens") as caught:
        say(client, messages=[{"role": "user", "content": "x" * 3000}])

    assert caught.value.code == "context_length_exceeded"


def test_fields_that_other_servers_know_are_ignored(client: OpenAI) -> None:
    extras = {"no_stop_trim": False, "chat_template_kwargs": {}, "min_p": 0, "cache_salt": "t", "top_k": -1}

    assert say(client, extra_body=extras, user="me", metadata={"a": "b"}) == say(client)


def test_unknown_paths_answer_in_the_same_envelope(server: RunningServer) -> None:
    answer = httpx.post(f"{server.url}/v1/load_lora_adapter", json={})

    assert answer.status_code == 404
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_the_wrong_method_is_a_405_in_the_same_envelope(server: RunningServer) -> None:
    answer = httpx.get(f"{server.url}/v1/chat/completions")

    assert answer.status_code == 405
    assert "GET" in answer.json()["error"]["message"]


def test_every_answer_carries_a_request_id(server: RunningServer) -> None:
    mine = uuid.uuid4().hex

    assert httpx.get(f"{server.url}/health", headers={"x-request-id": mine}).headers["x-request-id"] == mine
    assert httpx.get(f"{server.url}/nowhere").headers["x-request-id"]
    assert httpx.get(f"{server.url}/health", headers={"x-request-id": "a b<"}).headers["x-request-id"] != "a b<"


def test_a_stop_string_ends_the_reply_before_it(client: OpenAI) -> None:
    whole = say(client, max_tokens=40)
    stop = whole[9:12]

    reply = client.chat.completions.create(model="base", messages=HELLO, temperature=0, max_tokens=40, stop=stop)

    assert reply.choices[0].message.content == whole[: whole.index(stop)]
    assert reply.choices[0].finish_reason == "stop"


def test_several_choices_of_a_seeded_request_differ_and_repeat(client: OpenAI) -> None:
    asked = {"model": INDUSTRY, "messages": HELLO, "n": 3, "seed": 1, "max_tokens": 12}

    first, again = (client.chat.completions.create(**asked) for _ in range(2))

    texts = [choice.message.content for choice in first.choices]
    assert len(set(texts)) == 3
    assert texts == [choice.message.content for choice in again.choices]
    assert [choice.index for choice in first.choices] == [0, 1, 2]


def test_developer_messages_and_content_parts_read_as_plain_messages(client: OpenAI) -> None:
    parts = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]},
    ]
    plain = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]

    assert say(client, messages=parts) == say(client, messages=plain)


def test_a_client_that_leaves_a_stream_frees_its_place(server: RunningServer) -> None:
    before = server.service.engine.load.written_tokens

    with httpx.stream("POST", f"{server.url}/v1/chat/completions", json=ENDLESS | {"stream": True}) as answer:
        next(answer.iter_lines())

    assert server.service.engine.wait_until_idle(60)
    assert server.service.engine.load.written_tokens - before < ENDLESS["max_tokens"]


def test_a_client_that_gives_up_waiting_frees_its_place(server: RunningServer) -> None:
    before = server.service.engine.load.written_tokens

    with pytest.raises(httpx.ReadTimeout):
        post(server, ENDLESS, timeout=0.5)

    assert server.service.engine.wait_until_idle(60)
    assert server.service.engine.load.written_tokens - before < ENDLESS["max_tokens"]


def test_a_busy_server_answers_429(server: RunningServer) -> None:
    fill_it = ENDLESS | {"stream": True, "n": 12}

    with httpx.stream("POST", f"{server.url}/v1/chat/completions", json=fill_it) as answer:
        assert answer.status_code == 200
        with pytest.raises(openai.RateLimitError, match="busy"):
            say(server.client())

    assert server.service.engine.wait_until_idle(60)


def test_health_version_and_metrics_answer(server: RunningServer) -> None:
    assert httpx.get(f"{server.url}/health").json() == {"status": "ok"}
    assert httpx.get(f"{server.url}/version").json()["version"]
    assert "serving_reply_tokens_total" in httpx.get(f"{server.url}/metrics").text
