"""Tenants files for tests, with keys that anyone may know."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from serving.edge.tenants import hash_of
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

KEY_X = "rmf_key-of-brand-x"
KEY_Y = "rmf_key-of-brand-y"
KEY_ADMIN = "rmf_key-of-the-operator"
KEY_EXPIRED = "rmf_key-that-brand-x-had-before"


def table(
    tenant_id: str,
    *keys: str,
    adapters: Sequence[str] = (),
    role: str = "tenant",
    limits: Mapping[str, int] | None = None,
    expires_on: str | None = None,
) -> str:
    """One [tenants.ID] table; `expires_on` is that of the last key."""
    hashes = [f'{{ sha256 = "{hash_of(key)}" }}' for key in keys]
    if expires_on is not None:
        hashes[-1] = hashes[-1].replace(" }", f", expires_on = {expires_on} }}")
    counted = ", ".join(f"{name} = {value}" for name, value in (limits or {}).items())
    return (
        f'[tenants."{tenant_id}"]\nrole = "{role}"\nadapters = {list(adapters)!r}\n'
        f"keys = [{', '.join(hashes)}]\nlimits = {{ {counted} }}\n\n"
    )


def two_brands_and_an_admin() -> str:
    return (
        table("brand_x", KEY_X, KEY_EXPIRED, adapters=[INDUSTRY, BRAND_X], expires_on="2020-01-01")
        + table("brand_y", KEY_Y, adapters=[INDUSTRY, BRAND_Y])
        + table("operator", KEY_ADMIN, role="admin")
    )


def written(directory: Path, content: str) -> Path:
    file = directory / "tenants.toml"
    file.write_text(content, encoding="utf-8")
    return file
