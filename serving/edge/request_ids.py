"""The `x-request-id` of every response: the client's own when it is sane, else a new one."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

HEADER = "x-request-id"
STEERING = (b"x-data-parallel-rank", b"x-vllm-priority", b"x-session-id", b"x-user-id", b"x-tenant-id")
_SANE = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def request_id_of(scope: Scope) -> str:
    given = Headers(scope=scope).get(HEADER, "")
    return given if _SANE.fullmatch(given) else uuid.uuid4().hex


def with_own_id(scope: Scope, request_id: str) -> Scope:
    """For the server behind, which may take the header as its key: two clients' equal ids must not meet there.

    Headers by which a client could choose a place in the queue or an engine of its own go no further.
    """
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in STEERING]
    scope = {**scope, "headers": kept}
    MutableHeaders(scope=scope)[HEADER] = f"{request_id}-{uuid.uuid4().hex[:12]}"
    return scope


def sends_id(send: Send, request_id: str) -> Send:
    async def send_with_id(message: Message) -> None:
        if message["type"] == "http.response.start":
            message.setdefault("headers", [])
            MutableHeaders(scope=message)[HEADER] = request_id
        await send(message)

    return send_with_id
