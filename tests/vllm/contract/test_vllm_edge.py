"""VllmEdge in front of vLLM's own app: the server comes up with every door closed that must be, or not at all."""

import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from vllm.lora.resolver import LoRAResolverRegistry

from adapters.digest import base_digest
from adapters.names import parse_name, unpinned
from serving.edge.routes import Kind, Route, route_for
from serving.edge.tenants import new_key
from serving.settings import PREFIX, ServingSettings, as_environment
from serving.vllm.launch import EDGE
from serving.vllm.plugin import register
from serving.vllm.self_check import status_of
from tests.tiny import BRAND_X, INDUSTRY, make_tiny_base, make_tiny_catalogue
from tests.vllm.contract.stubs import FLAG, StubEngine, StubResolver, answer, app_with, recorder_flag, run, start

KEY, KEY_SHA256 = new_key()
MINE = {"authorization": f"Bearer {KEY}"}
PAIR = f"{INDUSTRY}+{BRAND_X}"


@pytest.fixture(scope="module")
def tiny_settings(tmp_path_factory: pytest.TempPathFactory) -> ServingSettings:
    base = make_tiny_base(tmp_path_factory.mktemp("base"))
    adapters = tmp_path_factory.mktemp("adapters")
    make_tiny_catalogue(adapters, base, tmp_path_factory.mktemp("scratch"))
    tenants = tmp_path_factory.mktemp("tenants") / "tenants.toml"
    tenants.write_text(f'[tenants.brand]\nadapters = ["*"]\nkeys = [{{ sha256 = "{KEY_SHA256}" }}]\n')
    return ServingSettings(
        model=base,
        adapters=adapters,
        composed=tmp_path_factory.mktemp("composed"),
        tenants=tenants,
        base_sha256=base_digest(base),
        max_lora_rank=8,
    )


@pytest.fixture(autouse=True)
def settings(tiny_settings: ServingSettings, flag: None, monkeypatch: pytest.MonkeyPatch) -> ServingSettings:
    """In the environment, as the launcher leaves them, with the runtime flag on."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in as_environment(tiny_settings).items():
        monkeypatch.setenv(name, value)
    return tiny_settings


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["vllm", "--middleware", EDGE])
    register()


def edged(engine: StubEngine | None = None, *flags: str) -> Any:
    return app_with(engine or StubEngine(), "--middleware", EDGE, *flags)


def why_it_stays_down(app: ASGIApp) -> str:
    """The reason that the failed start gives. Fails where uvicorn would listen."""
    said: list[Message] = []

    async def overheard(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            said.append(message)
            await send(message)

        await app(scope, receive, send_on)

    lifespan = run(start(overheard))
    assert lifespan.should_exit
    assert said[0]["type"] == "lifespan.startup.failed"
    return said[0]["message"]


async def answers(app: ASGIApp, *asked: tuple[str, str, dict[str, Any]]) -> list[httpx.Response]:
    """Once the app has started."""
    assert not (await start(app)).should_exit
    return [await answer(app, method, path, **request) for method, path, request in asked]


def let_in(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """A mistake in the allowlist: the path is open to everyone."""

    def mistaken(method: str, asked: str) -> Route:
        return Route(method, asked, Kind.OPEN) if asked == path else route_for(method, asked)

    monkeypatch.setattr("serving.edge.edge.route_for", mistaken)


def test_an_edge_that_closes_what_it_must_comes_up_and_serves_tenants(plugin: None) -> None:
    engine = StubEngine()

    keyless, listed, tokens, administration = run(
        answers(
            edged(engine),
            ("GET", "/v1/models", {}),
            ("GET", "/v1/models", {"headers": MINE}),
            ("POST", "/tokenize", {"headers": MINE, "json": {"model": PAIR, "prompt": "x"}}),
            ("POST", "/adapters", {"headers": MINE, "json": {"name": "intruder", "src": "/anywhere"}}),
        )
    )

    assert keyless.status_code == 401
    assert PAIR in [model["id"] for model in listed.json()["data"]]
    assert tokens.json()["tokens"] == [1, 2]
    assert administration.status_code == 404
    assert [str(unpinned(parse_name(request.lora_name))) for request in engine.loaded] == [PAIR]


def test_the_lifespan_ends_when_the_server_does(plugin: None) -> None:
    async def whole_life() -> bool:
        lifespan = await start(edged())
        await lifespan.shutdown()
        return lifespan.should_exit

    assert not run(whole_life())


def test_without_the_flag_no_resolver_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Static compositions are loaded by vLLM itself."""
    monkeypatch.delenv(FLAG)

    assert not run(start(edged())).should_exit


