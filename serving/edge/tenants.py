"""Who may ask: tenants, their roles, limits and hashed API keys, read from one TOML file.

    [tenants.brand_x]
    adapters = ["industry_retail_media", "manufacturer_brand_x"]     # ids, or ["*"] for all that admit this tenant
    keys = [{ sha256 = "<64 hex digits>", expires_on = 2027-01-01 }]

An adapter is a tenant's to name when the file lists it *and* the adapter's own card admits the tenant.
"""

import hashlib
import hmac
import logging
import secrets
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from schemas.base import Frozen
from schemas.errors import InputInvalid

logger = logging.getLogger(__name__)

EVERYTHING = "*"
KEY_PREFIX = "rmf_"  # so that secret scanners can find a leaked one
RECHECK_SECONDS = 1.0

TenantId = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9_.-]{0,63}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Role(StrEnum):
    """A tenant asks models. An admin reads everything, of every tenant, and writes nothing: it asks no model."""

    TENANT = "tenant"
    ADMIN = "admin"


class KeyHash(Frozen):
    """Keys are 256 random bits, so one SHA-256 keeps them: there is no dictionary to try."""

    sha256: Sha256
    expires_on: date | None = Field(default=None, description="the first day, in UTC, on which it opens nothing")


class Limits(Frozen):
    requests_per_minute: int = Field(default=600, ge=1)
    concurrent_requests: int = Field(default=64, ge=1)
    body_bytes: int = Field(default=1 << 20, ge=1024)
    compositions: int = Field(default=64, ge=1, description="different ones since start: each takes disk and a slot")


class Tenant(Frozen):
    tenant_id: TenantId
    role: Role = Role.TENANT
    adapters: tuple[str, ...] = ()
    keys: tuple[KeyHash, ...] = Field(min_length=1)
    limits: Limits = Limits()

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    def may_name(self, adapter_id: str, audience: tuple[str, ...]) -> bool:
        if self.is_admin:
            return True
        is_listed = EVERYTHING in self.adapters or adapter_id in self.adapters
        return is_listed and (EVERYTHING in audience or self.tenant_id in audience)


def new_key() -> tuple[str, str]:
    """A fresh API key and the hash to put into the tenants file; the key itself is stored nowhere."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    return key, hash_of(key)


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def read_tenants(file: Path) -> tuple[Tenant, ...]:
    """Raises InputInvalid naming the tenant and the entry that is wrong; never shows a key."""
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputInvalid(f"tenants file {str(file)!r} cannot be read: {error}") from error
    listed = raw.get("tenants")
    if set(raw) != {"tenants"} or not isinstance(listed, dict) or not listed:
        raise InputInvalid(f"tenants file {str(file)!r} must hold [tenants.ID] tables, at least one, and nothing else")
    tenants = tuple(_tenant(file, tenant_id, entry) for tenant_id, entry in listed.items())
    hashes = [key.sha256 for tenant in tenants for key in tenant.keys]
    if len(set(hashes)) < len(hashes):
        raise InputInvalid(f"tenants file {str(file)!r} lists one key hash twice; every tenant needs keys of its own")
    return tenants


def _tenant(file: Path, tenant_id: str, entry: object) -> Tenant:
    if not isinstance(entry, dict):
        raise InputInvalid(f"tenants file {str(file)!r}: {tenant_id} must be a table")
    try:
        return Tenant(tenant_id=tenant_id, **entry)
    except (ValidationError, TypeError) as error:
        if isinstance(error, TypeError):
            raise InputInvalid(f"tenants file {str(file)!r}: {tenant_id}: tenant_id is the table's name") from error
        problem = error.errors()[0]
        where = ".".join(str(step) for step in problem["loc"])
        raise InputInvalid(f"tenants file {str(file)!r}: {tenant_id}: {where}: {problem['msg']}") from error


class TenantRegistry:
    """Keys to tenants. The file is read again when it changes, so a key is added or withdrawn without a restart."""

    def __init__(
        self,
        file: Path,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises InputInvalid when the file is wrong at start; later a wrong file leaves the last good one in force."""
        self._file = file
        self._today = today
        self._clock = clock
        self._stamp = _stamp(file)
        self._tenants = read_tenants(file)
        self._checked = clock()

    def tenants(self) -> tuple[Tenant, ...]:
        if self._clock() - self._checked >= RECHECK_SECONDS:
            self._checked = self._clock()
            self._read_again()
        return self._tenants

    def tenant_of(self, key: str) -> Tenant | None:
        """Compares with every stored hash, each in constant time, so that timing tells nothing about any of them."""
        given, today, found = hash_of(key), self._today(), None
        for tenant in self.tenants():
            for stored in tenant.keys:
                is_same = hmac.compare_digest(given, stored.sha256)
                if is_same and (stored.expires_on is None or today < stored.expires_on):
                    found = tenant
        return found

    def _read_again(self) -> None:
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._tenants = read_tenants(self._file)
        except InputInvalid as error:
            logger.error("tenants file ignored, the last good one stays in force: %s", error)
        else:
            logger.info("tenants file read again: tenants=%d", len(self._tenants))


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        stat = file.stat()
    except OSError:
        return (0, 0, 0)
    return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
