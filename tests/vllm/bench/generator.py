"""The load: `vllm bench serve` in vLLM's own environment, one process for all runs."""

import json
import os
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from adapters.names import BASE_NAME
from serving.settings import PREFIX, PROJECT

SCRIPT = Path(__file__).with_name("vllm_bench.py")
START_SECONDS = 120
RUN_SECONDS = 1800


class RunFailed(Exception):
    """One run has no figures; the message says why."""


@dataclass(frozen=True)
class Load:
    prompts: int
    input_tokens: int
    output_tokens: int
    concurrency: int


def bench_arguments(load: Load, url: str, tokenizer: Path, names: tuple[str, ...], seed: int) -> list[str]:
    """Requests as fast as the concurrency allows, each of exactly so many tokens; the names take turns."""
    return [
        *("--backend", "openai-chat"),
        *("--endpoint", "/v1/chat/completions"),
        *("--base-url", url),
        *("--model", BASE_NAME),
        *("--tokenizer", str(tokenizer)),
        *("--dataset-name", "random"),
        *("--random-input-len", str(load.input_tokens)),
        *("--random-output-len", str(load.output_tokens)),
        *("--num-prompts", str(load.prompts)),
        *("--max-concurrency", str(load.concurrency)),
        *("--seed", str(seed)),
        *("--temperature", "0"),
        "--ignore-eos",
        *("--percentile-metrics", "ttft,tpot,itl,e2el"),
        *("--ready-check-timeout-sec", "60"),
        "--disable-tqdm",
        *(("--lora-modules", *names, "--lora-assignment", "round-robin") if names else ()),
    ]


class Generator:
    """`versions` are those of vLLM's environment. A process that died is not started again."""

    def __init__(self, python: Path, log: Path) -> None:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", PREFIX))}
        quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_PLUGINS": ""}
        with log.open("wb") as written:
            self._child = subprocess.Popen(
                # -P: beside the script lies what must not stand in for an installed package.
                [str(python), "-P", str(SCRIPT)],
                cwd=PROJECT,
                env={**outer, **quiet, "no_proxy": "127.0.0.1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=written,
                text=True,
                start_new_session=True,
            )
        self.versions: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._child.kill()
        self._child.wait()
        self._stdin.close()
        self._stdout.close()

    def wait_until_ready(self) -> None:
        """Raises RunFailed."""
        self.versions = self._answer(START_SECONDS)

    def run(self, arguments: list[str]) -> dict[str, Any]:
        """The numbers that the benchmark reports. Raises RunFailed."""
        try:
            print(json.dumps(arguments), file=self._stdin, flush=True)
        except OSError as error:
            raise RunFailed("the load generator has ended") from error
        answer = self._answer(RUN_SECONDS)
        if isinstance(reason := answer.get("failed"), str):
            raise RunFailed(reason)
        return answer

    @property
    def _stdin(self) -> IO[str]:
        return cast(IO[str], self._child.stdin)

    @property
    def _stdout(self) -> IO[str]:
        return cast(IO[str], self._child.stdout)

    def _answer(self, seconds: float) -> dict[str, Any]:
        ready, _, _ = select.select([self._stdout], [], [], seconds)
        if not ready:
            self._child.kill()  # a late answer would be taken for the next run's
            raise RunFailed(f"the load generator gave no answer within {seconds:.0f} s")
        if not (line := self._stdout.readline()):
            raise RunFailed("the load generator has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer
