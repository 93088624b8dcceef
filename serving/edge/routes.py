"""The allowlist: what is not here answers 404, whatever the server behind has mounted.

vLLM opens more than it guards: with runtime LoRA updating on, `/v1/load_lora_adapter` reads any path, `/adapters` does
the same without its API key, and `/invocations` takes a model name from a header.
"""

from dataclasses import dataclass
from enum import Enum, auto

from serving.api_error import ApiError

MODELS = "/v1/models"


class Kind(Enum):
    OPEN = auto()  # no key: health checks have none
    READ = auto()  # any key
    OPERATOR = auto()  # admin keys only: it shows every tenant's names
    LIST = auto()  # answered by the edge itself
    ASK = auto()  # names a model in its JSON body


@dataclass(frozen=True)
class Route:
    """`path` is also the route's label in metrics. A salted route reads the prompt cache."""

    method: str
    path: str
    kind: Kind
    is_salted: bool = False


ROUTES = (
    Route("GET", "/health", Kind.OPEN),
    Route("GET", "/version", Kind.READ),
    Route("GET", "/metrics", Kind.OPERATOR),
    Route("GET", MODELS, Kind.LIST),
    Route("POST", "/v1/chat/completions", Kind.ASK, is_salted=True),
    Route("POST", "/v1/completions", Kind.ASK, is_salted=True),
    Route("POST", "/v1/responses", Kind.ASK, is_salted=True),
    Route("POST", "/tokenize", Kind.ASK),
    Route("POST", "/detokenize", Kind.ASK),
)
BY_PATH = {route.path: route for route in ROUTES}


def route_for(method: str, path: str) -> Route:
    """Raises ApiError 404 for a closed path and 405 for an open one with another method."""
    route = BY_PATH.get(MODELS if path.startswith(f"{MODELS}/") else path)
    if route is None:
        listed = ", ".join(f"{route.method} {route.path}" for route in ROUTES)
        raise ApiError(404, f"{method} {path[:100]} is not served here; served are {listed}", code="not_found")
    if method != route.method:
        message = f"{method} {route.path} is not served here; use {route.method}"
        raise ApiError(405, message, code="method_not_allowed", headers={"allow": route.method})
    return route
