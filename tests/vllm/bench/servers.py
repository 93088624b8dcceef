"""The two servers under comparison: vLLM as it comes, and our own command with compositions on demand."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from schemas.errors import ModelServerUnavailable
from serving.preflight import bound_socket
from serving.settings import PREFIX, PROJECT, ServingSettings
from serving.vllm.chat_template import chat_template
from serving.vllm.launch import RUNTIME_LORA, Launch, LoraPlan, vllm_launch
from serving.vllm.profiles import profile_for
from tests.vllm.bench.cases import Side

START_SECONDS = 600  # an 8B model from a cold disk
STOP_SECONDS = 60

# Beside twice the weights: the API server, the engine and the worker with 1 GiB of cache, seen with the laptop base.
SERVER_GIB = 4

LORA_SWITCHES = ("--enable-lora", "--specialize-active-lora")
LORA_FLAGS = ("--max-loras", "--max-cpu-loras", "--max-lora-rank", "--lora-dtype", "--middleware")


def without_lora(launch: Launch) -> Launch:
    """The same vLLM with the same flags but for LoRA, our edge, our plugin and the flag that lets names be loaded."""
    argv = []
    rest = iter(launch.argv)
    for argument in rest:
        if argument in LORA_FLAGS:
            next(rest)
        elif argument not in LORA_SWITCHES:
            argv.append(argument)
    kept = {
        name: value
        for name, value in launch.environment.items()
        if name != RUNTIME_LORA and not name.startswith(PREFIX)
    }
    return Launch(tuple(argv), kept | {"VLLM_PLUGINS": ""})  # empty: none; unset would be all


def plain_launch(settings: ServingSettings, python: Path, outer: Mapping[str, str]) -> Launch:
    loras = LoraPlan(settings.base_sha256 or "", settings.max_lora_rank or 1, None)
    launch = without_lora(vllm_launch(settings, profile_for(settings), loras, chat_template(settings), outer))
    return Launch((str(python), *launch.argv[1:]), launch.environment)


def composing_launch(settings: ServingSettings, python: Path, outer: Mapping[str, str]) -> Launch:
    """Only what was set is handed over: a default that is named would outrank the profile."""
    given = {PREFIX + name.upper(): str(getattr(settings, name)) for name in settings.model_fields_set}
    return Launch((str(python), "-m", "serving", "vllm"), {**outer, **given})


def fit_together(profile: str, available_gib: float, model_gib: float) -> bool:
    """Only on a CPU: on a GPU each server takes nearly all of the card."""
    return profile == "cpu" and available_gib >= 2 * (SERVER_GIB + 2 * model_gib)


def free_port() -> int:
    with bound_socket("127.0.0.1", 0) as probe:
        return int(probe.getsockname()[1])


class Servers:
    """Starts a server when its address is first asked for; where they cannot run together the other one stops first.

    A server that failed is not started again.
    """

    def __init__(self, launches: Mapping[Side, Launch], ports: Mapping[Side, int], logs: Path, together: bool) -> None:
        self._launches = launches
        self._ports = ports
        self._logs = logs
        self._together = together
        self._running: dict[Side, subprocess.Popen[bytes]] = {}
        self._failed: dict[Side, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for side in list(self._running):
            self._stop(side)

    def url(self, side: Side) -> str:
        """Raises ModelServerUnavailable with the reason."""
        if side in self._failed:
            raise ModelServerUnavailable(self._failed[side])
        if side in self._running and (code := self._running[side].poll()) is not None:
            self._give_up(side, f"the server ended with {code}: {self._last_line(side)}")
        if side not in self._running:
            if not self._together:
                for other in list(self._running):
                    self._stop(other)
            self._start(side)
        return f"http://127.0.0.1:{self._ports[side]}"

    def _start(self, side: Side) -> None:
        launch = self._launches[side]
        with self._log(side).open("ab") as written:
            # A session of its own: Ctrl-C reaches this process alone, which then stops the servers in order.
            child = subprocess.Popen(
                launch.argv,
                cwd=PROJECT,
                env=dict(launch.environment),
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[side] = child
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if child.poll() is not None:
                self._give_up(side, f"the server did not start ({child.returncode}): {self._last_line(side)}")
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self._ports[side]}/health", timeout=2, trust_env=False).is_success:
                    return
            time.sleep(0.5)  # another process; there is nothing to wait on but its port
        self._give_up(side, f"the server did not answer within {START_SECONDS} s: {self._last_line(side)}")

    def _give_up(self, side: Side, reason: str) -> None:
        self._failed[side] = reason
        self._stop(side)
        raise ModelServerUnavailable(reason)

    def _stop(self, side: Side) -> None:
        child = self._running.pop(side)
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # engine processes that outlived their server; the group is ours

    def _log(self, side: Side) -> Path:
        return self._logs / f"{side}.log"

    def _last_line(self, side: Side) -> str:
        lines = self._log(side).read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")
