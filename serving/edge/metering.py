"""Counts what passes the edge, without touching a byte of it."""

import json
from typing import Any

from prometheus_client import Counter
from starlette.types import Message

from adapters.names import BASE_NAME, CompositionName

REQUESTS = Counter("federation_edge_requests", "Answers by tenant, route and status", ("tenant", "route", "status"))
DENIALS = Counter("federation_edge_denials", "Requests refused at the edge by reason", ("reason",))
TOKENS = Counter("federation_edge_tokens", "Tokens as replies state them", ("tenant", "composition", "kind"))
UNMETERED = Counter(
    "federation_edge_unmetered_streams", "Streams whose client asked for no usage, so that none is known", ("tenant",)
)

LOCAL = "local"  # the tenant label in local mode
NOBODY = "-"  # and before a key is known

# Prometheus keeps every label set for ever: catalogues may grow and weights spell endlessly many names.
MAX_COMPOSITION_LABELS = 200
OTHER = "other"

TAIL_BYTES = 1 << 16  # of a stream: its usage is in the last event before [DONE]
WHOLE_BYTES = 1 << 23


class CompositionLabels:
    """Adapter ids joined by '+', without digests or weights; past the limit everything new is `other`."""

    def __init__(self, limit: int = MAX_COMPOSITION_LABELS) -> None:
        self._limit = limit
        self._known: set[str] = set()

    def of(self, name: CompositionName) -> str:
        label = "+".join(part.adapter_id for part in name.parts) or BASE_NAME
        if label not in self._known and len(self._known) >= self._limit:
            return OTHER
        self._known.add(label)
        return label


class Meter:
    """Reads the usage out of one response as its messages go by."""

    def __init__(self) -> None:
        self.status = 0
        self._is_stream = False
        self._kept = bytearray()

    def see(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = dict(message.get("headers", ()))
            self._is_stream = headers.get(b"content-type", b"").startswith(b"text/event-stream")
        elif message["type"] == "http.response.body":
            self._kept += message.get("body", b"")
            if len(self._kept) > (TAIL_BYTES if self._is_stream else WHOLE_BYTES):
                del self._kept[:-TAIL_BYTES]

    def count(self, tenant: str, composition: str) -> None:
        usage = self._usage()
        if usage is not None:
            TOKENS.labels(tenant, composition, "prompt").inc(usage[0])
            TOKENS.labels(tenant, composition, "completion").inc(usage[1])
        elif self._is_stream and self.status == 200:
            UNMETERED.labels(tenant).inc()

    def _usage(self) -> tuple[int, int] | None:
        if self.status != 200:
            return None
        if not self._is_stream:
            return _stated(bytes(self._kept))
        events = bytes(self._kept).split(b"\n\n")[-4:]
        data = [line.removeprefix(b"data: ") for event in events for line in event.split(b"\n")]
        return next((usage for line in reversed(data) if (usage := _stated(line)) is not None), None)


def _stated(content: bytes) -> tuple[int, int] | None:
    """(prompt, completion) tokens of a chat, completion or Responses body or event; None where none are stated."""
    try:
        body: Any = json.loads(content)
        usage = body.get("usage") or body.get("response", {}).get("usage")
        return int(usage.get("prompt_tokens", usage.get("input_tokens"))), int(
            usage.get("completion_tokens", usage.get("output_tokens", 0)) or 0
        )
    except (ValueError, AttributeError, TypeError):
        return None
