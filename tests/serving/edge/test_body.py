import asyncio
import json
from collections.abc import Mapping

import pytest
from starlette.types import Message

from serving.edge import Edge
from tests.serving.edge.asgi import CHAT, HELLO, JSON, Answer, RecordingApp, ask, exchange, http_scope, say
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_X, table
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

LIMIT = 1 << 20  # bytes, when a tenant has no limit of its own
STACK_Y = f"{INDUSTRY}+{BRAND_Y}"


def told(edge: Edge, incoming: list[Message], headers: Mapping[str, str] = JSON) -> Answer:
    given = [*headers.items(), ("authorization", f"Bearer {KEY_X}")]
    return asyncio.run(exchange(edge, http_scope("POST", CHAT, given), incoming))


def in_parts(*parts: bytes) -> list[Message]:
    last = len(parts) - 1
    return [{"type": "http.request", "body": part, "more_body": at < last} for at, part in enumerate(parts)]


def body_of(size_bytes: int) -> bytes:
    rest = json.dumps({"model": "base", "messages": [{"role": "user", "content": ""}]}).encode()
    return rest.replace(b'""', b'"' + b"x" * (size_bytes - len(rest)) + b'"')


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"{'model': 'base'}", "not JSON"),
        (b'{"model": "base"} {}', "not JSON"),
        (b'{"model": "base", "temperature": NaN}', "NaN is not a JSON number"),
        (b'{"model": "base", "temperature": Infinity}', "Infinity is not a JSON number"),
        (b'{"model": "base", "temperature": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"model": "base", "x": "\xff"}', "not JSON"),
        (b'{"model": "base", "x": ' + b"1" * 5000 + b"}", "not JSON"),
        (b"\x80\x04}", "not JSON"),
        (b'{"x":' * 100_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b"[]", "a JSON list"),
        (b'["base"]', "a JSON list"),
        (b'"base"', "a JSON str"),
        (b"1", "a JSON int"),
        (b"null", "a JSON NoneType"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_400(
    edge: Edge, local_edge: Edge, behind: RecordingApp, body: bytes, reason: str
) -> None:
    for answer in (ask(edge, body, key=KEY_X), ask(local_edge, body)):
        assert (answer.status, answer.error["code"]) == (400, "invalid_json")
        assert reason in answer.error["message"]

    assert behind.asked == []


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"1" + b"0" * 400 + b".0"])
def test_a_number_too_large_to_be_one_does_not_reach_the_app_behind_as_infinity(
    local_edge: Edge, behind: RecordingApp, number: bytes
) -> None:
    answer = ask(local_edge, b'{"model": "base", "messages": [], "temperature": ' + number + b"}")

    assert answer.status == 400
    assert behind.asked == []


@pytest.mark.parametrize("place", ["model", "messages", "type of content", "other field", "cache_salt", "n", "prompt"])
def test_no_depth_of_nesting_makes_the_edge_fail(local_edge: Edge, place: str) -> None:
    def nested(depth: int) -> bytes:
        deep = b"[" * depth + b"]" * depth
        given = {
            "model": b'{"model": ' + deep + b"}",
            "messages": b'{"model": "base", "messages": ' + deep + b"}",
            "type of content": b'{"model": "base", "messages": [{"content": [{"type": ' + deep + b"}]}]}",
        }
        return given.get(place, b'{"model": "base", "' + place.replace(" ", "_").encode() + b'": ' + deep + b"}")

    statuses = {ask(local_edge, nested(depth)).status for depth in range(860, 1000)}

    assert statuses <= {200, 400}


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "text/json",
        "application/json, text/plain",
        "x" * 5000,
    ],
)
def test_a_body_that_is_not_said_to_be_json_is_a_415(
    edge: Edge, behind: RecordingApp, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}

    answer = ask(edge, {"model": "base", "messages": HELLO}, key=KEY_X, headers=headers)

    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    assert len(answer.error["message"]) < 200
    assert behind.asked == []


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=utf-8", " application/json ;x"]
)
def test_json_may_be_spelt_in_any_case_and_with_parameters(edge: Edge, content_type: str) -> None:
    answer = ask(edge, {"model": "base", "messages": HELLO}, key=KEY_X, headers={"content-type": content_type})

    assert answer.status == 200


@pytest.mark.parametrize("declared", [LIMIT + 1, 10**12, 10**30])
def test_a_body_declared_too_large_is_a_413(edge: Edge, behind: RecordingApp, declared: int) -> None:
    headers = JSON | {"content-length": str(declared)}

    answer = told(edge, in_parts(b"{}", *[b" " * 65536] * 17), headers)

    assert (answer.status, answer.error["code"]) == (413, "body_too_large")
    assert behind.asked == []


def test_a_body_declared_too_large_is_not_read(edge: Edge) -> None:
    read: list[str] = []

    async def receive() -> Message:
        read.append("once")
        return {"type": "http.request", "body": b"{}"}

    async def send(_: Message) -> None: ...

    given = [*JSON.items(), ("content-length", str(LIMIT + 1)), ("authorization", f"Bearer {KEY_X}")]
    asyncio.run(edge(http_scope("POST", CHAT, given), receive, send))

    assert read == []


