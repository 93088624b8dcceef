"""`make bench-serving`: vLLM with and without compositions, written to docs/results/serving_vllm_<profile>.json.

Digits depend on the machine and on what else runs on it, so every case stands beside plain vLLM of the same minutes.
"""

import argparse
import json
import os
import shlex
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from tqdm import tqdm

from adapters.digest import base_digest
from adapters.names import BASE_NAME
from schemas.command_line import OneLineParser, run_command
from schemas.errors import InputInvalid, ModelServerUnavailable
from serving.edge.opening import DEFAULT_TENANTS
from serving.preflight import require_base_model
from serving.settings import PREFIX, PROJECT, ServingSettings
from serving.vllm.profiles import PROFILES, profile_for
from tests.vllm.bench import machine
from tests.vllm.bench.asking import client, first_token_seconds, prompt_of
from tests.vllm.bench.cases import Case, Side, all_cases, composition, fresh_composition, in_order
from tests.vllm.bench.cold import cold_trial
from tests.vllm.bench.figures import (
    COMPARED,
    Run,
    figures_of,
    ratios,
    spread_text,
    spreads,
    table,
    without_paths,
)
from tests.vllm.bench.generator import Generator, Load, RunFailed, bench_arguments
from tests.vllm.bench.house import COMPOSED_RANK, RANK, make_catalogue
from tests.vllm.bench.servers import Servers, composing_launch, fit_together, free_port, plain_launch
from tests.vllm.bench.stall import stall_trial

COMMAND = "python -m tests.vllm.bench"
RESULTS = PROJECT / "docs" / "results"

COLD_TRIALS = 5
STALL_TRIALS = 5
STALL_STREAMS = 3
STALL_CONTEXT_TOKENS = 256  # kept free for the prompt and the chat template

COLD_PARTS = ("whole_s", "compose_s", "load_s", "first_token_s", "warm_first_token_s", "warm_tokenize_s")
STALL_PARTS = ("median_gap_before_s", "p99_gap_before_s", "max_gap_during_load_s", "load_s", "to_median", "to_p99")

ON_A_CPU = (
    "Measured on a CPU: this proves that the benchmark and every case of it work, and says nothing about a GPU, where "
    "vLLM uses other kernels for LoRA."
)
SAME_FLAGS = (
    "Both servers have the profile's own flags; on the CPU that is --enforce-eager, which only LoRA needs there, so "
    "what vLLM without LoRA could gain from compiling is not in the ratios."
)


@dataclass(frozen=True)
class Size:
    """Small enough for minutes on two cores; a GPU is asked for more and has its profile's own number of slots."""

    load: Load
    max_loras: int
    max_resident: int


def size_for(profile: str) -> Size:
    if profile == "cpu":
        return Size(Load(prompts=12, input_tokens=64, output_tokens=16, concurrency=6), 2, 4)
    slots = PROFILES[profile].max_loras
    return Size(Load(prompts=200, input_tokens=512, output_tokens=128, concurrency=32), slots, 2 * slots)


def main(arguments: Sequence[str]) -> None:
    signal.signal(signal.SIGTERM, _as_interrupt)
    options = _parser().parse_args(arguments)
    size = _size(options)
    _forget_serving_variables()
    out = options.out or RESULTS / f"serving_vllm_{options.profile}.json"
    with tempfile.TemporaryDirectory(prefix="bench-serving-") as root:
        settings = _settings(options, size, Path(root))
        figures = {
            "command": shlex.join([*COMMAND.split(), *arguments]),
            **measured(options, settings, size, Path(root)),
        }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(report(figures))
    print(os.path.relpath(out))


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--profile", choices=tuple(PROFILES), default="cpu", help="default: cpu")
    parser.add_argument(
        "--model", type=Path, default=ServingSettings.model_fields["model"].default, help="base's folder"
    )
    parser.add_argument(
        "--python", type=Path, default=PROJECT / ".venv-vllm" / "bin" / "python", help="the one that has vLLM"
    )
    parser.add_argument("--prompts", type=_positive, help="requests per run")
    parser.add_argument("--input-tokens", type=_positive)
    parser.add_argument("--output-tokens", type=_positive)
    parser.add_argument("--concurrency", type=_positive)
    parser.add_argument("--max-loras", type=_positive, help="slots: compositions in one batch")
    parser.add_argument("--max-resident", type=_positive, help="compositions kept in host memory")
    parser.add_argument("--repeats", type=_positive, default=3, help="default: 3")
    parser.add_argument("--out", type=Path, help="default: docs/results/serving_vllm_<profile>.json")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt  # so that a stopped benchmark stops its servers too


