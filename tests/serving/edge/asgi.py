"""An app that remembers exactly what reached it, and a client that speaks ASGI and tidies up no path or header."""

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CHAT = "/v1/chat/completions"
HELLO = [{"role": "user", "content": "hello"}]
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Asked:
    """One request as the app behind the edge saw it."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.content))

    def all_of(self, header: str) -> list[str]:
        return [value for name, value in self.headers if name.lower() == header]


class RecordingApp:
    """Answers every request alike, one message for each of `chunks`."""

    def __init__(
        self, chunks: Sequence[bytes] = (b"{}",), content_type: str = "application/json", status: int = 200
    ) -> None:
        self.asked: list[Asked] = []
        self.scopes: list[Scope] = []
        self._chunks = chunks
        self._content_type = content_type
        self._status = status

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        content, more = b"", True
        while more:
            message = await receive()
            content += message.get("body", b"")
            more = message.get("more_body", False)
        headers = tuple((name.decode(), value.decode()) for name, value in scope["headers"])
        self.asked.append(Asked(scope["method"], scope["path"], headers, content))
        given = [(b"content-type", self._content_type.encode())]
        await send({"type": "http.response.start", "status": self._status, "headers": given})
        for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    @property
    def last(self) -> Asked:
        return self.asked[-1]


@dataclass(frozen=True)
class Answer:
    """`status` is 0 when nothing was answered."""

    status: int
    headers: Mapping[str, str]
    chunks: tuple[bytes, ...]

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(b"".join(self.chunks)))

    @property
    def error(self) -> dict[str, Any]:
        return dict(self.body["error"])


def http_scope(method: str, path: str, headers: Iterable[tuple[str, str]]) -> Scope:
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": b"",
        "root_path": "",
        "headers": encoded,
    }


async def exchange(app: ASGIApp, scope: Scope, incoming: Sequence[Message]) -> Answer:
    """Gives the app the incoming messages one by one, then a disconnect."""
    waiting, sent = list(incoming), list[Message]()

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert len(starts) <= 1
    headers = {name.decode(): value.decode() for name, value in starts[0]["headers"]} if starts else {}
    chunks = tuple(message["body"] for message in sent if message["type"] == "http.response.body")
    return Answer(starts[0]["status"] if starts else 0, headers, tuple(chunk for chunk in chunks if chunk))


async def asking(
    app: ASGIApp,
    body: object = None,
    *,
    path: str = CHAT,
    key: str | None = None,
    headers: Mapping[str, str] = JSON,
) -> Answer:
    """POSTs the body: bytes as they are, else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = list(headers.items()) + ([("authorization", f"Bearer {key}")] if key is not None else [])
    return await exchange(app, http_scope("POST", path, given), [{"type": "http.request", "body": content}])


def ask(app: ASGIApp, body: object = None, **how: Any) -> Answer:
    return asyncio.run(asking(app, body, **how))


def say(app: ASGIApp, model: object, key: str | None = None, **fields: object) -> Answer:
    return ask(app, {"model": model, "messages": HELLO, **fields}, key=key)


def fetch(app: ASGIApp, path: str, key: str | None = None, method: str = "GET", **headers: str) -> Answer:
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    given += [("authorization", f"Bearer {key}")] if key is not None else []
    return asyncio.run(exchange(app, http_scope(method, path, given), [{"type": "http.request", "body": b""}]))
