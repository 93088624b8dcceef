"""What one tenant may name, without the edge around it."""

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from adapters.manager import AdapterManager
from serving.api_error import ApiError
from serving.edge import Catalogue, ServedBase, Tenant
from serving.edge.tenants import KeyHash, Role
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, register

STACK_X = f"{INDUSTRY}+{BRAND_X}"
STACK_Y = f"{INDUSTRY}+{BRAND_Y}"
ELSEWHERE = "manufacturer_elsewhere"  # trained for another base


def tenant(*adapters: str, tenant_id: str = "brand_x", role: Role = Role.TENANT) -> Tenant:
    return Tenant(tenant_id=tenant_id, role=role, adapters=adapters, keys=(KeyHash(sha256="0" * 64),))


X = tenant(INDUSTRY, BRAND_X, ELSEWHERE)
Y = tenant(INDUSTRY, BRAND_Y, tenant_id="brand_y")
ADMIN = tenant(tenant_id="operator", role=Role.ADMIN)


def reason(catalogue: Catalogue, name: str, who: Tenant | None) -> str:
    with pytest.raises(ApiError) as caught:
        catalogue.pinned(name, who)
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    return str(caught.value)


def listed(catalogue: Catalogue, who: Tenant | None) -> list[str]:
    return [model["id"] for model in catalogue.listed(who)]


def test_a_refusal_lists_what_this_tenant_may_name(catalogue: Catalogue) -> None:
    assert reason(catalogue, "nope", X).endswith(f"Served: base, {INDUSTRY}, {STACK_X}")
    assert reason(catalogue, "nope", tenant()).endswith("Served: base")
    assert reason(catalogue, "nope", None).endswith(f"Served: base, {INDUSTRY}, {STACK_X}, {STACK_Y}")


def test_a_tenant_of_nothing_has_the_base_alone(catalogue: Catalogue) -> None:
    assert listed(catalogue, tenant()) == ["base"]
    assert catalogue.pinned("base", tenant()).is_base


def test_a_star_in_the_file_is_every_adapter_whose_card_admits(
    catalogue: Catalogue, edit_card: Callable[..., None]
) -> None:
    edit_card(BRAND_Y, audience=["brand_y"])

    assert listed(catalogue, tenant("*")) == ["base", INDUSTRY, STACK_X]
    assert listed(catalogue, ADMIN) == listed(catalogue, None) == ["base", INDUSTRY, STACK_X, STACK_Y]


def test_a_parent_whose_card_does_not_admit_hides_its_children(
    catalogue: Catalogue, edit_card: Callable[..., None]
) -> None:
    edit_card(INDUSTRY, audience=["brand_y"])

    assert listed(catalogue, X) == ["base"]
    assert "does not exist here" in reason(catalogue, STACK_X, X)
    assert "does not exist here" in reason(catalogue, BRAND_X, X)


def test_the_owner_of_a_child_is_told_which_parent_to_name(catalogue: Catalogue) -> None:
    assert f"ask for '{STACK_X}'" in reason(catalogue, BRAND_X, X)
    assert "does not exist here" in reason(catalogue, BRAND_X, Y)


def test_an_adapter_for_another_base_is_explained_to_those_who_may_name_it(
    catalogue: Catalogue, root: Path, small_weights: Path
) -> None:
    register(root, ELSEWHERE, small_weights, "e" * 64)

    assert f"{ELSEWHERE!r} was trained for base" in reason(catalogue, ELSEWHERE, X)
    assert reason(catalogue, ELSEWHERE, Y) == reason(catalogue, "x" * len(ELSEWHERE), Y).replace(
        "x" * len(ELSEWHERE), ELSEWHERE
    )
    assert ELSEWHERE not in listed(catalogue, X) + listed(catalogue, None)


@pytest.mark.parametrize("rank", [1, 7])
def test_a_composition_over_the_servers_rank_is_explained_to_those_who_may_name_it(
    catalogue: Catalogue, served_base: ServedBase, rank: int
) -> None:
    limited = Catalogue(catalogue.manager, dataclasses.replace(served_base, max_lora_rank=rank))

    assert f"its rank is 8, and this server loads up to {rank}" in reason(limited, STACK_X, X)
    assert "does not exist here" in reason(limited, STACK_X, Y)


def test_a_composition_of_just_the_servers_rank_is_served(catalogue: Catalogue, served_base: ServedBase) -> None:
    limited = Catalogue(catalogue.manager, dataclasses.replace(served_base, max_lora_rank=8))

    assert limited.pinned(STACK_X, X) == catalogue.pinned(STACK_X, X)


