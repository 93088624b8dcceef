"""What the front edge guards: the router, with its manners mended.

The router (vllm-router 0.1.17) answers its own failures in plain text that names the replicas' addresses, and forwards
no header at all on the Responses and tokenizer paths, so a replica that asks for keys refuses them there.
"""

import json
from collections.abc import AsyncIterator
from importlib.metadata import version

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from serving.api_error import ApiError
from serving.hang_up import unless_client_leaves

PACKAGE = "retail-media-federation"

FORWARDED = ("authorization", "content-type", "x-request-id", "x-session-id")
KEPT = ("content-type", "retry-after")
PROXIED = ("/v1/chat/completions", "/v1/completions")

# A reply may take long; reaching the router may not.
TIMEOUT = httpx.Timeout(600.0, connect=5.0, pool=60.0)
LIMITS = httpx.Limits(max_connections=1024, max_keepalive_connections=64)


class RouterProxy:
    def __init__(self, upstream: str) -> None:
        self._router = httpx.AsyncClient(base_url=upstream, timeout=TIMEOUT, limits=LIMITS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        if path == "/health":
            response: Response | None = await self._health()
        elif path == "/metrics":
            response = Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
        elif path == "/version":
            response = JSONResponse({"version": version(PACKAGE)})
        elif path in PROXIED:
            response = await self._forwarded(scope, receive)
        else:
            message = f"{path} is not served through the router; ask a replica for it, or use {' or '.join(PROXIED)}"
            response = _refusal(ApiError(404, message, code="not_found"))
        if response is not None:
            await response(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._router.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _health(self) -> Response:
        """The router's readiness: whether any replica is healthy. Its /health lists the replicas' addresses."""
        try:
            status = (await self._router.get("/readiness", timeout=5.0)).status_code
        except httpx.HTTPError:
            status = 503
        return JSONResponse({"status": "ok" if status == 200 else "no replica is ready"}, 200 if status == 200 else 503)

    async def _forwarded(self, scope: Scope, receive: Receive) -> Response | None:
        """None when the client left."""
        body = (await receive())["body"]  # the edge has read it whole
        given = Headers(scope=scope)
        headers = {name: given[name] for name in FORWARDED if name in given}
        request = self._router.build_request("POST", scope["path"], content=body, headers=headers)
        try:
            answer = await unless_client_leaves(receive, self._router.send(request, stream=True))
            if answer is None:
                return None
            if answer.status_code >= 400:
                return await _mended(answer)
        except httpx.TimeoutException:
            return _refusal(ApiError(504, "the replicas gave no answer in time; try again", code="timeout"))
        except httpx.HTTPError:
            return _refusal(ApiError(503, "no replica can be reached; try again shortly", code="unavailable"))
        return StreamingResponse(_pieces(answer), answer.status_code, _kept(answer))


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Closing the answer, also when the client leaves in between, is what ends the writing on the replica."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


async def _mended(answer: httpx.Response) -> Response:
    """An error in the envelope: a replica's own as it is, the router's without its text."""
    body = await answer.aread()
    await answer.aclose()
    kept = _kept(answer) | {"content-type": "application/json"}
    if _is_envelope(body):
        return Response(body, answer.status_code, kept)
    if answer.status_code >= 500:
        return _refusal(ApiError(503, "the replica that should answer is gone; try again", code="unavailable"))
    return _refusal(ApiError(answer.status_code, "the request cannot be routed: a field has an unusual type or value"))


def _is_envelope(body: bytes) -> bool:
    try:
        return "message" in json.loads(body)["error"]
    except (ValueError, TypeError, KeyError):
        return False


def _kept(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in KEPT if name in answer.headers}


def _refusal(error: ApiError) -> Response:
    return JSONResponse(error.body, error.status, error.headers)
