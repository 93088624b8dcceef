"""`python -m serving cluster`: replicas, router and front on one machine, started together and stopped together."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import httpx
from tqdm import tqdm

from adapters.digest import base_digest
from schemas.errors import RetailMediaError
from serving.cluster.router_command import router_argv
from serving.edge.opening import open_registry, refuse_open_host
from serving.settings import FILE_VARIABLE, ServingSettings, as_environment
from serving.vllm.profiles import gpu_count

START_SECONDS = 900  # a large model, read from a cold disk
STOP_SECONDS = 40  # vLLM lets requests under way finish first
LOGS = Path("var/log")
LOOPBACK = "127.0.0.1"


class ClusterFailed(RetailMediaError):
    """A part of the cluster could not be started, or the front or the router ended."""


@dataclass(frozen=True)
class Part:
    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    ready_url: str


def serve_cluster(settings: ServingSettings, replicas: int) -> None:
    """Until stopped, or until the router or the front ends. A replica that ends is said, and the others go on.

    Raises ClusterFailed with the part and its log.
    """
    refuse_open_host(settings, open_registry(settings))
    signal.signal(signal.SIGTERM, _stop)
    settings = settings.model_copy(update={"base_sha256": settings.base_sha256 or base_digest(settings.model)})
    ports = _free_ports(replicas + 2)
    members = [replica(settings, index, port) for index, port in enumerate(ports[:replicas])]
    router = router_part(ports[:replicas], ports[replicas], ports[replicas + 1])
    running: list[tuple[Part, subprocess.Popen[bytes]]] = []
    try:
        # The router starts with healthy replicas only.
        for part in members:
            running.append((part, _started(part)))
        for part, child in list(running):
            _wait(part, child)
        for part in (router, front(settings, ports[replicas])):
            running.append((part, _started(part)))
            _wait(*running[-1])
        print(f"ready: http://{settings.host}:{settings.port}/v1 in front of {replicas} replicas", flush=True)
        _watch(running, {part.name for part in members})
    finally:
        _stop_all([child for _, child in reversed(running)])


def replica(settings: ServingSettings, index: int, port: int) -> Part:
    """Reached through the router only: on loopback, and in local mode unless tenants are named for all."""
    own = settings.model_copy(update={"host": LOOPBACK, "port": port})
    environment = {**_outer(), **as_environment(own)}
    if (gpus := gpu_count()) > 0:
        environment["CUDA_VISIBLE_DEVICES"] = str(index % gpus)
    argv = (sys.executable, "-P", "-m", "serving", "auto")
    return Part(f"replica-{index}", argv, environment, f"http://{LOOPBACK}:{port}/health")


def router_part(replica_ports: Sequence[int], port: int, metrics_port: int) -> Part:
    urls = [f"http://{LOOPBACK}:{replica_port}" for replica_port in replica_ports]
    return Part("router", router_argv(urls, port, metrics_port), _outer(), f"http://{LOOPBACK}:{port}/readiness")


def front(settings: ServingSettings, router_port: int) -> Part:
    own = settings.model_copy(update={"upstream": f"http://{LOOPBACK}:{router_port}"})
    argv = (sys.executable, "-P", "-m", "serving", "front")
    host = LOOPBACK if settings.host in ("0.0.0.0", "::") else settings.host
    return Part("front", argv, {**_outer(), **as_environment(own)}, f"http://{host}:{settings.port}/health")


def _outer() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != FILE_VARIABLE}


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()


def _started(part: Part) -> "subprocess.Popen[bytes]":
    LOGS.mkdir(parents=True, exist_ok=True)
    with _log(part).open("wb") as log:
        child = subprocess.Popen(
            part.argv, env=dict(part.environment), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    print(f"{part.name}: process {child.pid}, log {_log(part)}", file=sys.stderr, flush=True)
    return child


def _wait(part: Part, child: "subprocess.Popen[bytes]") -> None:
    with tqdm(
        total=START_SECONDS, desc=f"waiting for {part.name}", unit="s", delay=2, leave=False, disable=None
    ) as bar:
        for _ in range(START_SECONDS):
            if child.poll() is not None:
                raise ClusterFailed(f"{part.name} ended with code {child.returncode}; its log is {_log(part)}")
            try:
                if httpx.get(part.ready_url, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(1)
            bar.update()
    raise ClusterFailed(f"{part.name} did not answer within {START_SECONDS} s; its log is {_log(part)}")


def _watch(running: list[tuple[Part, "subprocess.Popen[bytes]"]], may_end: set[str]) -> None:
    alive = list(running)
    while any(part.name in may_end for part, _ in alive):
        for part, child in list(alive):
            if child.poll() is None:
                continue
            if part.name not in may_end:
                raise ClusterFailed(f"{part.name} ended with code {child.returncode}; its log is {_log(part)}")
            alive.remove((part, child))
            left = sum(other.name in may_end for other, _ in alive)
            print(
                f"{part.name} ended with code {child.returncode}; {left} replicas are left", file=sys.stderr, flush=True
            )
        time.sleep(0.5)
    raise ClusterFailed(f"every replica ended; their logs are in {LOGS}")


def _log(part: Part) -> Path:
    return LOGS / f"cluster-{part.name}.log"


def _stop_all(children: Sequence["subprocess.Popen[bytes]"]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    """As Ctrl-C does, so that the children are stopped on the way out."""
    raise KeyboardInterrupt
