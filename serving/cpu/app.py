"""The ASGI app behind its edge: routes, errors in OpenAI's envelope, and the engine's end when the server stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from serving.cpu import routes_chat, routes_operations
from serving.cpu.api_errors import install_error_handlers
from serving.cpu.chat_service import ChatService
from serving.edge import Edge, TenantRegistry


def create_app(service: ChatService, registry: TenantRegistry | None) -> ASGIApp:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.engine.stop()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.service = service
    for routes in (routes_chat, routes_operations):
        app.include_router(routes.router)
    install_error_handlers(app)
    return Edge(app, service.catalogue, registry)
