"""The edge as vLLM takes it (`--middleware`): a class made with the app alone, so it reads its settings itself."""

import logging
import os
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.names import CompositionName
from schemas.errors import RetailMediaError
from serving.edge import Edge
from serving.edge.opening import open_catalogue, open_registry
from serving.settings import read_settings
from serving.vllm.launch import PLUGIN, runtime_lora_is_on
from serving.vllm.plugin import CompositionResolver, registered_composer
from serving.vllm.self_check import SelfCheckFailed, require_closed_routes, status_of

logger = logging.getLogger("vllm." + __name__)  # vLLM's own logging shows what is below its name


class VllmEdge:
    """Opens the edge while vLLM starts up, checks the running app through it, and only then lets it listen.

    Whatever goes wrong is told as a failed start-up: an exception that left this class would read to uvicorn as "this
    app has no lifespan", and the server would come up without it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._edge: Edge | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self._edge is not None:
            await self._edge(scope, receive, send)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_when_checked(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                try:
                    await self._open(scope["app"])
                except Exception as error:
                    self._edge = None  # nothing is answered any more, even if vLLM went on
                    expected = isinstance(error, RetailMediaError)
                    logger.critical("start-up self-check failed: %s", error, exc_info=not expected)
                    message = {"type": "lifespan.startup.failed", "message": f"start-up self-check failed: {error}"}
            await send(message)

        await self._app(scope, receive, send_when_checked)

    async def _open(self, app: Any) -> None:
        settings = read_settings()
        registry = open_registry(settings)
        if runtime_lora_is_on(os.environ):
            _require_resolver(app)
            catalogue = open_catalogue(settings, settings.max_context_tokens, settings.max_lora_rank)
            self._edge = Edge(self._app, catalogue, registry, _restored)
        else:
            fixed = frozenset(app.state.openai_serving_models.lora_requests)
            catalogue = open_catalogue(settings, settings.max_context_tokens, settings.max_lora_rank, fixed)
            self._edge = Edge(self._app, catalogue, registry)
        closed = await require_closed_routes(app, has_keys=registry is not None)
        logger.info("start-up self-check passed: closed routes tried=%d, keys=%s", closed, registry is not None)
        for name in settings.prewarm:
            await self._prewarm(app, name)

    async def _prewarm(self, app: ASGIApp, text: str) -> None:
        """Asking for its tokens resolves and loads a composition and writes nothing."""
        assert self._edge is not None
        try:
            name = self._edge.catalogue.pinned(text, None)
            body = {"model": str(name), "prompt": "x"}
            status = await status_of(self._app, "POST", "/tokenize", body, app)
        except Exception:
            logger.exception("not prewarmed: name=%s", text)  # the others are served all the same
        else:
            logger.info("prewarmed: name=%s status=%d", name, status)


def _require_resolver(app: Any) -> None:
    """Raises SelfCheckFailed unless our plugin is vLLM's one and only resolver."""
    kinds = [type(resolver) for resolver in app.state.openai_serving_models.lora_resolvers]
    if kinds != [CompositionResolver]:
        named = ", ".join(kind.__name__ for kind in kinds) or "none"
        raise SelfCheckFailed(f"vLLM's LoRA resolvers are {named}; it must be our plugin {PLUGIN!r} alone")


async def _restored(name: CompositionName, scope: Scope) -> Scope:
    if not name.is_base:
        await registered_composer().restore(str(name))
    return scope
