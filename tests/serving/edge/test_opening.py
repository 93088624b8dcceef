from pathlib import Path

import pytest

from schemas.errors import InputInvalid
from serving.edge import TenantRegistry
from serving.edge.opening import mode_line, open_catalogue, open_registry, refuse_open_host
from serving.settings import ServingSettings
from tests.serving.edge.tenants_files import two_brands_and_an_admin, written


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_without_keys_this_machine_may_be_served(host: str) -> None:
    refuse_open_host(ServingSettings(host=host), None)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "10.0.0.1", "example.com", "localhost.example.com", "127.0.0.1 "]
)
def test_without_keys_a_host_that_others_may_reach_is_refused(host: str, registry: TenantRegistry) -> None:
    settings = ServingSettings(host=host)

    with pytest.raises(InputInvalid, match="SERVING_TENANTS"):
        refuse_open_host(settings, None)

    refuse_open_host(settings, registry)


def test_a_named_tenants_file_is_the_one_that_is_read(tmp_path: Path) -> None:
    registry = open_registry(ServingSettings(tenants=written(tmp_path, two_brands_and_an_admin())))

    assert registry is not None
    assert "3 tenants" in mode_line(registry)


def test_a_named_tenants_file_that_is_missing_never_means_local_mode(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="cannot be read"):
        open_registry(ServingSettings(tenants=tmp_path / "absent.toml"))


def test_the_file_at_the_usual_place_is_read_and_without_any_it_is_local_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.edge.opening.DEFAULT_TENANTS", tmp_path / "tenants.toml")
    nowhere = open_registry(ServingSettings())

    written(tmp_path, two_brands_and_an_admin())

    assert nowhere is None and "LOCAL MODE" in mode_line(nowhere)
    assert open_registry(ServingSettings()) is not None


def test_a_known_digest_of_the_base_is_taken_as_it_is(tmp_path: Path) -> None:
    settings = ServingSettings(model=tmp_path / "absent", adapters=tmp_path, base_sha256="a" * 64)

    assert open_catalogue(settings, 100, 16).base.sha256 == "a" * 64
    assert open_catalogue(settings, 100, 16).base.max_lora_rank == 16
