"""A stub engine and resolver, vLLM's own app around them, and how tests call it."""

import asyncio
import sys
from argparse import Namespace
from collections.abc import Coroutine
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.lifespan.on import LifespanOn
from vllm.entrypoints.launchers.app import build_app
from vllm.entrypoints.openai.models.protocol import BaseModelPath
from vllm.entrypoints.openai.models.serving import OpenAIServingModels
from vllm.entrypoints.serve.engine.protocol import ErrorResponse
from vllm.entrypoints.serve.engine.serving import BaseServing
from vllm.entrypoints.serve.tokenize.serving import ServingTokenization
from vllm.inputs import tokens_input
from vllm.lora.request import LoRARequest
from vllm.lora.resolver import LoRAResolver, LoRAResolverRegistry
from vllm.utils.argparse_utils import FlexibleArgumentParser

try:  # 0.33 moved the parser
    from vllm.entrypoints.common.cli_args import make_arg_parser
except ImportError:
    from vllm.entrypoints.launchers.cli_args import make_arg_parser

BASE_PATH = "/models/llama"
NAME = "industry_a@0123456789ab+brand_b@ba9876543210"
FLAG = "VLLM_ALLOW_RUNTIME_LORA_UPDATING"
CHAT_BODY = {"messages": [{"role": "user", "content": "x"}]}


class StubEngine:
    """What OpenAIServingModels asks of an engine client; `refusal` is raised instead of loading."""

    renderer = None
    input_processor = None

    def __init__(self) -> None:
        self.model_config = SimpleNamespace(model=BASE_PATH, max_model_len=64, is_encoder_decoder=False)
        self.loaded: list[LoRARequest] = []
        self.refusal: Exception | None = None
        self.may_load = asyncio.Event()
        self.may_load.set()

    async def add_lora(self, request: LoRARequest) -> bool:
        await self.may_load.wait()
        if self.refusal is not None:
            raise self.refusal
        self.loaded.append(request)
        return True


class StubResolver(LoRAResolver):
    """Answers a path per name, raises a given exception, or does not know the name; records what it was asked."""

    def __init__(self, answers: dict[str, str | Exception]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    async def resolve_lora(self, base_model_name: str, lora_name: str) -> LoRARequest | None:
        self.asked.append((base_model_name, lora_name))
        await asyncio.sleep(0)
        answer = self.answers.get(lora_name)
        if isinstance(answer, Exception):
            raise answer
        return None if answer is None else LoRARequest(lora_name=lora_name, lora_int_id=7, lora_path=answer)


class Recorder:
    """The middleware of these tests: notes every scope, and with `refuses` lets no request through."""

    seen: list[tuple[str, str]] = []
    refuses = False

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        Recorder.seen.append((scope["type"], scope.get("path", "")))
        if scope["type"] == "http" and Recorder.refuses:
            await PlainTextResponse("closed", 404)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Served(NamedTuple):
    app: Any
    models: OpenAIServingModels
    engine: StubEngine
    resolver: StubResolver


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, timeout=10))


def arguments(*more: str) -> Namespace:
    return make_arg_parser(FlexibleArgumentParser()).parse_args(["--served-model-name", "base", *more])


def routes(app: Any) -> set[tuple[str, str]]:
    return {(method, route.path) for route in app.routes for method in getattr(route, "methods", None) or ()}


def models_with(engine: StubEngine) -> OpenAIServingModels:
    return OpenAIServingModels(engine, [BaseModelPath(name="base", model_path=BASE_PATH)])


def check(served: Served, name: str | None) -> Coroutine[Any, Any, ErrorResponse | None]:
    """vLLM's decision about a request's model: None serves it."""
    return BaseServing(served.models, served.models.model_config)._check_model(SimpleNamespace(model=name))


def call(app: ASGIApp, method: str, path: str, **request: Any) -> httpx.Response:
    return run(answer(app, method, path, **request))


async def answer(app: ASGIApp, method: str, path: str, **request: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vllm") as client:
        return await client.request(method, path, **request)


async def start(app: ASGIApp) -> LifespanOn:
    """As uvicorn starts it; `should_exit` tells whether the server would come up."""
    lifespan = LifespanOn(uvicorn.Config(app, log_config=None))
    await lifespan.startup()
    return lifespan


def module_of(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> ModuleType:
    """A module that can be imported by `name` until the test ends."""
    module = ModuleType(name)
    for member, value in members.items():
        setattr(module, member, value)
    monkeypatch.setitem(sys.modules, name, module)
    return module


def recorder_flag(monkeypatch: pytest.MonkeyPatch, *, refuses: bool = False) -> tuple[str, str]:
    """The flag that puts a Recorder that has seen nothing in front of the app."""
    monkeypatch.setattr(Recorder, "seen", [])
    monkeypatch.setattr(Recorder, "refuses", refuses)
    module = module_of(monkeypatch, "contract_middleware", Recorder=Recorder)
    return "--middleware", f"{module.__name__}.Recorder"


def app_with(engine: StubEngine, *flags: str) -> Any:
    """vLLM's own app in front of a stub engine; its models object asks the resolvers registered by now."""
    models = models_with(engine)
    app = build_app(arguments(*flags, "--disable-fastapi-docs"), ("generate",))

    async def two_tokens(*_: Any, **__: Any) -> list[Any]:
        return [tokens_input([1, 2])]

    renderer = SimpleNamespace(model_config=models.model_config, renderer=None, preprocess_completion=two_tokens)
    app.state.openai_serving_models = models
    app.state.serving_tokenization = ServingTokenization(
        models, renderer, chat_template=None, chat_template_content_format="auto"
    )
    app.state.engine_client = engine
    app.state.log_stats = False
    return app


def served_by_a_stub(monkeypatch: pytest.MonkeyPatch) -> Served:
    resolver = StubResolver({NAME: "/store/a+b"})
    LoRAResolverRegistry.register_resolver("ours", resolver)
    engine = StubEngine()
    app = app_with(engine, *recorder_flag(monkeypatch), "--api-key", "inner")
    return Served(app, app.state.openai_serving_models, engine, resolver)