@pytest.mark.parametrize("headers", [JSON, JSON | {"content-length": "2"}, JSON | {"content-length": "x"}])
def test_a_body_that_grows_too_large_in_parts_is_a_413(
    edge: Edge, behind: RecordingApp, headers: Mapping[str, str]
) -> None:
    answer = told(edge, in_parts(*[b" " * 65536] * 16, b" ", b"{}"), headers)

    assert (answer.status, answer.error["code"]) == (413, "body_too_large")
    assert behind.asked == []


def test_the_limit_is_the_tenants_own_and_exact(edge_for: MakeEdge, behind: RecordingApp) -> None:
    edge = edge_for(table("brand_x", KEY_X, limits={"body_bytes": 2048}))

    assert ask(edge, body_of(2048), key=KEY_X).status == 200
    assert ask(edge, body_of(2049), key=KEY_X).status == 413
    assert len(behind.asked) == 1


def test_local_mode_has_a_limit_too(local_edge: Edge) -> None:
    assert ask(local_edge, body_of(LIMIT)).status == 200
    assert ask(local_edge, body_of(LIMIT + 1)).status == 413


def test_a_client_that_leaves_before_its_body_is_whole_asks_nothing(edge: Edge, behind: RecordingApp) -> None:
    half: list[Message] = [{"type": "http.request", "body": b'{"model": "base", ', "more_body": True}]

    answers = [told(edge, half), told(edge, [])]

    assert [answer.status for answer in answers] == [0, 0]
    assert behind.asked == []


def test_a_client_that_leaves_early_gives_its_place_back(edge_for: MakeEdge) -> None:
    edge = edge_for(table("brand_x", KEY_X, limits={"concurrent_requests": 1}))

    assert told(edge, []).status == 0

    assert say(edge, "base", KEY_X).status == 200


@pytest.mark.parametrize("order", [(STACK_Y, f"{INDUSTRY}+{BRAND_X}"), (f"{INDUSTRY}+{BRAND_X}", STACK_Y)])
def test_a_key_given_twice_cannot_smuggle_a_model_past_the_edge(
    edge: Edge, behind: RecordingApp, order: tuple[str, str]
) -> None:
    body = f'{{"model": "{order[0]}", "messages": [], "model": "{order[1]}"}}'.encode()

    ask(edge, body, key=KEY_X)

    assert b"".join(asked.content for asked in behind.asked).count(b'"model"') == len(behind.asked)
    assert BRAND_Y.encode() not in b"".join(asked.content for asked in behind.asked)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_body_goes_on_as_plain_json_whatever_its_encoding(edge: Edge, behind: RecordingApp, encoding: str) -> None:
    body = {"model": "base", "messages": [{"role": "user", "content": "żółw 🐢 \ud800"}]}
    content = json.dumps(body, ensure_ascii=encoding == "utf-8").encode(encoding, "surrogatepass")

    if encoding in {"utf-16", "utf-32"}:
        content = json.dumps(body).encode(encoding)
    ask(edge, content, key=KEY_X)

    assert behind.last.content.isascii()
    assert behind.last.body["messages"] == body["messages"]
    assert behind.last.all_of("content-length") == [str(len(behind.last.content))]


def test_the_length_of_the_new_body_is_the_only_one_declared(edge: Edge, behind: RecordingApp) -> None:
    content = json.dumps({"model": "base", "messages": HELLO}).encode()
    given = [("content-length", "9"), ("Content-Length", "7"), ("transfer-encoding", "chunked"), *JSON.items()]
    given.append(("authorization", f"Bearer {KEY_X}"))

    asyncio.run(exchange(edge, http_scope("POST", CHAT, given), in_parts(content[:9], content[9:], b"")))

    assert behind.last.all_of("content-length") == [str(len(behind.last.content))]
    assert behind.last.all_of("transfer-encoding") == []


def test_the_disconnect_still_reaches_the_app_behind(edge: Edge) -> None:
    seen: list[str] = []

    async def app(scope: object, receive: object, send: object) -> None:
        seen.extend([(await receive())["type"] for _ in range(2)])  # type: ignore[operator]

    edge.app = app  # type: ignore[assignment]
    ask(edge, {"model": "base"}, key=KEY_X)

    assert seen == ["http.request", "http.disconnect"]


@pytest.mark.parametrize("model", [None, 1, True, [], ["base"], {"id": "base"}, 1.5])
def test_a_model_that_is_no_text_is_a_400(edge: Edge, behind: RecordingApp, model: object) -> None:
    answer = say(edge, model, KEY_X)

    assert (answer.status, answer.error["code"], answer.error["param"]) == (400, "missing_model", "model")
    assert behind.asked == []


def test_a_body_without_a_model_is_a_400(edge: Edge, behind: RecordingApp) -> None:
    answer = ask(edge, {"messages": HELLO, "Model": BRAND_X}, key=KEY_X)

    assert (answer.status, answer.error["code"]) == (400, "missing_model")
    assert behind.asked == []
