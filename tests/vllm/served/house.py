"""A house for the tests of the running server: the shipped adapters, random ones beside them, and four tenants."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import httpx
from openai import OpenAI

from adapters.digest import base_digest
from adapters.manager import PACKAGE_ROOT, register_weights
from schemas.adapters import AdapterIdentity, AdapterType, Strategy
from serving.edge.tenants import hash_of
from serving.settings import PROJECT
from tests.tiny import make_random_adapter

VLLM_PYTHON = PROJECT / ".venv-vllm" / "bin" / "python"
START_SECONDS = 240

BASE_SLUG = "smollm2-135m-instruct"
SHIPPED = ("industry_retail_media", "manufacturer_brand_x", "manufacturer_brand_y")

INDUSTRY = "industry_retail_media"
STACK_X = "industry_retail_media+manufacturer_brand_x"
STACK_Y = "industry_retail_media+manufacturer_brand_y"
LAB_ADAPTERS = ("manufacturer_lab_one", "manufacturer_lab_two", "labthree")

TENANTS = {
    "brand_x": ("industry_retail_media", "manufacturer_brand_x"),
    "brand_y": ("industry_retail_media", "manufacturer_brand_y"),
    "lab": ("*",),
}


def key_of(tenant: str) -> str:
    return f"rmf_test_{tenant}"


@dataclass(frozen=True)
class Server:
    url: str
    log: Path
    pid: int
    clients: dict[str, OpenAI] = field(default_factory=dict)

    def client(self, tenant: str) -> OpenAI:
        if tenant not in self.clients:
            self.clients[tenant] = OpenAI(base_url=f"{self.url}/v1", api_key=key_of(tenant), max_retries=0, timeout=120)
        return self.clients[tenant]

    def http(self, tenant: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {key_of(tenant)}"}, timeout=120)


def make_catalogue(root: Path, base: Path, scratch: Path) -> Path:
    """The shipped adapters and, for the lab: three additive ones, an expired, a revoked, one for another base."""
    for adapter_id in SHIPPED:
        shutil.copytree(PACKAGE_ROOT / adapter_id, root / adapter_id)
    base_sha256 = base_digest(base)
    for seed, adapter_id in enumerate(LAB_ADAPTERS):
        _register(root, scratch, base, base_sha256, adapter_id, seed)
    _register(root, scratch, base, base_sha256, "lab_expired", 11, expires_on=date(2020, 1, 1))
    _register(root, scratch, base, base_sha256, "lab_revoked", 12, revoked_because="it leaked")
    _register(root, scratch, base, "0" * 64, "lab_other_base", 13)
    _register(root, scratch, base, base_sha256, "lab_too_wide", 14, rank=64)
    return root


def _register(
    root: Path, scratch: Path, base: Path, base_sha256: str, adapter_id: str, seed: int, rank: int = 8, **card: object
) -> None:
    weights = make_random_adapter(scratch / adapter_id, base, seed, rank, strength=0.1)
    identity = AdapterIdentity(
        adapter_id=adapter_id,
        adapter_type=AdapterType.MANUFACTURER,
        name=adapter_id,
        version="0.1.0",
        tags=(),
        description="Random weights.",
        owner="Lab",
        audience=("lab",),
        licence="Apache-2.0",
        **card,
    )
    register_weights(root, identity, weights, BASE_SLUG, base_sha256, Strategy.ADDITIVE, None, {}, {})


def write_tenants(file: Path) -> Path:
    tables = [
        f'[tenants.{tenant}]\nadapters = {list(adapters)}\nkeys = [{{ sha256 = "{hash_of(key_of(tenant))}" }}]\n'
        "limits = { requests_per_minute = 100000, concurrent_requests = 64, compositions = 16 }\n"
        for tenant, adapters in TENANTS.items()
    ]
    admin = f'[tenants.ops]\nrole = "admin"\nkeys = [{{ sha256 = "{hash_of(key_of("ops"))}" }}]\n'
    file.write_text("\n".join([*tables, admin]).replace("'", '"'), encoding="utf-8")
    return file


@contextmanager
def vllm_server(log: Path, port: int, variables: Mapping[str, str]) -> Iterator[Server]:
    """vLLM itself, on the CPU, by the project's own command; stopped by its process id."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("SERVING_", "PYTHON"))}
    command = [str(VLLM_PYTHON), "-m", "serving", "vllm", "--profile", "cpu", "--port", str(port)]
    with log.open("wb") as written:
        child = subprocess.Popen(
            command, cwd=PROJECT, env={**outer, **variables}, stdout=written, stderr=subprocess.STDOUT
        )
    server = Server(f"http://127.0.0.1:{port}", log, child.pid)
    try:
        _wait(server, child)
        yield server
    finally:
        for client in server.clients.values():
            client.close()
        child.terminate()
        try:
            child.wait(60)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait(server: Server, child: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert child.poll() is None, f"vLLM ended with {child.returncode}:\n{server.log.read_text()[-4000:]}"
        try:
            if httpx.get(f"{server.url}/health", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.5)  # starting takes most of a minute; there is nothing to wait on but the port
    raise AssertionError(f"vLLM did not answer within {START_SECONDS} s:\n{server.log.read_text()[-4000:]}")
