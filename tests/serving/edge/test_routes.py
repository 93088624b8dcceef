import asyncio

import pytest
from starlette.types import Message, Scope

from serving.api_error import ApiError
from serving.edge import Edge
from serving.edge.routes import ROUTES, Kind, Route, route_for
from tests.serving.edge.asgi import CHAT, HELLO, RecordingApp, ask, exchange, fetch, http_scope
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_ADMIN, KEY_EXPIRED, KEY_X, table

CLOSED = [
    "/",
    "",
    "/v1",
    "/v1/",
    "/v1/load_lora_adapter",
    "/v1/unload_lora_adapter",
    "/load_lora_adapter",
    "/adapters",
    "/adapters/x",
    "/invocations",
    "/ping",
    "/docs",
    "/docs/oauth2-redirect",
    "/openapi.json",
    "/redoc",
    "/inference/v1/generate",
    "/generate",
    "/pause",
    "/resume",
    "/sleep",
    "/wake_up",
    "/is_sleeping",
    "/reset_prefix_cache",
    "/collective_rpc",
    "/server_info",
    "/tokenizer_info",
    "/start_profile",
    "/update_weights",
    "/scale_elastic_ep",
    "/abort_requests",
    "/v1/embeddings",
    "/v1/score",
    "/rerank",
    "/pooling",
    "/classify",
    "/v1/audio/transcriptions",
    "/v1/messages",
    "/v1/responses/resp_1",
    "/v1/responses/resp_1/cancel",
    "/v1/chat/completions/render",
    "/v1/chat/completions/batch",
    "/v1/completions/render",
    "//v1/models",
    "/v1//models",
    "/v1/models_",
    "/V1/models",
    "/v1/modelsx",
    "/v1/chat/completions/",
    "/v1/chat/completions//",
    "/v1/chat/completions/../completions",
    "//v1/chat/completions",
    "/v1/chat%2Fcompletions",
    "/v1/chat/completions?x",
    "/v1/chat/completions;x",
    "/v1/chat/completions\0",
    "/v1/chat/completions ",
    "/metrics/",
    "/metrics/../v1/load_lora_adapter",
    "/health/",
    "/healthz",
    "/./health",
    "http://other/v1/models",
    "/v1/\u0441hat/completions",
    "/\udc80",
]

# These are read as the name of a model, and no model has such a name.
BELOW_MODELS = [
    "/v1/models/../load_lora_adapter",
    "/v1/models/../../metrics",
    "/v1/models//etc/passwd",
    "/v1/models/base/",
    "/v1/models/base/..",
    "/v1/models/%62ase",
    "/v1/models/\0",
]


@pytest.mark.parametrize("path", CLOSED)
def test_a_closed_path_answers_404_and_never_reaches_the_app_behind(
    edge: Edge, local_edge: Edge, behind: RecordingApp, path: str
) -> None:
    asked = [(edge, KEY_X), (edge, KEY_ADMIN), (edge, None), (local_edge, None)]

    answers = [fetch(each, path, key, method) for each, key in asked for method in ("GET", "POST")]

    assert [(answer.status, answer.error["code"]) for answer in answers] == [(404, "not_found")] * 8
    assert behind.scopes == []


@pytest.mark.parametrize("path", BELOW_MODELS)
def test_a_path_below_models_is_a_name_and_reaches_nothing_else(
    edge: Edge, local_edge: Edge, behind: RecordingApp, path: str
) -> None:
    answers = [fetch(edge, path, KEY_X), fetch(edge, path, KEY_ADMIN), fetch(local_edge, path)]

    assert [(answer.status, answer.error["code"]) for answer in answers] == [(404, "model_not_found")] * 3
    assert fetch(edge, path, KEY_X, "POST").status == 405
    assert behind.scopes == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_an_open_path_with_another_method_answers_405_and_says_which_is_served(
    edge: Edge, behind: RecordingApp, route: Route
) -> None:
    others = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "get", "post"} - {route.method}

    answers = [fetch(edge, route.path, KEY_X, method) for method in others]

    assert {(answer.status, answer.headers["allow"]) for answer in answers} == {(405, route.method)}
    assert behind.scopes == []


def test_only_health_needs_no_key() -> None:
    assert [route.path for route in ROUTES if route.kind is Kind.OPEN] == ["/health"]


