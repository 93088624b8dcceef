"""However a composition is spelt, the server behind is asked for the one pinned name, with the tenant's own salt."""

import asyncio
import re
from pathlib import Path

import pytest
from starlette.types import Scope

from adapters.names import CompositionName
from serving.api_error import ApiError
from serving.edge import Catalogue, Edge, TenantRegistry
from tests.serving.edge.asgi import HELLO, RecordingApp, ask, asking, fetch, say
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_X, KEY_Y, table
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, digest_on_disk, register

ASKED = ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/tokenize", "/detokenize"]
SALTED = ASKED[:3]
STACK_X = f"{INDUSTRY}+{BRAND_X}"
ADDED = "manufacturer_added"  # trained apart, so that it takes weights


@pytest.fixture
def digests(root: Path) -> dict[str, str]:
    return {adapter_id: digest_on_disk(root, adapter_id) for adapter_id in (INDUSTRY, BRAND_X, BRAND_Y)}


def test_any_spelling_goes_on_as_the_one_pinned_name(edge: Edge, behind: RecordingApp, digests: dict[str, str]) -> None:
    industry, brand = digests[INDUSTRY], digests[BRAND_X]
    spellings = [
        STACK_X,
        f"{BRAND_X}+{INDUSTRY}",
        f"{INDUSTRY}:1+{BRAND_X}:1.0000",
        f"{BRAND_X}:01+{INDUSTRY}:1.0",
        f"{INDUSTRY}@{industry}+{BRAND_X}",
        f"{BRAND_X}@{brand[:12]}:1.00+{INDUSTRY}@{industry[:20]}",
    ]

    statuses = [say(edge, spelling, KEY_X).status for spelling in spellings]

    assert statuses == [200] * len(spellings)
    assert {asked.body["model"] for asked in behind.asked} == {
        f"{INDUSTRY}@{industry[:12]}+{BRAND_X}@{brand[:12]}",
    }


def test_weights_are_printed_in_one_way(
    edge_for: MakeEdge, behind: RecordingApp, root: Path, catalogue: Catalogue, small_weights: Path
) -> None:
    register(root, ADDED, small_weights, catalogue.base.sha256)
    edge = edge_for(table("brand_x", KEY_X, adapters=["*"]))

    for spelling in (f"{ADDED}:0.60+{INDUSTRY}:-2.000", f"{INDUSTRY}:-02+{ADDED}:00.6"):
        assert say(edge, spelling, KEY_X).status == 200

    first, second = (asked.body["model"] for asked in behind.asked)
    assert first == second
    assert re.fullmatch(f"{INDUSTRY}@[0-9a-f]{{12}}:-2\\+{ADDED}@[0-9a-f]{{12}}:0.6", first)


@pytest.mark.parametrize("path", ASKED)
def test_every_route_that_names_a_model_gets_the_pinned_name(edge: Edge, behind: RecordingApp, path: str) -> None:
    ask(edge, {"model": STACK_X, "prompt": "x", "other": [1]}, path=path, key=KEY_X)

    assert behind.last.path == path
    assert "@" in behind.last.body["model"]
    assert (behind.last.body["prompt"], behind.last.body["other"]) == ("x", [1])


def test_the_base_stays_the_base(edge: Edge, behind: RecordingApp) -> None:
    say(edge, "base", KEY_X)

    assert behind.last.body["model"] == "base"


def test_one_model_is_described_with_the_bytes_it_stands_for(edge: Edge, digests: dict[str, str]) -> None:
    asked = f"{BRAND_X}+{INDUSTRY}"

    model = fetch(edge, f"/v1/models/{asked}", KEY_X).body

    assert (model["id"], model["parent"]) == (asked, INDUSTRY)
    assert model["root"] == f"{INDUSTRY}@{digests[INDUSTRY][:12]}+{BRAND_X}@{digests[BRAND_X][:12]}"
    assert [adapter["sha256"] for adapter in model["adapters"]] == [digests[INDUSTRY], digests[BRAND_X]]


def salt_of(edge: Edge, behind: RecordingApp, key: str, salt: object = None, path: str = SALTED[0]) -> str:
    body = {"model": "base", "messages": HELLO} | ({} if salt is None else {"cache_salt": salt})
    assert ask(edge, body, path=path, key=key).status == 200
    return str(behind.last.body["cache_salt"])


