"""A model server on a free port that answers what a test tells it to, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GOOD_PLAN = json.dumps(
    {
        "objective": "incremental_revenue",
        "pacing": "asap",
        "lead_placement": "sponsored_native",
        "kpi": "iroas",
        "product_node": "coffee",
        "guardrail": "standard",
    }
)
GOOD_NODE = json.dumps({"product_node": "FUEL.NIGHT"})


@dataclass(frozen=True)
class Ask:
    model: str
    prompt: str
    body: dict[str, Any]


Answer = Callable[[Ask], str | tuple[int, str]]
"""The reply's text, or an HTTP status and an error message."""


@dataclass
class ScriptedModel:
    url: str
    asked: list[Ask] = field(default_factory=list)


def right_plan(ask: Ask) -> str:
    return GOOD_NODE if ask.prompt.startswith("Task: product node") else GOOD_PLAN


@contextmanager
def scripted_model(answer: Answer) -> Iterator[ScriptedModel]:
    model = ScriptedModel("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ask = Ask(body["model"], body["messages"][-1]["content"], body)
            model.asked.append(ask)
            reply = answer(ask)
            if isinstance(reply, tuple):
                self._send(reply[0], {"error": {"message": reply[1], "type": "error", "param": None, "code": None}})
            else:
                self._send(200, _completion(body["model"], reply))

        def do_GET(self) -> None:
            self._send(
                200, {"object": "list", "data": [{"id": "base", "object": "model", "created": 0, "owned_by": "x"}]}
            )

        def _send(self, status: int, body: dict[str, Any]) -> None:
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _completion(model: str, text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": f"{model}@pinned",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
