import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from adapters.names import parse_name
from serving.api_error import ApiError
from serving.edge.admission import Admission
from serving.edge.metering import MAX_COMPOSITION_LABELS, OTHER, CompositionLabels
from serving.edge.tenants import KeyHash, Limits, Tenant
from tests.serving.edge.asgi import HELLO, RecordingApp, asking, fetch, say
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_ADMIN, KEY_X, KEY_Y, table
from tests.tiny import BRAND_X, INDUSTRY

BODY = {"model": "base", "messages": HELLO}


def tenant(tenant_id: str = "brand_x", **limits: int) -> Tenant:
    return Tenant(tenant_id=tenant_id, keys=(KeyHash(sha256="0" * 64),), limits=Limits(**limits))


def test_over_its_rate_a_tenant_gets_429_with_the_seconds_to_wait(edge_for: MakeEdge, behind: RecordingApp) -> None:
    edge = edge_for(table("brand_x", KEY_X, limits={"requests_per_minute": 4}) + table("brand_y", KEY_Y))

    answers = [say(edge, "base", KEY_X) for _ in range(6)]

    assert [answer.status for answer in answers] == [200] * 4 + [429] * 2
    assert (answers[-1].error["code"], answers[-1].error["type"]) == ("rate_limit_exceeded", "rate_limit_error")
    assert int(answers[-1].headers["retry-after"]) == 15
    assert len(behind.asked) == 4
    assert say(edge, "base", KEY_Y).status == 200


def test_refused_and_listing_requests_use_up_the_rate_too(edge_for: MakeEdge) -> None:
    edge = edge_for(table("brand_x", KEY_X, limits={"requests_per_minute": 3}))

    statuses = [say(edge, "nope", KEY_X).status, fetch(edge, "/v1/models", KEY_X).status]
    statuses += [say(edge, "base", KEY_X).status, fetch(edge, "/v1/models", KEY_X).status]

    assert statuses == [404, 200, 200, 429]


def test_an_admin_has_a_rate_too(edge_for: MakeEdge) -> None:
    edge = edge_for(table("operator", KEY_ADMIN, role="admin", limits={"requests_per_minute": 1}))

    assert [fetch(edge, "/metrics", KEY_ADMIN).status for _ in range(2)] == [200, 429]


def test_all_keys_of_a_tenant_count_together(edge_for: MakeEdge) -> None:
    edge = edge_for(table("brand_x", KEY_X, KEY_Y, limits={"requests_per_minute": 1}))

    assert [say(edge, "base", key).status for key in (KEY_X, KEY_Y)] == [200, 429]


class HeldApp(RecordingApp):
    """Answers when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived, self.let_go = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.arrived.set()
        await self.let_go.wait()
        await super().__call__(scope, receive, send)


def test_over_its_open_requests_a_tenant_gets_429_until_one_is_done(edge_for: MakeEdge) -> None:
    tenants = table("brand_x", KEY_X, limits={"concurrent_requests": 1}) + table("brand_y", KEY_Y)

    async def story() -> list[int]:
        app = HeldApp()
        edge = edge_for(tenants, app)
        held = asyncio.create_task(asking(edge, BODY, key=KEY_X))
        await app.arrived.wait()
        refused = await asyncio.wait_for(asking(edge, BODY, key=KEY_X), 5)
        assert (refused.error["code"], refused.headers["retry-after"]) == ("too_many_requests", "1")
        other = asyncio.create_task(asking(edge, BODY, key=KEY_Y))
        app.let_go.set()
        again = await held
        return [refused.status, (await other).status, again.status, (await asking(edge, BODY, key=KEY_X)).status]

    assert asyncio.run(story()) == [429, 200, 200, 200]


async def failing(_: Scope, __: Receive, ___: Send) -> None:
    raise RuntimeError("the server behind fell over")


async def cancelled(_: Scope, __: Receive, ___: Send) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("app", [failing, cancelled])
def test_a_request_that_fails_gives_its_place_back(edge_for: MakeEdge, app: Callable[..., Awaitable[None]]) -> None:
    edge = edge_for(table("brand_x", KEY_X, limits={"concurrent_requests": 1}))
    working, edge.app = edge.app, app

    for _ in range(2):
        with pytest.raises((RuntimeError, asyncio.CancelledError)):
            say(edge, "base", KEY_X)
    edge.app = working

    assert say(edge, "base", KEY_X).status == 200


def test_endless_weights_end_at_the_tenants_limit_of_compositions(
    edge_for: MakeEdge, behind: RecordingApp, root: Path
) -> None:
    limits = {"compositions": 3}
    edge = edge_for(
        table("brand_x", KEY_X, adapters=[INDUSTRY, BRAND_X], limits=limits)
        + table("brand_y", KEY_Y, adapters=[INDUSTRY], limits=limits)
    )

    answers = [say(edge, f"{INDUSTRY}:0.{weight}", KEY_X) for weight in range(1, 7)]

    assert [answer.status for answer in answers] == [200] * 3 + [429] * 3
    assert answers[-1].error["code"] == "too_many_compositions"
    assert len(behind.asked) == 3
    # What it has asked for before, in any spelling, and the base stay open; so do others.
    assert say(edge, f"{INDUSTRY}:0.1000", KEY_X).status == 200
    assert say(edge, "base", KEY_X).status == 200
    assert say(edge, f"{INDUSTRY}:0.9", KEY_Y).status == 200


def test_reading_about_a_composition_does_not_use_up_the_limit(edge_for: MakeEdge) -> None:
    edge = edge_for(table("brand_x", KEY_X, adapters=[INDUSTRY], limits={"compositions": 1}))

    assert {fetch(edge, f"/v1/models/{INDUSTRY}:0.{weight}", KEY_X).status for weight in range(1, 6)} == {200}

    assert say(edge, INDUSTRY, KEY_X).status == 200


def test_a_composition_is_counted_once() -> None:
    admission = Admission()

    for _ in range(3):
        admission.require_composition(tenant(compositions=1), "a@0")
    with pytest.raises(ApiError, match="1 different compositions"):
        admission.require_composition(tenant(compositions=1), "b@0")


def test_requests_under_way_do_not_use_up_the_rate_when_refused() -> None:
    admission, one = Admission(), tenant(concurrent_requests=1, requests_per_minute=2)

    with admission.admitted(one):
        for _ in range(5):
            with pytest.raises(ApiError, match="under way"), admission.admitted(one):
                pass

    with admission.admitted(one):
        pass


def test_composition_labels_are_bounded_and_say_neither_weights_nor_digests() -> None:
    labels = CompositionLabels(limit=2)

    names = ("base", "a@0123456789ab:0.5", "a:0.7", "b", "c", "b+a", "a")

    assert [labels.of(parse_name(name)) for name in names] == ["base", "a", "a", OTHER, OTHER, OTHER, "a"]


def test_by_default_labels_end_at_200() -> None:
    labels = CompositionLabels()

    given = {labels.of(parse_name(f"a{number}")) for number in range(1000)}

    assert len(given) == MAX_COMPOSITION_LABELS + 1 == 201
