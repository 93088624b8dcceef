"""From settings to a listening server, which says what it serves."""

import logging
import socket
import sys
from collections.abc import Callable

import torch
import uvicorn

from serving.cpu.app import create_app
from serving.cpu.chat_service import ChatService
from serving.cpu.compositions import Compositions
from serving.cpu.engine import Engine
from serving.cpu.grammar import GrammarCompiler
from serving.cpu.language_model import LanguageModel, chosen_dtype
from serving.edge import TenantRegistry
from serving.edge.opening import mode_line, open_catalogue, open_registry
from serving.settings import ServingSettings

GRACE_SECONDS = 3  # how long a stopping server waits for open streams


def serve(settings: ServingSettings, held: socket.socket) -> None:
    """Serve on the bound socket until stopped."""
    logging.getLogger("serving").setLevel(logging.INFO)
    print(f"loading {settings.model.name} ...", file=sys.stderr)
    registry = open_registry(settings)
    service = chat_service(settings)
    CpuServer(service, registry, lambda: _announce(settings, service, registry, int(held.getsockname()[1]))).run(
        sockets=[held]
    )


class CpuServer(uvicorn.Server):
    """uvicorn that says when it listens, and not before: a client may connect at once."""

    def __init__(self, service: ChatService, registry: TenantRegistry | None, on_listening: Callable[[], None]) -> None:
        app = create_app(service, registry)
        super().__init__(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS))
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_listening()


def chat_service(settings: ServingSettings) -> ChatService:
    if settings.threads:
        torch.set_num_threads(settings.threads)
    model = LanguageModel(settings.model, chosen_dtype(settings.dtype), settings.max_context_tokens)
    catalogue = open_catalogue(settings, model.max_tokens)
    return ChatService(
        engine=Engine(model, settings.max_rows, settings.max_waiting),
        catalogue=catalogue,
        compositions=Compositions(model, settings, catalogue),
        grammars=GrammarCompiler(model.tokenizer, model.vocabulary_size, model.stop_ids),
        default_max_tokens=settings.default_max_tokens,
    )


def _announce(settings: ServingSettings, service: ChatService, registry: TenantRegistry | None, port: int) -> None:
    catalogue, model = service.catalogue, service.engine.model
    for reason in catalogue.problems(None).values():
        print(f"WARNING adapter left out: {reason}", file=sys.stderr)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(mode_line(registry), file=sys.stderr)
    print(
        f"base {settings.model.name}@{catalogue.base.sha256[:12]} ({str(model.dtype).removeprefix('torch.')}, "
        f"{torch.get_num_threads()} threads, context {model.max_tokens} tokens), "
        f"{len(catalogue.manager.cards())} adapters, {len(catalogue.names(None))} names"
    )
    print(f"ready: http://{host}:{port}/v1", flush=True)