SALTS = [None, "", "a", "b", "brand_y", "brand_y\0", "\0a", 7, ["a"], {"a": 1}, True, "x" * 5000, "ż", "\ud800"]


def test_every_salt_is_short_hex_the_same_each_time_and_none_is_another_tenants(
    edge: Edge, behind: RecordingApp
) -> None:
    first, again = ([salt_of(edge, behind, KEY_X, salt) for salt in SALTS] for _ in range(2))
    others = [salt_of(edge, behind, KEY_Y, salt) for salt in SALTS]

    assert first == again
    assert not set(first) & set(others)
    assert all(re.fullmatch("[0-9a-f]{1,128}", salt) for salt in (*first, *others))


def test_a_clients_salt_parts_its_own_cache(edge: Edge, behind: RecordingApp) -> None:
    salts = [salt_of(edge, behind, KEY_X, salt) for salt in ("a", "b", "ż", "\ud800", None)]

    assert len(set(salts)) == len(salts)


def test_a_salt_sent_as_another_tenants_own_becomes_one_more_of_the_senders(edge: Edge, behind: RecordingApp) -> None:
    theirs = salt_of(edge, behind, KEY_Y)

    assert salt_of(edge, behind, KEY_X, theirs) != theirs


def test_tenants_whose_ids_and_salts_run_together_do_not_share(edge_for: MakeEdge, behind: RecordingApp) -> None:
    one = edge_for(table("ab", KEY_X))
    first = salt_of(one, behind, KEY_X, "c")
    other = edge_for(table("a", KEY_X))

    assert salt_of(other, behind, KEY_X, "bc") != first
    assert salt_of(other, behind, KEY_X, "b\0c") != first


def test_a_salt_cannot_be_computed_without_the_operators_file(edge_for: MakeEdge, behind: RecordingApp) -> None:
    first = salt_of(edge_for(table("brand_x", KEY_X)), behind, KEY_X)

    assert salt_of(edge_for(table("brand_x", KEY_Y)), behind, KEY_Y) != first


def test_replicas_with_one_file_salt_alike(edge: Edge, behind: RecordingApp, catalogue: Catalogue) -> None:
    registry = edge._registry
    assert isinstance(registry, TenantRegistry)
    replica = Edge(behind, catalogue, registry)

    assert salt_of(edge, behind, KEY_X, "a") == salt_of(replica, behind, KEY_X, "a")


@pytest.mark.parametrize("path", SALTED)
def test_every_route_that_runs_a_model_is_salted(edge: Edge, behind: RecordingApp, path: str) -> None:
    assert len({salt_of(edge, behind, key, "a", path) for key in (KEY_X, KEY_Y)}) == 2


def test_in_local_mode_a_salt_is_left_as_it_is(local_edge: Edge, behind: RecordingApp) -> None:
    say(local_edge, "base", cache_salt="mine")
    say(local_edge, "base")

    assert behind.asked[0].body["cache_salt"] == "mine"
    assert "cache_salt" not in behind.asked[1].body


def test_what_is_done_before_asking_gets_the_pinned_name_and_its_scope_goes_on(
    behind: RecordingApp, catalogue: Catalogue
) -> None:
    named: list[CompositionName] = []

    async def note(name: CompositionName, scope: Scope) -> Scope:
        named.append(name)
        return {**scope, "headers": [*scope["headers"], (b"x-composition", str(name).encode())]}

    edge = Edge(behind, catalogue, None, before_asking=note)
    say(edge, STACK_X)

    assert behind.last.all_of("x-composition") == [behind.last.body["model"]] == [str(named[0])]


def test_what_is_refused_before_asking_does_not_go_on(behind: RecordingApp, catalogue: Catalogue) -> None:
    async def refuse(_: CompositionName, __: Scope) -> Scope:
        raise ApiError(503, "not now", code="composing")

    answer = asyncio.run(asking(Edge(behind, catalogue, None, before_asking=refuse), {"model": STACK_X}))

    assert (answer.status, answer.error["code"], answer.error["type"]) == (503, "composing", "server_error")
    assert behind.asked == []
