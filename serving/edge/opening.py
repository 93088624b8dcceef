"""The edge's parts, made from settings."""

import ipaddress

from adapters.digest import base_digest
from adapters.manager import AdapterManager
from schemas.errors import InputInvalid
from serving.edge.catalogue import Catalogue, ServedBase
from serving.edge.tenants import TenantRegistry
from serving.settings import PROJECT, ServingSettings

RECHECK_SECONDS = 1.0  # how soon a change of the adapters on disk is seen

DEFAULT_TENANTS = PROJECT / "serving" / "tenants.toml"


def open_catalogue(
    settings: ServingSettings,
    max_context_tokens: int,
    max_lora_rank: int | None = None,
    loaded: frozenset[str] | None = None,
) -> Catalogue:
    """Raises DataMissing without a base model whose digest could be taken."""
    sha256 = settings.base_sha256 or base_digest(settings.model)
    base = ServedBase(sha256, settings.model.name, max_context_tokens, max_lora_rank, loaded)
    return Catalogue(AdapterManager(settings.adapters, recheck_seconds=RECHECK_SECONDS), base)


def open_registry(settings: ServingSettings) -> TenantRegistry | None:
    """None is local mode: no tenants file was named and there is none at the usual place. Raises InputInvalid."""
    file = settings.tenants or (DEFAULT_TENANTS if DEFAULT_TENANTS.is_file() else None)
    return None if file is None else TenantRegistry(file)


def refuse_open_host(settings: ServingSettings, registry: TenantRegistry | None) -> None:
    """Without API keys anyone who reaches the port may ask anything, so only this machine may reach it.

    Raises InputInvalid.
    """
    try:
        is_loopback = settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        is_loopback = False
    if registry is None and not is_loopback:
        raise InputInvalid(
            f"host {settings.host!r} is not a loopback address, and without API keys the server would answer anyone "
            "who reaches it; use 127.0.0.1, or name a tenants file with SERVING_TENANTS (python -m serving key --help)"
        )


def mode_line(registry: TenantRegistry | None) -> str:
    """What an operator must know at start about who is let in."""
    if registry is None:
        return "LOCAL MODE: no API key is asked for; only this machine can reach the server."
    return f"API keys are asked for: {len(registry.tenants())} tenants."