def _size(options: argparse.Namespace) -> Size:
    """Raises InputInvalid for numbers that would make a case another one than it says."""
    default = size_for(options.profile)
    asked = {name: getattr(options, name) for name in asdict(default.load)}
    load = replace(default.load, **{name: value for name, value in asked.items() if value is not None})
    size = Size(load, options.max_loras or default.max_loras, options.max_resident or default.max_resident)
    if size.max_resident <= size.max_loras:
        raise InputInvalid(f"--max-resident {size.max_resident} must be more than --max-loras {size.max_loras}")
    most = max(len(case.names) for case in all_cases(size.max_loras, size.max_resident))
    if load.prompts < most:
        raise InputInvalid(
            f"--prompts {load.prompts}: the largest case names {most} compositions, ask each once at least"
        )
    return size


def _forget_serving_variables() -> None:
    """What the shell says about serving must not make the two servers differ."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]


def _settings(options: argparse.Namespace, size: Size, root: Path) -> ServingSettings:
    """Raises InputInvalid or DataMissing for what is not there."""
    if not options.python.is_file():
        raise InputInvalid(
            f"no python with vLLM at {str(options.python)!r}; run: make venv-vllm, or name one: --python"
        )
    if DEFAULT_TENANTS.is_file():
        raise InputInvalid(f"{DEFAULT_TENANTS.name} lies in {DEFAULT_TENANTS.parent.name}/, and this asks without keys")
    model = options.model.resolve()
    require_base_model(ServingSettings(model=model))
    return ServingSettings(
        profile=options.profile,
        model=model,
        base_sha256=base_digest(model),
        adapters=root / "adapters",
        composed=root / "composed",
        max_loras=size.max_loras,
        max_resident=size.max_resident,
        max_lora_rank=COMPOSED_RANK,
    )


def measured(options: argparse.Namespace, settings: ServingSettings, size: Size, root: Path) -> dict[str, Any]:
    cases = all_cases(size.max_loras, size.max_resident)
    manufacturers = max(len(case.names) for case in cases)
    together = fit_together(options.profile, machine.available_gib(), machine.model_gib(settings.model))
    ports = {side: free_port() for side in Side}
    outer = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    launches = {
        Side.WITHOUT_LORA: plain_launch(
            settings.model_copy(update={"port": ports[Side.WITHOUT_LORA]}), options.python, outer
        ),
        Side.WITH_COMPOSITIONS: composing_launch(
            ServingSettings(
                **settings.model_dump(include=settings.model_fields_set), port=ports[Side.WITH_COMPOSITIONS]
            ),
            options.python,
            outer,
        ),
    }
    total = len(Side) + options.repeats * len(cases) + COLD_TRIALS + STALL_TRIALS
    with (
        Generator(options.python, root / "generator.log") as generator,
        Servers(launches, ports, root, together) as servers,
        tqdm(total=total, unit="step") as bar,
    ):
        bar.set_description("random adapters")
        assert settings.base_sha256 is not None
        make_catalogue(settings.adapters, root / "scratch", settings.model, settings.base_sha256, manufacturers)
        generator.wait_until_ready()
        bench = Bench(settings, size, generator, servers, bar, manufacturers)
        runs = bench.throughput(cases, options.repeats, together)
        cold = bench.trials("cold composition", COLD_TRIALS, bench.cold)
        stall = bench.trials("stall of other streams", STALL_TRIALS, bench.stall)
    return {
        "notes": [*([ON_A_CPU, SAME_FLAGS] if options.profile == "cpu" else []), _how_served(together)],
        "machine": machine.described(generator.versions),
        "settings": {
            "profile": options.profile,
            "model": settings.model.name,
            **asdict(size.load),
            "repeats": options.repeats,
            "max_loras": size.max_loras,
            "max_resident": size.max_resident,
            "max_lora_rank": COMPOSED_RANK,
            "adapter_rank": RANK,
            "max_rows": profile_for(settings).max_rows,
            "flags": list(profile_for(settings).flags),
        },
        "cases": [_case_figures(case, runs[case.key], runs[cases[0].key]) for case in cases],
        "composed_to_single": ratios(runs["composed"], runs["single"]),
        "cold": {"medians": spreads(cold, COLD_PARTS), "trials": cold},
        "stall": {
            "streams": [_shown(name) for name in bench.streamed],
            "medians": spreads(stall, STALL_PARTS),
            "trials": stall,
        },
    }


class Bench:
    """Takes each measurement where it can and writes down why where it cannot."""

    def __init__(
        self,
        settings: ServingSettings,
        size: Size,
        generator: Generator,
        servers: Servers,
        bar: "tqdm[Any]",
        manufacturers: int,
    ) -> None:
        self._settings = settings
        self._size = size
        self._generator = generator
        self._servers = servers
        self._bar = bar
        self._manufacturers = manufacturers
        self._fresh = 0
        self._seed = 0
        # No more compositions than slots: streams that wait for a slot would stall by themselves.
        self.streamed = (BASE_NAME, *(composition(number) for number in range(size.max_loras)))[:STALL_STREAMS]

    def throughput(self, cases: Sequence[Case], repeats: int, together: bool) -> dict[str, list[Run]]:
        """The runs by case. A first run on each side that is not counted takes the cold start away."""
        for side in Side:
            self._bar.set_description(f"starting {side}")
            self._taken(lambda side=side: self._run(next(case for case in cases if case.side is side)))
            self._bar.update()
        runs: dict[str, list[Run]] = {case.key: [] for case in cases}
        for repeat in range(repeats):
            for case in in_order(cases, repeat, repeats, together):
                self._bar.set_description(f"{repeat + 1}/{repeats} {case.title}")
                runs[case.key].append({"repeat": repeat} | self._taken(lambda case=case: self._run(case)))
                self._bar.update()
        return runs

    def trials(self, title: str, count: int, trial: Callable[[int], dict[str, float]]) -> list[Run]:
        taken = []
        for number in range(count):
            self._bar.set_description(f"{title} {number + 1}/{count}")
            taken.append(self._taken(lambda number=number: trial(number)))
            self._bar.update()
        return taken

    def cold(self, number: int) -> dict[str, float]:
        with client(self._servers.url(Side.WITH_COMPOSITIONS)) as http:
            return cold_trial(http, self._fresh_name(), self._fresh_name(), self._size.load.input_tokens, number)

    def stall(self, number: int) -> dict[str, float]:
        url = self._servers.url(Side.WITH_COMPOSITIONS)
        max_tokens = profile_for(self._settings).max_context_tokens - STALL_CONTEXT_TOKENS
        words = min(self._size.load.input_tokens, STALL_CONTEXT_TOKENS // 4)
        return stall_trial(url, self.streamed, self._fresh_name(), words, max_tokens, number)

    def _run(self, case: Case) -> dict[str, float]:
        """Each name is asked once before, so that no run composes."""
        url = self._servers.url(case.side)
        self._seed += 1  # other prompts every time, or the cache of the run before would answer
        with client(url) as http:
            for name in case.names or (BASE_NAME,):
                first_token_seconds(http, name, prompt_of(8, self._seed))
        arguments = bench_arguments(self._size.load, url, self._settings.model, case.names, self._seed)
        return figures_of(self._generator.run(arguments))

    def _fresh_name(self) -> str:
        self._fresh += 1
        return fresh_composition(self._fresh, self._manufacturers)

    def _taken(self, measure: Callable[[], dict[str, float]]) -> dict[str, Any]:
        try:
            return measure()
        except (RunFailed, ModelServerUnavailable, httpx.HTTPError) as error:
            reason = without_paths(f"{error}")
            self._bar.write(f"failed: {reason}", file=sys.stderr)
            return {"failed": reason}


def _case_figures(case: Case, runs: Sequence[Run], plain: Sequence[Run]) -> dict[str, Any]:
    return {
        "key": case.key,
        "title": case.title,
        "server": case.side,
        "names": len(case.names),
        "medians": spreads(runs, COMPARED),
        "to_no_lora": ratios(runs, plain),
        "runs": runs,
    }


def _shown(name: str) -> str:
    return BASE_NAME if name == BASE_NAME else "composition"


def _how_served(together: bool) -> str:
    if together:
        return "Both servers were up at the same time; only the one under test was asked, the other one was idle."
    return "One server at a time: for each repeat one was stopped and the other started, in turns."


def report(figures: dict[str, Any]) -> str:
    cold, stall, single = figures["cold"]["medians"], figures["stall"]["medians"], figures["composed_to_single"]
    return "\n".join(
        [
            table(figures["cases"]),
            f"composed to single, tokens/s: {spread_text(single.get('output_tokens_per_s'), 'x')}",
            "cold composition: " + ", ".join(f"{name} {spread_text(cold.get(name))}" for name in COLD_PARTS),
            "stall of other streams: " + ", ".join(f"{name} {spread_text(stall.get(name))}" for name in STALL_PARTS),
            *figures["notes"],
        ]
    )


if __name__ == "__main__":
    run_command(main)
