"""The ASGI layer in front of either server: key -> tenant -> its adapters -> the canonical, pinned name."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.names import CompositionName
from serving.api_error import ApiError
from serving.edge.admission import Admission
from serving.edge.body import ClientGone, read_json, with_body
from serving.edge.catalogue import Catalogue
from serving.edge.fields import passed_on
from serving.edge.metering import DENIALS, LOCAL, NOBODY, REQUESTS, CompositionLabels, Meter
from serving.edge.request_ids import request_id_of, sends_id, with_own_id
from serving.edge.routes import MODELS, Kind, Route, route_for
from serving.edge.tenants import Limits, Tenant, TenantRegistry

LOCAL_BODY_BYTES = Limits().body_bytes
CLOSED_ROUTE = "closed"  # the route label of what no route answers

BeforeAsking = Callable[[CompositionName, Scope], Awaitable[Scope]]


async def nothing_before(_: CompositionName, scope: Scope) -> Scope:
    return scope


class Edge:
    """Without a registry it is in local mode: no key is asked for, so only this machine may reach it.

    `before_asking` is awaited with the pinned name before a request goes on; what it returns goes on.
    """

    def __init__(
        self,
        app: ASGIApp,
        catalogue: Catalogue,
        registry: TenantRegistry | None,
        before_asking: BeforeAsking = nothing_before,
    ) -> None:
        self.app = app
        self.catalogue = catalogue
        self._registry = registry
        self._before_asking = before_asking
        self._admission = Admission()
        self._labels = CompositionLabels()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = request_id_of(scope)
        exchange = _Exchange(sends_id(send, request_id))
        try:
            route = self._route(scope)
            exchange.route = route.path
            tenant = None
            if route.kind is not Kind.OPEN:
                tenant = self._tenant(scope, route)
                exchange.tenant = LOCAL if tenant is None else tenant.tenant_id
            with nullcontext() if tenant is None else self._admission.admitted(tenant):
                await self._answer(route, tenant, with_own_id(scope, request_id), receive, exchange)
        except ApiError as error:
            DENIALS.labels(error.code).inc()
            await exchange.refuse(error)
        except ClientGone:
            return
        finally:
            exchange.count()

    def _route(self, scope: Scope) -> Route:
        return route_for(scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))

    def _tenant(self, scope: Scope, route: Route) -> Tenant | None:
        """Raises ApiError 401 without a good key, 403 or 404 for what the key may not do."""
        if self._registry is None:
            return None
        scheme, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
        tenant = self._registry.tenant_of(key.strip()) if scheme.lower() == "bearer" else None
        if tenant is None:
            message = "no valid API key; send one as 'Authorization: Bearer KEY'"
            raise ApiError(401, message, code="invalid_api_key", headers={"www-authenticate": "Bearer"})
        if route.kind is Kind.OPERATOR and not tenant.is_admin:
            raise ApiError(403, f"{route.path} shows every tenant; it needs an admin key", code="admin_only")
        if route.kind is Kind.ASK and tenant.is_admin:
            raise ApiError(403, "an admin key reads and asks no model; use a tenant's key", code="read_only_key")
        return tenant

    async def _answer(
        self, route: Route, tenant: Tenant | None, scope: Scope, receive: Receive, exchange: "_Exchange"
    ) -> None:
        if route.kind is Kind.LIST:
            await exchange.answer(200, await asyncio.to_thread(self._models, scope, tenant))
        elif route.kind is Kind.ASK:
            await self._ask(route, tenant, scope, receive, exchange)
        else:
            await self.app(scope, receive, exchange.send)

    def _models(self, scope: Scope, tenant: Tenant | None) -> dict[str, Any]:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        asked = path.removeprefix(MODELS).removeprefix("/")
        if asked:
            return self.catalogue.described(self.catalogue.pinned(asked, tenant), shown_as=asked)
        listed: dict[str, Any] = {"object": "list", "data": self.catalogue.listed(tenant)}
        if problems := self.catalogue.problems(tenant):
            listed["not_offered"] = problems
        return listed

    async def _ask(
        self, route: Route, tenant: Tenant | None, scope: Scope, receive: Receive, exchange: "_Exchange"
    ) -> None:
        body = await read_json(scope, receive, LOCAL_BODY_BYTES if tenant is None else tenant.limits.body_bytes)
        name = await asyncio.to_thread(self._named, body, tenant)
        body = passed_on(body) | {"model": str(name)}
        if route.is_salted and tenant is not None:
            body["cache_salt"] = tenant_salt(tenant, body.get("cache_salt"))
        scope = await self._before_asking(name, scope)
        exchange.composition = self._labels.of(name)
        await self.app(*with_body(scope, receive, body), exchange.send)

    def _named(self, body: dict[str, Any], tenant: Tenant | None) -> CompositionName:
        if not isinstance(asked := body.get("model"), str):
            reason = "is missing" if asked is None else f"must be text, got {str(asked)[:80]!r}"
            raise ApiError(400, f"model {reason}; /v1/models lists what can be named", "model", code="missing_model")
        name = self.catalogue.pinned(asked, tenant)
        if tenant is not None and not name.is_base:
            self._admission.require_composition(tenant, str(name))
        return name


def tenant_salt(tenant: Tenant, given: object) -> str:
    """A tenant's own part of the prompt cache: no other can spell it, whatever salt it sends.

    From the hash of its first key, which only the operator's file holds, so that every replica salts alike.
    """
    told = f"{tenant.tenant_id}\0{given if isinstance(given, str) else ''}"
    return hmac.new(tenant.keys[0].sha256.encode(), told.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


class _Exchange:
    """One request's answer on its way out, and what is counted about it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._meter = Meter()
        self._has_started = False
        self.route = CLOSED_ROUTE
        self.tenant = NOBODY
        self.composition: str | None = None

    async def send(self, message: Message) -> None:
        self._meter.see(message)
        self._has_started = True
        await self._send(message)

    async def answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        shown = {"content-type": "application/json", "content-length": str(len(content))} | (headers or {})
        encoded = [(key.encode(), value.encode()) for key, value in shown.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": encoded})
        await self.send({"type": "http.response.body", "body": content})

    async def refuse(self, error: ApiError) -> None:
        await self.answer(error.status, error.body, error.headers)

    def count(self) -> None:
        if self._has_started:
            REQUESTS.labels(self.tenant, self.route, str(self._meter.status)).inc()
        if self.composition is not None:
            self._meter.count(self.tenant, self.composition)
