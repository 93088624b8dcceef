import hmac
import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from schemas.errors import InputInvalid
from serving.edge.tenants import Role, Tenant, TenantRegistry, hash_of, new_key, read_tenants
from tests.serving.edge.tenants_files import (
    KEY_ADMIN,
    KEY_EXPIRED,
    KEY_X,
    KEY_Y,
    table,
    two_brands_and_an_admin,
    written,
)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return written(tmp_path, two_brands_and_an_admin())


def who(registry: TenantRegistry, key: str) -> str | None:
    tenant = registry.tenant_of(key)
    return None if tenant is None else tenant.tenant_id


def test_a_key_opens_its_own_tenant_and_any_other_text_none(file: Path) -> None:
    registry = TenantRegistry(file)

    assert [who(registry, key) for key in (KEY_X, KEY_Y, KEY_ADMIN)] == ["brand_x", "brand_y", "operator"]
    assert [who(registry, key) for key in ("", "x", KEY_X.upper(), KEY_X + "x", hash_of(KEY_X), "ключ", "\0")] == [
        None
    ] * 7


@pytest.mark.parametrize("key", [KEY_X, KEY_EXPIRED, KEY_ADMIN, "rmf_nobodys", ""])
def test_every_stored_hash_is_compared_in_constant_time_whichever_matches(
    file: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = TenantRegistry(file)
    compared: list[str] = []
    in_constant_time = hmac.compare_digest

    def counting(given: str, stored: str) -> bool:
        assert given == hash_of(key)
        compared.append(stored)
        return in_constant_time(given, stored)

    monkeypatch.setattr("serving.edge.tenants.hmac.compare_digest", counting)
    registry.tenant_of(key)

    assert compared == [hash_of(stored) for stored in (KEY_X, KEY_EXPIRED, KEY_Y, KEY_ADMIN)]


def test_equal_hashes_are_judged_by_the_comparison_alone(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = TenantRegistry(file)

    monkeypatch.setattr("serving.edge.tenants.hmac.compare_digest", lambda given, stored: False)

    assert who(registry, KEY_X) is None


@pytest.mark.parametrize(
    ("today", "opens"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False), (date(2027, 1, 2), False)]
)
def test_a_key_opens_nothing_from_the_day_it_expires(tmp_path: Path, today: date, opens: bool) -> None:
    file = written(tmp_path, table("brand_x", KEY_X, expires_on="2027-01-01"))

    registry = TenantRegistry(file, today=lambda: today)

    assert (who(registry, KEY_X) is not None) is opens


def test_a_key_is_withdrawn_and_another_added_without_a_restart(file: Path) -> None:
    clock = Clock()
    registry = TenantRegistry(file, clock=clock)

    written(file.parent, table("brand_x", "rmf_fresh") + table("brand_y", KEY_Y))
    clock.seconds = 2

    assert (who(registry, KEY_X), who(registry, "rmf_fresh"), who(registry, KEY_Y)) == (None, "brand_x", "brand_y")


def test_the_file_is_looked_at_no_more_than_once_a_second(file: Path) -> None:
    clock = Clock()
    registry = TenantRegistry(file, clock=clock)

    written(file.parent, table("brand_y", KEY_Y))
    clock.seconds = 0.9

    assert who(registry, KEY_X) == "brand_x"
    clock.seconds = 1.0
    assert who(registry, KEY_X) is None


def break_it(file: Path) -> None:
    file.write_text("[tenants.brand_x\n")


def empty_it(file: Path) -> None:
    file.write_text("")


def list_one_hash_twice(file: Path) -> None:
    file.write_text(table("brand_x", KEY_Y) + table("brand_y", KEY_Y))


@pytest.mark.parametrize("harm", [break_it, empty_it, list_one_hash_twice, Path.unlink])
def test_a_broken_file_leaves_the_last_good_one_in_force_until_it_is_mended(
    file: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    registry = TenantRegistry(file, clock=clock)

    harm(file)
    clock.seconds = 2
    with caplog.at_level(logging.ERROR):
        kept = who(registry, KEY_X)
    written(file.parent, table("brand_y", KEY_Y))
    clock.seconds = 4

    assert kept == "brand_x"
    assert "the last good one stays in force" in caplog.text
    assert (who(registry, KEY_X), who(registry, KEY_Y)) == (None, "brand_y")


WRONG_FILES = {
    "not TOML": ("[tenants", "cannot be read"),
    "no tenants": ("", "at least one"),
    "no table": ("tenants = 1", "at least one"),
    "empty table": ("[tenants]", "at least one"),
    "something else": (table("brand_x", KEY_X) + "[others]\n", "nothing else"),
    "tenant is no table": ("[tenants]\nbrand_x = 1", "brand_x must be a table"),
    "no key": (table("brand_x"), "brand_x: keys"),
    "a plain key": (f'[tenants.brand_x]\nkeys = [{{ sha256 = "{KEY_X}" }}]', r"brand_x: keys\.0\.sha256"),
    "misspelt field": (table("brand_x", KEY_X) + "adaptors = []", "brand_x: adaptors|cannot be read"),
    "misspelt role": (table("brand_x", KEY_X, role="root"), "brand_x: role"),
    "no limit at all": (table("brand_x", KEY_X, limits={"requests_per_minute": 0}), "requests_per_minute"),
    "bad id": (table("Brand X", KEY_X), "Brand X: tenant_id"),
    "id given twice": ('[tenants.brand_x]\ntenant_id = "admin"', "tenant_id is the table's name"),
    "one key for two": (table("brand_x", KEY_X) + table("brand_y", KEY_X), "one key hash twice"),
}


@pytest.mark.parametrize("wrong", WRONG_FILES)
def test_a_wrong_file_stops_the_start_naming_the_entry_and_never_a_key(tmp_path: Path, wrong: str) -> None:
    content, reason = WRONG_FILES[wrong]

    with pytest.raises(InputInvalid, match=reason) as caught:
        TenantRegistry(written(tmp_path, content))

    assert KEY_X not in str(caught.value) and hash_of(KEY_X) not in str(caught.value)


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="cannot be read"):
        TenantRegistry(tmp_path / "absent.toml")


def test_a_fresh_key_is_long_new_each_time_and_opens_what_its_hash_is_listed_for(tmp_path: Path) -> None:
    key, sha256 = new_key()
    file = written(tmp_path, f'[tenants.brand_x]\nkeys = [{{ sha256 = "{sha256}" }}]')

    assert who(TenantRegistry(file), key) == "brand_x"
    assert key.startswith("rmf_") and len(key) > 40
    assert new_key()[0] != key


@pytest.mark.parametrize(
    ("listed", "audience", "may"),
    [
        (("a",), ("*",), True),
        (("a",), ("brand_x",), True),
        (("*",), ("brand_x",), True),
        (("*",), ("*",), True),
        (("*",), ("brand_y",), False),
        (("a",), ("brand_y",), False),
        (("a",), (), False),
        (("b",), ("*",), False),
        (("b",), ("brand_x",), False),
        ((), ("*",), False),
    ],
)
def test_an_adapter_may_be_named_when_both_the_file_and_the_card_admit(
    tmp_path: Path, listed: tuple[str, ...], audience: tuple[str, ...], may: bool
) -> None:
    (tenant,) = read_tenants(written(tmp_path, table("brand_x", KEY_X, adapters=listed)))

    assert tenant.may_name("a", audience) is may


def test_an_admin_may_name_everything(tmp_path: Path) -> None:
    (admin,) = read_tenants(written(tmp_path, table("operator", KEY_ADMIN, role="admin")))

    assert admin == Tenant(tenant_id="operator", role=Role.ADMIN, keys=admin.keys)
    assert admin.is_admin and admin.may_name("a", ())
