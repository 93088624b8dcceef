"""One real vLLM for all tests of this folder, and the CPU server beside it with the same files, both in float32."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from openai import OpenAI

from serving.cpu.start import chat_service
from serving.edge import TenantRegistry
from serving.preflight import bound_socket
from serving.settings import ServingSettings
from tests.serving.conftest import RunningServer, running
from tests.vllm.served.house import (
    INDUSTRY,
    TENANTS,
    VLLM_PYTHON,
    Server,
    key_of,
    make_catalogue,
    vllm_server,
    write_tenants,
)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ServingSettings:
    """Fewer slots than the tests name compositions, so that answers survive evictions or a test goes red."""
    if not VLLM_PYTHON.is_file():
        pytest.fail(f"{VLLM_PYTHON} is missing; run: make venv-vllm")
    base = ServingSettings().model
    catalogue = make_catalogue(tmp_path_factory.mktemp("adapters"), base, tmp_path_factory.mktemp("scratch"))
    return ServingSettings(
        adapters=catalogue,
        composed=tmp_path_factory.mktemp("composed"),
        tenants=write_tenants(tmp_path_factory.mktemp("tenants") / "tenants.toml"),
        dtype="float32",
        max_lora_rank=32,
        max_loras=3,
        max_resident=3,
        prewarm=(INDUSTRY,),
    )


@pytest.fixture(scope="session")
def vllm(settings: ServingSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    variables = {
        "SERVING_ADAPTERS": str(settings.adapters),
        "SERVING_COMPOSED": str(settings.composed),
        "SERVING_TENANTS": str(settings.tenants),
        "SERVING_DTYPE": settings.dtype,
        "SERVING_MAX_LORA_RANK": str(settings.max_lora_rank),
        "SERVING_MAX_LORAS": str(settings.max_loras),
        "SERVING_MAX_RESIDENT": str(settings.max_resident),
        "SERVING_PREWARM": ",".join(settings.prewarm),
    }
    with vllm_server(tmp_path_factory.mktemp("log") / "vllm.log", free_port(), variables) as server:
        yield server


def free_port() -> int:
    with bound_socket("127.0.0.1", 0) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def cpu(settings: ServingSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    torch.set_num_threads(2)
    assert settings.tenants is not None
    own = settings.model_copy(update={"composed": tmp_path_factory.mktemp("cpu-composed"), "max_resident": 16})
    yield from running(chat_service(own), TenantRegistry(Path(settings.tenants)))


@pytest.fixture(scope="session")
def cpu_clients(cpu: RunningServer) -> Iterator[dict[str, OpenAI]]:
    clients = {tenant: OpenAI(base_url=f"{cpu.url}/v1", api_key=key_of(tenant), max_retries=0) for tenant in TENANTS}
    yield clients
    for client in clients.values():
        client.close()
