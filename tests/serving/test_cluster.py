"""Two small replicas, the real router and the front edge, started by the project's own command."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import openai
import pytest
from openai import OpenAI

from serving.cluster.router_command import router_argv
from serving.edge.tenants import hash_of
from serving.preflight import bound_socket
from serving.settings import ServingSettings
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="vllm-router has wheels for Linux only; other systems get the [cluster] extra empty"
)

HELLO = [{"role": "user", "content": "hello"}]
STACK_X, STACK_Y = f"{INDUSTRY}+{BRAND_X}", f"{INDUSTRY}+{BRAND_Y}"
KEY = "rmf_test_tenant"
WEIGHTS = [f"{INDUSTRY}:{tenths / 10:g}" for tenths in range(1, 10)]


@dataclass
class Cluster:
    url: str
    replicas: dict[str, int]  # name -> process id
    logs: Path

    def client(self, max_retries: int = 0) -> OpenAI:
        return OpenAI(base_url=f"{self.url}/v1", api_key=KEY, max_retries=max_retries, timeout=60)

    def loads(self) -> dict[str, list[str]]:
        """Replica -> the compositions it has loaded, by its log."""
        return {
            name: re.findall(r"composition loaded: name=(\S+)", (self.logs / f"cluster-{name}.log").read_text())
            for name in self.replicas
        }


@pytest.fixture
def cluster(tiny_settings: ServingSettings, tmp_path: Path) -> Iterator[Cluster]:
    tenants = tmp_path / "tenants.toml"
    tenants.write_text(
        f'[tenants.brand_x]\nadapters = ["*"]\nkeys = [{{ sha256 = "{hash_of(KEY)}" }}]\n'
        "limits = { requests_per_minute = 100000 }\n"
    )
    with bound_socket("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    variables = {
        "SERVING_MODEL": str(tiny_settings.model),
        "SERVING_ADAPTERS": str(tiny_settings.adapters),
        "SERVING_COMPOSED": str(tmp_path / "composed"),
        "SERVING_TENANTS": str(tenants),
        "SERVING_DTYPE": "float32",
        "SERVING_THREADS": "1",
        "SERVING_PORT": str(port),
    }
    command = [sys.executable, "-m", "serving", "cluster", "--replicas", "2"]
    child = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stderr is not None
    try:
        announced = child.stdout.readline()
        assert announced.startswith("ready: "), child.stderr.read()
        started = [child.stderr.readline() for _ in range(4)]  # one line for each part
        replicas = dict(re.findall(r"(replica-\d): process (\d+)", "".join(started)))
        pids = {name: int(pid) for name, pid in replicas.items()}
        yield Cluster(f"http://127.0.0.1:{port}", pids, tmp_path / "var" / "log")
    finally:
        child.terminate()
        child.wait(60)
        child.stdout.close()
        child.stderr.close()


def test_two_replicas_serve_every_composition_and_survive_the_loss_of_one(cluster: Cluster) -> None:
    """One start for all of it: starting takes most of the time."""
    a_composition_lives_on_one_replica(cluster)
    fields_arrive_behind_the_router(cluster)
    doors_of_the_router_are_closed(cluster)
    a_replica_killed_under_load_loses_no_request(cluster)


def a_composition_lives_on_one_replica(cluster: Cluster) -> None:
    client = cluster.client()
    for name in [STACK_X, STACK_Y, *WEIGHTS] * 3:
        client.chat.completions.create(model=name, messages=HELLO, max_tokens=1)

    loads = cluster.loads()
    everywhere = [name for names in loads.values() for name in names]
    assert len(everywhere) == len(set(everywhere)) == 2 + len(WEIGHTS)
    assert all(loads.values()), "every replica has a share"


def fields_arrive_behind_the_router(cluster: Cluster) -> None:
    client = cluster.client()
    schema = {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"], "additionalProperties": False}

    structured = client.chat.completions.create(
        model=STACK_X,
        messages=HELLO,
        max_tokens=40,
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}},
        extra_body={"cache_salt": "mine", "top_k": 5},
    )
    choice = client.chat.completions.create(
        model=STACK_X, messages=HELLO, max_tokens=10, extra_body={"structured_outputs": {"choice": ["left"]}}
    )
    chunks = list(
        client.chat.completions.create(
            model=STACK_X, messages=HELLO, max_tokens=4, stream=True, stream_options={"include_usage": True}
        )
    )

    assert '"a"' in str(structured.choices[0].message.content)
    assert choice.choices[0].message.content == "left"
    assert chunks[-1].usage is not None
    assert structured.model.startswith(f"{INDUSTRY}@")


def doors_of_the_router_are_closed(cluster: Cluster) -> None:
    for method, path in (
        ("POST", "/add_worker"),
        ("POST", "/remove_worker"),
        ("GET", "/workers"),
        ("GET", "/liveness"),
    ):
        answer = httpx.request(method, f"{cluster.url}{path}", headers={"authorization": f"Bearer {KEY}"})
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "not_found"
    with pytest.raises(openai.AuthenticationError):
        OpenAI(base_url=f"{cluster.url}/v1", api_key="nope", max_retries=0).models.list()


def a_replica_killed_under_load_loses_no_request(cluster: Cluster) -> None:
    client = cluster.client(max_retries=2)
    names = [STACK_X, STACK_Y, *WEIGHTS]
    loaded = {replica: set(found) for replica, found in cluster.loads().items()}
    victim, survivor = sorted(cluster.replicas)

    def ask(place: int) -> str:
        if place == 20:
            os.kill(cluster.replicas[victim], signal.SIGKILL)
        return client.chat.completions.create(model=names[place % len(names)], messages=HELLO, max_tokens=4).model

    with ThreadPoolExecutor(4) as pool:
        answered = list(pool.map(ask, range(120)))

    assert len(answered) == 120
    # The survivor serves what it never had before, and nobody told it.
    assert {str(name) for name in loaded[victim]} <= set(cluster.loads()[survivor])
    assert httpx.get(f"{cluster.url}/health").json() == {"status": "ok"}


def test_when_every_replica_is_gone_the_answer_is_the_envelope_without_an_address(
    tiny_settings: ServingSettings,
) -> None:
    from starlette.testclient import TestClient

    from serving.cluster.front import create_front

    with bound_socket("127.0.0.1", 0) as nobody:  # bound and not listening
        upstream = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        front = create_front(tiny_settings.model_copy(update={"upstream": upstream}))
        with TestClient(front) as client:
            answer = client.post("/v1/chat/completions", json={"model": "base", "messages": HELLO})
            health = client.get("/health")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"
    assert upstream not in answer.text and "127.0.0.1" not in answer.text
    assert health.status_code == 503


def test_the_router_is_started_on_loopback_with_consistent_hashing() -> None:
    argv = router_argv(["http://127.0.0.1:1", "http://127.0.0.1:2"], 3, 4)

    assert argv[argv.index("--policy") + 1] == "consistent_hash"
    assert argv[argv.index("--host") + 1] == "127.0.0.1"
    assert argv[argv.index("--worker-urls") + 1 :][:2] == ("http://127.0.0.1:1", "http://127.0.0.1:2")
