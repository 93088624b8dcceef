"""Two brands behind one edge: neither sees, names or learns of the other's adapters."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from serving.edge import Edge
from tests.serving.edge.asgi import Answer, RecordingApp, fetch, say
from tests.serving.edge.conftest import MakeEdge
from tests.serving.edge.tenants_files import KEY_ADMIN, KEY_X, KEY_Y, table
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, digest_on_disk

UNKNOWN = "manufacturer_brand_z"  # as long as the real ones, so that answers about both are equally long
STACK_X = f"{INDUSTRY}+{BRAND_X}"

# {} stands for an adapter that is another's or nobody's.
SPELLINGS = [
    "{}",
    f"{INDUSTRY}+{{}}",
    f"{{}}+{INDUSTRY}",
    f"{INDUSTRY}+{BRAND_X}+{{}}",
    f"{{}}+{BRAND_X}+{INDUSTRY}",
    f"{INDUSTRY}+{{}}:0.5",
    f"{INDUSTRY}:0.3+{{}}:-2",
    "{}@000000000000",
    f"{INDUSTRY}+{{}}@000000000000",
    "{}@000000000000:0.5",
]


def without_name(answer: Answer, name: str) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    headers = {key: value for key, value in answer.headers.items() if key != "x-request-id"}
    error = answer.error | {"message": answer.error["message"].replace(name, "NAME")}
    return answer.status, error, headers


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_forbidden_and_an_unknown_adapter_are_told_apart_by_nothing(
    edge: Edge, behind: RecordingApp, spelling: str
) -> None:
    forbidden, unknown = spelling.format(BRAND_Y), spelling.format(UNKNOWN)

    answers = [without_name(say(edge, name, KEY_X), name) for name in (forbidden, unknown)]
    read = [without_name(fetch(edge, f"/v1/models/{name}", KEY_X), name) for name in (forbidden, unknown)]

    assert answers[0] == answers[1] == read[0] == read[1]
    assert answers[0][0] == 404 and answers[0][1]["code"] == "model_not_found"
    assert BRAND_Y not in answers[0][1]["message"]
    assert behind.asked == []


def test_the_right_digest_of_a_forbidden_adapter_tells_no_more_than_a_wrong_one(edge: Edge, root: Path) -> None:
    right = f"{INDUSTRY}+{BRAND_Y}@{digest_on_disk(root, BRAND_Y)}"
    wrong = f"{INDUSTRY}+{BRAND_Y}@{'0' * 64}"

    answers = [without_name(say(edge, name, KEY_X), name) for name in (right, wrong)]

    assert answers[0] == answers[1]


@pytest.mark.parametrize(("key", "own", "others"), [(KEY_X, BRAND_X, BRAND_Y), (KEY_Y, BRAND_Y, BRAND_X)])
def test_a_tenant_sees_the_base_and_its_own_adapters_only(edge: Edge, key: str, own: str, others: str) -> None:
    listed = fetch(edge, "/v1/models", key)

    assert [model["id"] for model in listed.body["data"]] == ["base", INDUSTRY, f"{INDUSTRY}+{own}"]
    assert others not in b"".join(listed.chunks).decode()


def test_a_tenant_may_ask_its_own_composition_and_the_other_tenant_may_not(edge: Edge, behind: RecordingApp) -> None:
    assert say(edge, STACK_X, KEY_X).status == 200
    assert say(edge, STACK_X, KEY_Y).status == 404

    assert len(behind.asked) == 1


def test_an_admin_sees_every_tenants_adapters_and_asks_no_model(edge: Edge, behind: RecordingApp) -> None:
    listed = fetch(edge, "/v1/models", KEY_ADMIN).body["data"]
    refused = say(edge, "base", KEY_ADMIN)

    assert [model["id"] for model in listed] == ["base", INDUSTRY, STACK_X, f"{INDUSTRY}+{BRAND_Y}"]
    assert (refused.status, refused.error["code"]) == (403, "read_only_key")
    assert fetch(edge, f"/v1/models/{STACK_X}", KEY_ADMIN).status == 200
    assert behind.asked == []


def test_a_child_whose_parent_a_tenant_may_not_name_is_invisible(edge_for: MakeEdge, behind: RecordingApp) -> None:
    edge = edge_for(table("brand_x", KEY_X, adapters=[BRAND_X]))

    listed = fetch(edge, "/v1/models", KEY_X)
    child, unknown = (without_name(say(edge, name, KEY_X), name) for name in (BRAND_X, UNKNOWN))

    assert [model["id"] for model in listed.body["data"]] == ["base"]
    assert child == unknown
    assert INDUSTRY not in child[1]["message"]
    assert behind.asked == []


@pytest.mark.parametrize("change", [{"revoked_because": "a leak"}, {"expires_on": "2020-01-01"}])
def test_the_end_of_a_parent_that_a_tenant_may_not_name_tells_it_nothing(
    edge_for: MakeEdge, edit_card: Callable[..., None], change: dict[str, object]
) -> None:
    edge = edge_for(table("brand_x", KEY_X, adapters=[BRAND_X]))
    edit_card(INDUSTRY, **change)

    listed = fetch(edge, "/v1/models", KEY_X)
    child, unknown = (without_name(say(edge, name, KEY_X), name) for name in (BRAND_X, UNKNOWN))

    assert INDUSTRY not in b"".join(listed.chunks).decode()
    assert child == unknown


@pytest.mark.parametrize(
    ("listed", "audience", "status"),
    [
        ([INDUSTRY, BRAND_X], ["brand_x"], 200),
        (["*"], ["brand_x"], 200),
        ([INDUSTRY, BRAND_X], ["*"], 200),
        (["*"], ["brand_y"], 404),
        ([INDUSTRY, BRAND_X], ["brand_y"], 404),
        ([INDUSTRY], ["*"], 404),
        ([INDUSTRY], ["brand_x"], 404),
        ([INDUSTRY, BRAND_X], [], 404),
    ],
)
def test_the_card_and_the_tenants_file_must_both_admit(
    edge_for: MakeEdge, edit_card: Callable[..., None], listed: list[str], audience: list[str], status: int
) -> None:
    edge = edge_for(table("brand_x", KEY_X, adapters=listed))
    edit_card(BRAND_X, audience=audience)

    assert say(edge, STACK_X, KEY_X).status == status
    assert (STACK_X in [model["id"] for model in fetch(edge, "/v1/models", KEY_X).body["data"]]) is (status == 200)


ENDS = {
    "expired": ({"expires_on": "2020-01-01"}, "expired on 2020-01-01"),
    "revoked": ({"revoked_because": "trained on a leak"}, "was revoked by tests: trained on a leak"),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_owner_learns_why_its_adapter_is_gone_and_others_only_that_it_is_not_here(
    edge: Edge, edit_card: Callable[..., None], end: str
) -> None:
    change, reason = ENDS[end]
    edit_card(BRAND_X, **change)

    owner, other = say(edge, STACK_X, KEY_X), say(edge, STACK_X, KEY_Y)
    unknown = f"{INDUSTRY}+{UNKNOWN}"

    assert (owner.status, other.status) == (404, 404)
    assert reason in owner.error["message"]
    assert "does not exist here" in other.error["message"]
    assert without_name(other, STACK_X) == without_name(say(edge, unknown, KEY_Y), unknown)
    assert list(fetch(edge, "/v1/models", KEY_X).body["not_offered"]) == [BRAND_X]
    assert "not_offered" not in fetch(edge, "/v1/models", KEY_Y).body
    assert list(fetch(edge, "/v1/models", KEY_ADMIN).body["not_offered"]) == [BRAND_X]


def test_in_local_mode_everything_may_be_named_without_a_key(local_edge: Edge) -> None:
    listed = fetch(local_edge, "/v1/models").body["data"]

    assert len(listed) == 4
    assert [say(local_edge, model["id"]).status for model in listed] == [200] * 4
