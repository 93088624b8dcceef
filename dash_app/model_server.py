"""The CPU model server beside the demo: one that answers already is used, else one is started and stopped again."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tqdm import tqdm

from dash_app.settings import HOST
from orchestrator.settings import read_settings as read_orchestrator_settings
from schemas.errors import RetailMediaError

USUAL_PORT = 8000
START_SECONDS = 180  # a laptop's cold disk; warm it takes ten
STOP_SECONDS = 8
LOG = Path("var/log/model_server.log")

Say = Callable[[str], None]


class ServerFailed(RetailMediaError):
    """The model server could not be started."""


@contextmanager
def model_server(say: Say, usual_port: int = USUAL_PORT, log: Path = LOG) -> Iterator[str]:
    """The base URL of a server that answers, until the block ends. Raises ServerFailed with its last words."""
    if answers(usual_port):
        say(f"using the model server that answers on port {usual_port}")
        yield url(usual_port)
        return
    port = free_port(usual_port)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        command = [sys.executable, "-m", "serving", "cpu", "--port", str(port)]
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        _wait(child, port, log)
        say(f"model server on port {port}, its log is {log}")
        yield url(port)
    finally:
        stop(child)


def url(port: int) -> str:
    return f"http://{HOST}:{port}/v1"


def answers(port: int) -> bool:
    """Whether an OpenAI-compatible server is healthy there; anything else that listens does not count.

    Raises ServerFailed when it is one and refuses our API key.
    """
    key = {"authorization": f"Bearer {read_orchestrator_settings().model_api_key}"}
    try:
        health = httpx.get(f"http://{HOST}:{port}/health", timeout=2)
        models = httpx.get(f"{url(port)}/models", headers=key, timeout=5)
        if health.status_code == 200 and models.status_code == 401:
            raise ServerFailed(
                f"the model server on port {port} asks for an API key: set ORCHESTRATOR_MODEL_API_KEY to a tenant's"
            )
        return health.status_code == 200 and models.status_code == 200 and "data" in models.json()
    except (httpx.HTTPError, ValueError):
        return False


def free_port(usual: int) -> int:
    """The usual port where nothing holds it, else any free one."""
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerFailed(f"no port is free on {HOST}")


def _wait(child: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    with tqdm(total=START_SECONDS, desc="waiting for the model server", unit="s", leave=False) as bar:
        for _ in range(START_SECONDS):
            if child.poll() is not None:
                raise ServerFailed(f"the model server ended with code {child.returncode}: {last_line(log)}")
            if answers(port):
                return
            time.sleep(1)
            bar.update()
    raise ServerFailed(f"the model server did not answer within {START_SECONDS} s; its log is {log}")


def last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def stop(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
