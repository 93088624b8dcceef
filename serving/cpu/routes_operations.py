"""GET /health, /version and /metrics."""

from collections.abc import Iterator
from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from serving.cpu.chat_service import ChatService

router = APIRouter()

PACKAGE = "retail-media-federation"


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    """200 once requests are answered: the app only starts when the model is loaded."""
    service: ChatService = request.app.state.service
    is_alive = service.engine.is_alive
    return JSONResponse({"status": "ok" if is_alive else "engine stopped"}, 200 if is_alive else 503)


@router.get("/version")
async def server_version() -> dict[str, str]:
    return {"version": version(PACKAGE)}


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    registry = CollectorRegistry()
    registry.register(EngineCollector(request.app.state.service))
    # The process's own registry holds what the edge counts.
    return Response(generate_latest(registry) + generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


class EngineCollector(Collector):
    """Reads the engine when scraped, so that nothing is counted twice."""

    def __init__(self, service: ChatService) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        load = self._service.engine.load
        yield GaugeMetricFamily("serving_replies_writing", "Replies that are being written", load.writing)
        yield GaugeMetricFamily("serving_replies_waiting", "Replies that wait for a place", load.waiting)
        yield CounterMetricFamily("serving_prompt_tokens", "Prompt tokens read", load.prompt_tokens)
        yield CounterMetricFamily("serving_reply_tokens", "Reply tokens written", load.written_tokens)
        resident = len(self._service.compositions.resident)
        yield GaugeMetricFamily("serving_compositions_resident", "Compositions held in memory", resident)
