"""Starting: what a middleware can do before vLLM says that it is up, and what stops the server."""

import asyncio
import json
from typing import Any

import pytest

pytest.importorskip("vllm.entrypoints.cli.serve", reason="vLLM is not in this environment")

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.vllm.contract.stubs import NAME, Recorder, Served, run, start


class Prewarmer:
    """Tokenizes with NAME after vLLM has started and before it says so; with `fails` it says that it did not."""

    def __init__(self, app: ASGIApp, *, fails: bool = False) -> None:
        self.app = app
        self.fails = fails
        self.status = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_later(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self.status, _ = await tokenize_in_process(self.app, never)
                if self.fails:
                    message = {"type": "lifespan.startup.failed", "message": "self-check failed"}
            await send(message)

        await self.app(scope, receive, send_later)


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def gone() -> Message:
    return {"type": "http.disconnect"}


def tokenize_scope(body: bytes) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/tokenize",
        "raw_path": b"/tokenize",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("vllm", 80),
    }


async def tokenize_in_process(app: ASGIApp, after_the_body: Any) -> tuple[int, bytes]:
    body = json.dumps({"model": NAME, "prompt": "x"}).encode()
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop() if messages else await after_the_body()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(tokenize_scope(body), receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_a_middleware_class_sees_the_lifespan(served: Served) -> None:
    run(start(served.app))

    assert Recorder.seen == [("lifespan", "")]


def test_a_name_can_be_prewarmed_in_process_before_the_start_is_announced(served: Served) -> None:
    """/tokenize resolves and loads without generating, and is outside the prefixes of --api-key."""
    prewarmer = Prewarmer(served.app)

    lifespan = run(start(prewarmer))

    assert prewarmer.status == 200
    assert [request.lora_name for request in served.engine.loaded] == [NAME]
    assert not lifespan.should_exit


def test_a_start_that_is_said_to_have_failed_stops_the_server(served: Served) -> None:
    assert run(start(Prewarmer(served.app, fails=True))).should_exit


def test_an_exception_out_of_the_lifespan_does_not_stop_the_server(served: Served) -> None:
    """Why a failed self-check sends lifespan.startup.failed: uvicorn takes any exception for a missing lifespan."""

    async def edge(scope: Scope, receive: Receive, send: Send) -> None:
        raise SystemExit("self-check failed")

    assert not run(start(edge)).should_exit


def test_an_exception_while_a_middleware_is_made_does_not_stop_the_server(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starlette makes middleware at the first scope: what must stop the start belongs at import, not in __init__."""

    def fail(self: Recorder, app: ASGIApp) -> None:
        raise SystemExit("no settings")

    monkeypatch.setattr(Recorder, "__init__", fail)

    assert not run(start(served.app)).should_exit


def test_a_caller_that_says_goodbye_right_after_the_body_gets_no_answer(served: Served) -> None:
    """Why the edge waits in a replayed `receive`: vLLM drops a request whose client has left, and says 200."""
    served.engine.may_load.clear()

    status, body = run(tokenize_in_process(served.app, gone))

    assert status == 200
    assert b"tokens" not in body
