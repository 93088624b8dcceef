"""What the edge counts, and that it changes no byte while it does."""

import json

import pytest
from prometheus_client import REGISTRY

from serving.edge import Edge
from serving.edge.metering import TAIL_BYTES, Meter
from tests.serving.edge.asgi import HELLO, RecordingApp, ask, fetch, say
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_X, KEY_Y, two_brands_and_an_admin
from tests.tiny import BRAND_X, INDUSTRY

CHAT_USAGE = {"usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}}
RESPONSES_USAGE = {"usage": {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}}
STACK_X = f"{INDUSTRY}+{BRAND_X}"


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"federation_edge_{name}_total", labels) or 0.0


def tokens(tenant: str, composition: str) -> tuple[float, float]:
    prompt, completion = (
        counted("tokens", tenant=tenant, composition=composition, kind=kind) for kind in ("prompt", "completion")
    )
    return prompt, completion


def event(body: object) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


WHOLE = {
    "chat": json.dumps({"id": "a", "choices": [], **CHAT_USAGE}).encode(),
    "responses": json.dumps({"id": "a", "output": [], **RESPONSES_USAGE}).encode(),
}
STREAMED = {
    "chat": [event({"choices": [], "usage": None}), event({"choices": [], **CHAT_USAGE}), b"data: [DONE]\n\n"],
    "responses": [
        b"event: response.created\n" + event({"type": "response.created", "response": {"usage": None}}),
        b"event: response.completed\n" + event({"type": "response.completed", "response": RESPONSES_USAGE}),
    ],
}


@pytest.mark.parametrize("kind", WHOLE)
def test_tokens_of_a_whole_reply_are_counted_for_its_tenant_and_composition(edge_for: MakeEdge, kind: str) -> None:
    edge = edge_for(two_brands_and_an_admin(), RecordingApp([WHOLE[kind][:9], WHOLE[kind][9:]]))
    before = tokens("brand_x", STACK_X)

    say(edge, f"{BRAND_X}+{INDUSTRY}", KEY_X)

    assert tokens("brand_x", STACK_X) == (before[0] + 11, before[1] + 7)


@pytest.mark.parametrize("kind", STREAMED)
@pytest.mark.parametrize("size", [1, 5, 10_000])
def test_tokens_of_a_stream_are_counted_however_it_is_cut(edge_for: MakeEdge, kind: str, size: int) -> None:
    whole = b"".join(STREAMED[kind])
    chunks = [whole[at : at + size] for at in range(0, len(whole), size)]
    edge = edge_for(two_brands_and_an_admin(), RecordingApp(chunks, "text/event-stream; charset=utf-8"))
    before = tokens("brand_x", "base")

    answer = say(edge, "base", KEY_X, stream=True)

    assert tokens("brand_x", "base") == (before[0] + 11, before[1] + 7)
    assert answer.chunks == tuple(chunks)