def test_every_route_that_runs_a_model_has_a_salt() -> None:
    salted = {route.path for route in ROUTES if route.is_salted}

    assert salted == {CHAT, "/v1/completions", "/v1/responses"}
    assert {route.path for route in ROUTES if route.kind is Kind.ASK} - salted == {"/tokenize", "/detokenize"}


def test_a_refusal_of_a_path_names_what_is_served_and_shows_no_more_than_100_characters_of_it() -> None:
    with pytest.raises(ApiError, match="POST /v1/chat/completions") as caught:
        route_for("GET", "/" + "x" * 10_000)

    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nobodys",
        f"Bearer {KEY_EXPIRED}",
        f"Bearer {KEY_X}x",
        f"Basic {KEY_X}",
        f"Token {KEY_X}",
        KEY_X,
        f"Bearer\t{KEY_X}",
        f"Bearer {KEY_X}, Bearer {KEY_X}",
        "Bearer \xff\xfe",
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/base", "/metrics", "/version"])
def test_without_a_good_key_everything_that_reads_answers_401(
    edge: Edge, behind: RecordingApp, header: str | None, path: str
) -> None:
    answer = fetch(edge, path, **({} if header is None else {"authorization": header}))

    assert (answer.status, answer.error["code"]) == (401, "invalid_api_key")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert behind.scopes == []


@pytest.mark.parametrize("key", [None, "", "nobodys", KEY_EXPIRED])
@pytest.mark.parametrize("path", [route.path for route in ROUTES if route.kind is Kind.ASK])
def test_without_a_good_key_nothing_is_asked(edge: Edge, behind: RecordingApp, key: str | None, path: str) -> None:
    answer = ask(edge, {"model": "base", "messages": HELLO}, path=path, key=key)

    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert behind.scopes == []


def test_the_scheme_of_a_key_is_read_in_any_case(edge: Edge) -> None:
    assert fetch(edge, "/v1/models", authorization=f"bEARER  {KEY_X} ").status == 200


def test_health_is_open_and_the_version_is_for_any_key(edge: Edge, behind: RecordingApp) -> None:
    assert fetch(edge, "/health").status == 200
    assert [fetch(edge, "/version", key).status for key in (KEY_X, KEY_ADMIN)] == [200, 200]

    assert [asked.path for asked in behind.asked] == ["/health", "/version", "/version"]


def test_metrics_show_every_tenant_and_are_for_admins_only(edge: Edge, behind: RecordingApp) -> None:
    refused = fetch(edge, "/metrics", KEY_X)

    assert (refused.status, refused.error["code"], refused.error["type"]) == (403, "admin_only", "permission_error")
    assert behind.asked == []
    assert fetch(edge, "/metrics", KEY_ADMIN).status == 200


@pytest.mark.parametrize("path", [route.path for route in ROUTES if route.kind is Kind.ASK])
def test_an_admin_asks_no_model_on_any_route(edge: Edge, behind: RecordingApp, path: str) -> None:
    answer = ask(edge, {"model": "base", "messages": HELLO}, path=path, key=KEY_ADMIN)

    assert (answer.status, answer.error["code"]) == (403, "read_only_key")
    assert behind.asked == []


def test_an_expired_admin_key_reads_nothing(edge_for: MakeEdge, behind: RecordingApp) -> None:
    edge = edge_for(table("operator", KEY_ADMIN, role="admin", expires_on="2020-01-01"))

    assert fetch(edge, "/metrics", KEY_ADMIN).status == 401
    assert behind.asked == []


def test_a_websocket_is_closed_before_it_opens(edge: Edge, local_edge: Edge, behind: RecordingApp) -> None:
    scope: Scope = {"type": "websocket", "path": "/v1/realtime", "headers": []}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    for each in (edge, local_edge):
        asyncio.run(each(scope, receive, send))

    assert sent == [{"type": "websocket.close", "code": 1008}] * 2
    assert behind.scopes == []


def test_a_root_path_is_not_part_of_a_route(edge: Edge) -> None:
    mounted = {"root_path": "/api"}

    statuses = [
        asyncio.run(
            exchange(edge, http_scope("GET", path, [("authorization", f"Bearer {KEY_X}")]) | mounted, [])
        ).status
        for path in ("/api/v1/models", "/api/v1/models/base", "/api/api/v1/models", "/api/adapters")
    ]

    assert statuses == [200, 200, 404, 404]
