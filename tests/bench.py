"""`make bench`: the speeds the documents report, written to docs/results/bench.json.

`python -m tests.bench --only composition` measures one part again and leaves the others' figures as they are.
Absolute seconds depend on the machine and on what else runs on it; each figure stands beside something measured in the
same minute that it can be compared with.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from orchestrator.services import open_services
from orchestrator.settings import read_settings
from orchestrator.tools.optimizer import optimize
from orchestrator.workflow import run_brief
from schemas.brief import read_brief
from schemas.optimization import Cell, Group, HillCurve, Options, Problem
from tests.bench_composition import composition

OUT = Path("docs/results/bench.json")
REPEATS = 3


def seconds(work: Callable[[], Any], repeats: int = REPEATS) -> dict[str, float]:
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return {
        "median_s": round(statistics.median(taken), 3),
        "min_s": round(min(taken), 3),
        "max_s": round(max(taken), 3),
    }


def project_problem() -> Problem:
    """100 SKUs x 2 retailers x 3 placements, log-normal sizes, a quarter of the room to spend."""
    draw = np.random.default_rng(0)
    sizes = draw.lognormal(4, 1.3, 600)
    cells = tuple(
        Cell(
            id=str(index),
            curve=HillCurve(kind="hill", top=float(size * 3), half=float(size)),
            max=float(size * 4),
            tags={"retailer_id": f"retailer_{'ab'[index % 2]}"},
        )
        for index, size in enumerate(sizes)
    )
    budget = float(sizes.sum())
    floor = Group(name="retailer_a minimum", where={"retailer_id": "retailer_a"}, min=0.3 * budget)
    return Problem(budget=budget, cells=cells, groups=(floor,), options=Options(segments=10))


def whole_run(model_url: str | None) -> dict[str, Any]:
    """One run of the sample brief, without a model server and, where one answers, with it."""
    brief = read_brief(read_settings().brief)

    def run(url: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as runs:
            record = run_brief(brief, open_services(read_settings(runs_dir=Path(runs), model_url=url)))
        by_task = {step.task.value: round(step.seconds, 2) for step in record.steps}
        templates = [step.task.value for step in record.steps if step.fallback]
        tokens = sum(step.tokens.completion for step in record.steps)
        return {"seconds": round(record.seconds, 2), "steps": by_task, "templates": templates, "tokens": tokens}

    return {"templates_only": run("http://127.0.0.1:9/v1"), "with_model": run(model_url) if model_url else None}


def data_generation() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as root:
        generate = [sys.executable, "-m", "data", "generate", "--out", str(Path(root) / "market")]
        return seconds(lambda: subprocess.run(generate, check=True, capture_output=True))


def lp() -> dict[str, float]:
    problem = project_problem()
    return seconds(lambda: optimize(problem))


def run() -> dict[str, Any]:
    status = open_services(read_settings()).federation.server_status()
    return whole_run(status.url if status.up else None)


# Part as named on the command line -> its key in the file, and what measures it.
PARTS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "data": ("data_generation_18000_events", data_generation),
    "composition": ("composition_of_two_rank_16_adapters", composition),
    "lp": ("lp_600_cells_10_segments", lp),
    "run": ("run", run),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the speeds that are reported.")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="default: every part")
    chosen = parser.parse_args().only
    measured = {key: measure() for key, measure in (PARTS[part] for part in chosen)}
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "processor": platform.machine()}
    before = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    figures = before | {"command": "python -m tests.bench", "machine": machine} | measured
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=2))
    print(OUT)


if __name__ == "__main__":
    main()
