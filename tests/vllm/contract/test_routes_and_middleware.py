"""Which routes vLLM mounts, and that nothing goes round a class given by `--middleware`."""

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from vllm.entrypoints.launchers.app import build_app

from tests.vllm.contract.stubs import Recorder, Served, arguments, call, routes

ADMIN_ROUTES = {
    ("POST", "/v1/load_lora_adapter"),
    ("POST", "/v1/unload_lora_adapter"),
    ("POST", "/adapters"),
    ("DELETE", "/adapters/{adapter_name}"),
}
OUR_ROUTES = {
    ("GET", "/health"),
    ("GET", "/metrics"),
    ("GET", "/version"),
    ("GET", "/v1/models"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("POST", "/v1/responses"),
    ("POST", "/tokenize"),
}


def test_the_routes_we_let_through_exist(served: Served) -> None:
    assert routes(served.app) >= OUR_ROUTES


def test_the_flag_mounts_adapter_administration_twice(
    served: Served, routes_without_flag: set[tuple[str, str]]
) -> None:
    assert routes(served.app) >= ADMIN_ROUTES
    assert routes_without_flag.isdisjoint(ADMIN_ROUTES)


def test_vllm_mounts_only_the_routes_we_know(served: Served) -> None:
    """Not a danger behind an allowlist; it tells us what an upgrade adds."""
    known = {
        *OUR_ROUTES,
        *ADMIN_ROUTES,
        ("DELETE", "/adapters/{adapter_name}"),
        ("GET", "/kv_event_sources"),
        ("GET", "/load"),
        ("GET", "/ping"),
        ("GET", "/v1/responses/{response_id}"),
        ("POST", "/detokenize"),
        ("POST", "/generative_scoring"),
        ("POST", "/inference/v1/abort_requests"),
        ("POST", "/inference/v1/generate"),
        ("POST", "/invocations"),
        ("POST", "/is_scaling_elastic_ep"),
        ("POST", "/ping"),
        ("POST", "/scale_elastic_ep"),
        ("POST", "/v1/chat/completions/batch"),
        ("POST", "/v1/chat/completions/derender"),
        ("POST", "/v1/chat/completions/render"),
        ("POST", "/v1/completions/derender"),
        ("POST", "/v1/completions/render"),
        ("POST", "/v1/decisions"),  # since 0.33
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/messages/render"),
        ("POST", "/v1/responses/render"),
        ("POST", "/v1/responses/{response_id}/cancel"),
        ("POST", "/v1/systemone"),
    }

    assert routes(served.app) - known == set()


def test_adapters_can_be_administered_past_vllms_own_key(served: Served) -> None:
    """Why the edge exists: --api-key guards /v1 and a few more prefixes, and /adapters is not among them."""
    body = {"name": "intruder", "src": "/anywhere"}

    assert call(served.app, "POST", "/v1/load_lora_adapter", json={}).status_code == 401
    assert call(served.app, "POST", "/adapters", json=body).status_code == 200
    assert [request.lora_path for request in served.engine.loaded] == ["/anywhere"]


def test_a_middleware_class_stands_before_vllms_own_key(served: Served) -> None:
    assert call(served.app, "GET", "/v1/models").status_code == 401

    assert Recorder.seen == [("http", "/v1/models")]
    assert served.app.user_middleware[0].cls is Recorder


@pytest.mark.parametrize(
    ("method", "path"),
    [*sorted(ADMIN_ROUTES), ("POST", "/invocations"), ("GET", "/metrics"), ("GET", "/metricsx"), ("GET", "/nowhere")],
)
def test_nothing_goes_round_a_middleware_class(
    served: Served, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    monkeypatch.setattr(Recorder, "refuses", True)

    answer = call(served.app, method, path, json={"name": "intruder", "src": "/anywhere"})

    assert (answer.status_code, answer.text) == (404, "closed")
    assert served.engine.loaded == []


def test_without_docs_there_is_no_schema_to_read(served: Served, routes_without_flag: set[tuple[str, str]]) -> None:
    documents = {("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/redoc")}

    assert routes(served.app).isdisjoint(documents)
    assert routes_without_flag >= documents


def test_a_middleware_that_cannot_be_imported_stops_the_start() -> None:
    with pytest.raises(ModuleNotFoundError):
        build_app(arguments("--middleware", "no_such_module.Edge"), ("generate",))
