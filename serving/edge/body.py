"""A JSON request body: read whole up to a limit, checked, and handed on as other bytes."""

import json
import math
from typing import Any, NoReturn

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope

from serving.api_error import ApiError

MAX_DEPTH = 64  # of objects and lists in each other; JSON schemas of people stay far below


class ClientGone(Exception):
    """The client hung up before its request was whole."""


async def read_json(scope: Scope, receive: Receive, limit_bytes: int) -> dict[str, Any]:
    """Raises ApiError 413, 415 or 400, and ClientGone."""
    headers = Headers(scope=scope)
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        shown = repr(media_type[:80]) if media_type else "missing"
        message = f"the content-type is {shown}; send application/json"
        raise ApiError(415, message, code="unsupported_media_type")
    declared = headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limit_bytes:
        raise _too_large(limit_bytes)
    return _parsed(await _read(receive, limit_bytes))


async def _read(receive: Receive, limit_bytes: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message.get("body", b"")
        if len(body) > limit_bytes:
            raise _too_large(limit_bytes)
        if not message.get("more_body", False):
            return bytes(body)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
        _require_shallow(parsed)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ApiError(400, f"the body is not JSON that can be read: {reason}", code="invalid_json") from error
    if not isinstance(parsed, dict):
        kind = type(parsed).__name__
        raise ApiError(400, f"the body must be a JSON object, not a JSON {kind}", code="invalid_json")
    return parsed


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is too large a number")
    return number


def _require_shallow(parsed: Any) -> None:
    """The server behind reads the body again, deeper in its own stack."""
    level = [parsed] if isinstance(parsed, dict | list) else []
    for _ in range(MAX_DEPTH):
        inside = (value.values() if isinstance(value, dict) else value for value in level)
        level = [one for values in inside for one in values if isinstance(one, dict | list)]
        if not level:
            return
    raise RecursionError


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _too_large(limit_bytes: int) -> ApiError:
    return ApiError(413, f"the body is over {limit_bytes} bytes, which is this key's limit", code="body_too_large")


def with_body(scope: Scope, receive: Receive, body: dict[str, Any]) -> tuple[Scope, Receive]:
    """The same request with another body. Written anew from what was parsed, so that a key given twice, which parsers
    read differently, cannot mean one thing to the edge and another to the server behind it.
    """
    content = json.dumps(body, allow_nan=False).encode()
    scope = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=scope)
    headers["content-length"] = str(len(content))
    del headers["transfer-encoding"]
    is_sent = False

    async def receive_new() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()  # the disconnect, when it comes
        is_sent = True
        return {"type": "http.request", "body": content, "more_body": False}

    return scope, receive_new