def test_a_listed_name_is_one_that_can_be_asked_for(catalogue: Catalogue, served_base: ServedBase) -> None:
    limited = Catalogue(catalogue.manager, dataclasses.replace(served_base, max_lora_rank=4))

    assert listed(limited, X) == ["base", INDUSTRY]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"expires_on": "2026-05-01"}, f"adapter {BRAND_X!r} expired on 2026-05-01; ask tests for a newer one"),
        ({"revoked_because": "a leak"}, f"adapter {BRAND_X!r} was revoked by tests: a leak"),
    ],
)
def test_a_withdrawn_adapter_is_explained_to_those_who_may_name_it(
    root: Path, served_base: ServedBase, edit_card: Callable[..., None], change: dict[str, str], told: str
) -> None:
    edit_card(BRAND_X, **change)
    catalogue = Catalogue(AdapterManager(root, today=lambda: date(2026, 5, 1)), served_base)

    assert told in reason(catalogue, STACK_X, X)
    assert told in reason(catalogue, STACK_X, ADMIN)
    assert "does not exist here" in reason(catalogue, STACK_X, Y)
    assert catalogue.problems(X) == catalogue.problems(None) == {BRAND_X: told}
    assert catalogue.problems(Y) == {}


def test_the_problem_of_a_folder_without_a_card_is_the_operators_alone(catalogue: Catalogue, root: Path) -> None:
    (root / BRAND_X / "adapter_metadata.json").write_text("{")

    assert catalogue.problems(X) == {}
    assert "does not exist here" in reason(catalogue, STACK_X, X)
    assert list(catalogue.problems(ADMIN)) == list(catalogue.problems(None)) == [BRAND_X]


def test_one_forbidden_part_hides_why_the_other_is_gone_no_more_than_an_unknown_one(
    catalogue: Catalogue, edit_card: Callable[..., None]
) -> None:
    edit_card(BRAND_X, revoked_because="a leak")

    forbidden = reason(catalogue, f"{BRAND_X}+{BRAND_Y}", X)

    assert forbidden.replace(BRAND_Y, "Z") == reason(catalogue, f"{BRAND_X}+manufacturer_brand_z", X).replace(
        "manufacturer_brand_z", "Z"
    )


def test_a_digest_is_checked_for_those_who_may_name_the_adapter(catalogue: Catalogue) -> None:
    assert "on disk" in reason(catalogue, f"{INDUSTRY}@{'0' * 12}", X)


def test_a_listed_model_says_what_it_is_made_of(catalogue: Catalogue, served_base: ServedBase) -> None:
    base, industry, stack = catalogue.listed(X)

    assert (base["root"], base["parent"], base["adapters"], base["owned_by"]) == ("base", None, [], "base")
    assert (industry["parent"], stack["parent"]) == ("base", INDUSTRY)
    assert stack["base"] == {"name": "tiny-llama", "sha256": served_base.sha256}
    assert [adapter["adapter_id"] for adapter in stack["adapters"]] == [INDUSTRY, BRAND_X]
    assert stack["adapters"][1]["parent"] == {"adapter_id": INDUSTRY, "sha256": industry["adapters"][0]["sha256"]}
    assert stack["max_model_len"] == 2048


def test_the_catalogue_follows_the_disk(catalogue: Catalogue, edit_card: Callable[..., None]) -> None:
    assert STACK_X in listed(catalogue, X)

    edit_card(BRAND_X, revoked_because="a leak")
    gone = listed(catalogue, X)
    edit_card(BRAND_X, revoked_because=None)

    assert gone == ["base", INDUSTRY]
    assert STACK_X in listed(catalogue, X)


def test_a_server_with_a_fixed_set_lists_and_serves_that_set_only(
    catalogue: Catalogue, served_base: ServedBase
) -> None:
    pinned = str(catalogue.pinned(STACK_X, None))
    fixed = Catalogue(catalogue.manager, dataclasses.replace(served_base, loaded=frozenset({pinned})))

    assert listed(fixed, None) == listed(fixed, X) == ["base", STACK_X]
    assert listed(fixed, Y) == ["base"]
    assert (str(fixed.pinned(STACK_X, X)), str(fixed.pinned("base", X))) == (pinned, "base")
    assert reason(fixed, INDUSTRY, X).endswith(f"Served: base, {STACK_X}")
    assert "does not exist here" in reason(fixed, STACK_X, Y)


def test_many_names_within_the_recheck_time_take_one_look_at_the_disk(
    root: Path, served_base: ServedBase, edit_card: Callable[..., None]
) -> None:
    catalogue = Catalogue(AdapterManager(root, recheck_seconds=3600), served_base)

    before = listed(catalogue, X)
    edit_card(BRAND_X, revoked_because="a leak")

    assert listed(catalogue, X) == before
    assert catalogue.pinned(STACK_X, X)