@pytest.mark.parametrize(("prewarmed", "loaded"), [(PAIR, 1), ("nobody", 0), (f"nobody,{PAIR}", 1)])
def test_a_name_to_prewarm_is_composed_and_loaded_before_the_server_is_up(
    plugin: None, monkeypatch: pytest.MonkeyPatch, settings: ServingSettings, prewarmed: str, loaded: int
) -> None:
    """And a name that cannot be had keeps nothing down."""
    monkeypatch.setenv("SERVING_PREWARM", prewarmed)
    engine = StubEngine()

    lifespan = run(start(edged(engine)))

    assert not lifespan.should_exit
    assert [Path(request.lora_path).is_relative_to(settings.composed) for request in engine.loaded] == [True] * loaded


def test_without_our_plugin_the_server_stays_down() -> None:
    assert "LoRA resolvers are none" in why_it_stays_down(edged())


def test_with_a_resolver_beside_ours_the_server_stays_down(plugin: None) -> None:
    LoRAResolverRegistry.register_resolver("another", StubResolver({}))

    assert "LoRA resolvers are CompositionResolver, StubResolver" in why_it_stays_down(edged())


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/adapters", "POST /adapters answered 400"),
        ("/v1/load_lora_adapter", "POST /v1/load_lora_adapter answered 400"),
        ("/version", "GET /version answered 200 without an API key"),
    ],
)
def test_with_a_door_open_the_server_stays_down(
    plugin: None, monkeypatch: pytest.MonkeyPatch, path: str, reason: str
) -> None:
    let_in(monkeypatch, path)

    assert reason in why_it_stays_down(edged())


def test_with_an_edge_that_lets_everything_through_the_server_stays_down(
    plugin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.vllm.middleware.Edge", lambda app, *_: app)
    engine = StubEngine()
    engine.get_kv_event_sources = dict  # what the first of the doors asks

    assert "through the edge; it must answer 404" in why_it_stays_down(edged(engine))


def test_with_another_middleware_answering_before_the_edge_the_server_stays_down(
    plugin: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last that is given stands outermost."""
    app = edged(None, *recorder_flag(monkeypatch, refuses=True))

    assert "answered 404 without an API key" in why_it_stays_down(app)


def test_a_bad_tenants_file_keeps_the_server_down(
    plugin: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bad = tmp_path / "tenants.toml"
    bad.write_text("tenants = 3")
    monkeypatch.setenv("SERVING_TENANTS", str(bad))

    assert str(bad) in why_it_stays_down(edged())


def test_an_exception_nobody_thought_of_keeps_the_server_down(plugin: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("no more disks")

    monkeypatch.setattr("serving.vllm.middleware.open_catalogue", fail)

    assert why_it_stays_down(edged()) == "start-up self-check failed: no more disks"


def test_before_the_edge_is_open_nothing_is_answered(plugin: None) -> None:
    engine = StubEngine()
    app = edged(engine)
    body = {"name": "intruder", "src": "/anywhere"}

    assert [run(status_of(app, *door)) for door in (("GET", "/version"), ("POST", "/adapters", body))] == [0, 0]
    assert engine.loaded == []


def test_after_a_failed_start_nothing_is_answered() -> None:
    app = edged()
    why_it_stays_down(app)

    assert run(status_of(app, "GET", "/version")) == 0