def test_tokens_of_a_long_stream_are_counted_and_little_of_it_is_kept() -> None:
    meter = Meter()
    meter.see({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(3000):
        meter.see({"type": "http.response.body", "body": event({"choices": ["x" * 100]})})
    for part in STREAMED["chat"]:
        meter.see({"type": "http.response.body", "body": part})
    before = tokens("long", "base")

    meter.count("long", "base")

    assert tokens("long", "base") == (before[0] + 11, before[1] + 7)
    assert len(meter._kept) <= TAIL_BYTES


@pytest.mark.parametrize(
    "chunks",
    [
        [event({"choices": []}), b"data: [DONE]\n\n"],
        [event({"choices": []})],  # the client left, or the server broke off
        [],
        [b"data: [DONE]\n\n"],
        [b"data: {\n\n"],
        [event({"usage": {"prompt_tokens": None}})],
        [event({"usage": 3, "response": None})],
        [event([1])],
    ],
)
def test_a_stream_without_usage_is_counted_as_unmetered(edge_for: MakeEdge, chunks: list[bytes]) -> None:
    edge = edge_for(two_brands_and_an_admin(), RecordingApp(chunks, "text/event-stream"))
    before = counted("unmetered_streams", tenant="brand_x"), tokens("brand_x", "base")

    answer = say(edge, "base", KEY_X, stream=True)

    assert answer.status == 200
    assert counted("unmetered_streams", tenant="brand_x") == before[0] + 1
    assert tokens("brand_x", "base") == before[1]


@pytest.mark.parametrize("status", [400, 429, 500])
@pytest.mark.parametrize("content_type", ["application/json", "text/event-stream"])
def test_a_failed_reply_counts_no_tokens(edge_for: MakeEdge, status: int, content_type: str) -> None:
    edge = edge_for(two_brands_and_an_admin(), RecordingApp([WHOLE["chat"]], content_type, status))
    before = tokens("brand_x", "base"), counted("unmetered_streams", tenant="brand_x")

    assert say(edge, "base", KEY_X).status == status

    assert (tokens("brand_x", "base"), counted("unmetered_streams", tenant="brand_x")) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"usage": {}}', b'{"usage": {"prompt_tokens": "x"}}'])
def test_a_body_that_states_no_usage_is_passed_on_uncounted(edge_for: MakeEdge, body: bytes) -> None:
    edge = edge_for(two_brands_and_an_admin(), RecordingApp([body]))
    before = tokens("brand_x", "base")

    answer = say(edge, "base", KEY_X)

    assert (answer.status, b"".join(answer.chunks)) == (200, body)
    assert tokens("brand_x", "base") == before


def test_a_prompt_without_a_reply_counts_its_prompt(edge_for: MakeEdge) -> None:
    edge = edge_for(two_brands_and_an_admin(), RecordingApp([b'{"usage": {"prompt_tokens": 5}}']))
    before = tokens("brand_y", "base")

    say(edge, "base", KEY_Y)

    assert tokens("brand_y", "base") == (before[0] + 5, before[1])


def test_every_chunk_passes_as_it_came_and_when_it_came(edge_for: MakeEdge) -> None:
    chunks = [b"\xff\xfe\x00 no text", b"data: {", b"}\n", b"\n", b"\r\n\r\n", bytes(range(256))]
    app = RecordingApp(chunks, "text/event-stream")

    through = say(edge_for(two_brands_and_an_admin(), app), "base", KEY_X)
    straight = ask(app, {"model": "base"})

    assert through.chunks == straight.chunks == tuple(chunks)
    assert {**through.headers, "x-request-id": ""} == {**straight.headers, "x-request-id": ""}


def test_answers_are_counted_by_tenant_route_and_status(edge: Edge) -> None:
    chat = "/v1/chat/completions"
    labels = [
        {"tenant": "brand_x", "route": chat, "status": "200"},
        {"tenant": "brand_x", "route": chat, "status": "404"},
        {"tenant": "-", "route": chat, "status": "401"},
        {"tenant": "-", "route": "closed", "status": "404"},
    ]
    before = [counted("requests", **each) for each in labels]

    say(edge, "base", KEY_X)
    say(edge, "nope", KEY_X)
    say(edge, "base", "nobodys")
    fetch(edge, "/adapters", KEY_X)

    assert [counted("requests", **each) for each in labels] == [number + 1 for number in before]


def test_refusals_are_counted_by_reason(edge: Edge) -> None:
    reasons = ("model_not_found", "invalid_api_key", "not_found", "admin_only", "invalid_json")
    before = [counted("denials", reason=reason) for reason in reasons]

    say(edge, "nope", KEY_X)
    say(edge, "base", None)
    fetch(edge, "/docs")
    fetch(edge, "/metrics", KEY_X)
    ask(edge, b"{", key=KEY_X)

    assert [counted("denials", reason=reason) for reason in reasons] == [number + 1 for number in before]


def test_local_mode_counts_too(local_edge: Edge) -> None:
    labels = {"tenant": "local", "route": "/v1/chat/completions", "status": "200"}
    before = counted("requests", **labels)

    ask(local_edge, {"model": "base", "messages": HELLO})

    assert counted("requests", **labels) == before + 1
