"""Before vLLM answers anyone: is the resolver in, and does the edge close what it must?

Asked of the running app itself, through all of its layers, so that an upgrade of vLLM that mounts a new route, moves
the edge inwards or drops the plugin stops the start instead of opening a door.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from schemas.errors import RetailMediaError
from serving.edge.routes import ROUTES, Kind

CLOSED = {404, 405}

# Whatever the app mounts is tried; these are tried even where it does not say so.
KNOWN_DOORS = (
    ("POST", "/v1/load_lora_adapter"),
    ("POST", "/v1/unload_lora_adapter"),
    ("POST", "/adapters"),
    ("DELETE", "/adapters/x"),
    ("POST", "/invocations"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
)


class SelfCheckFailed(RetailMediaError):
    """The server must not come up."""


async def require_closed_routes(app: ASGIApp, has_keys: bool) -> int:
    """The number of closed routes that were tried. Raises SelfCheckFailed naming the first that answered."""
    allowed = {(route.method, route.path) for route in ROUTES}
    doors = sorted({*KNOWN_DOORS, *_mounted(app)} - allowed)
    for method, path in doors:
        if (status := await status_of(app, method, path)) not in CLOSED:
            raise SelfCheckFailed(f"{method} {path} answered {status} through the edge; it must answer 404")
    guarded = [route for route in ROUTES if has_keys and route.kind is not Kind.OPEN]
    for route in guarded:
        if (status := await status_of(app, route.method, route.path)) != 401:
            raise SelfCheckFailed(f"{route.method} {route.path} answered {status} without an API key, not 401")
    return len(doors)


def _mounted(app: Any) -> Iterator[tuple[str, str]]:
    for route in getattr(app, "routes", ()):
        for method in getattr(route, "methods", None) or ():
            if method not in ("HEAD", "OPTIONS"):
                yield method, route.path.replace("{", "").replace("}", "")


async def status_of(
    layer: ASGIApp, method: str, path: str, body: dict[str, Any] | None = None, app: ASGIApp | None = None
) -> int:
    """The status of one request that never touches the network. `app` is the whole app where `layer` is not."""
    content = b"" if body is None else json.dumps(body).encode()
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
        "state": {},
        "app": app or layer,
    }
    status = 0
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()  # vLLM listens on for a disconnect, which does not come
        return messages.pop()

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]

    await layer(scope, receive, send)
    return status
