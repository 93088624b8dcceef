"""`python -m serving front`: the edge in front of the router; holds no model, only the catalogue and the tenants."""

import socket

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from adapters.names import CompositionName
from serving.cluster.router_proxy import RouterProxy
from serving.edge import Edge
from serving.edge.opening import open_catalogue, open_registry
from serving.settings import ServingSettings

AFFINITY_HEADER = "x-session-id"  # the first one that vllm-router's consistent hash looks at


def create_front(settings: ServingSettings) -> Edge:
    catalogue = open_catalogue(settings, settings.max_context_tokens, settings.max_lora_rank)
    return Edge(RouterProxy(settings.upstream), catalogue, open_registry(settings), with_affinity)


async def with_affinity(name: CompositionName, scope: Scope) -> Scope:
    """A composition lives on one replica, with its adapter slot and its prompt cache; a client's own value is dropped.

    The router's hash never looks at the model's name.
    """
    scope = {**scope, "headers": list(scope["headers"])}
    MutableHeaders(scope=scope)[AFFINITY_HEADER] = str(name)
    return scope


def serve_front(settings: ServingSettings, held: socket.socket) -> None:
    config = uvicorn.Config(create_front(settings), log_level="warning", timeout_graceful_shutdown=10)
    print(f"ready: http://{settings.host}:{held.getsockname()[1]}/v1 in front of {settings.upstream}", flush=True)
    uvicorn.Server(config).run(sockets=[held])
