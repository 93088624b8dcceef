"""What a market costs: `python -m tests.data.bench_scale`; results in docs/results/market_scale.json.

`generate`: as the event log grows. Each size is one `python -m data generate` in a process of its own; peak memory is
that process's, from the kernel. `realise`: one spend plan's true outcome at the default size.
Seconds of CPU do not depend on what else the machine does; seconds of wall clock do.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from data.market import MarketParameters, simulate

OUT = Path("docs/results/market_scale.json")
SIZES = (100_000, 1_000_000, 10_000_000)
MEBIBYTE = 2**20
PLANS = 100


def generated(events: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as root:
        out = Path(root) / "market"
        started = time.perf_counter()
        command = [sys.executable, "-m", "data", "generate", "--out", str(out), "--events", str(events)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"generating {events:,} events ended with status {process.returncode}")
        log = pq.ParquetFile(out / "events.parquet").metadata
        return {
            "events": log.num_rows,
            "row_groups": log.num_row_groups,
            "peak_memory_mib": round(usage.ru_maxrss / 1024),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
            "wall_s": round(time.perf_counter() - started, 1),
            "events_per_cpu_s": round(events / (usage.ru_utime + usage.ru_stime)),
            "log_mib": round((out / "events.parquet").stat().st_size / MEBIBYTE),
        }


def grown() -> list[dict[str, Any]]:
    sizes = []
    for events in SIZES:
        sizes.append(generated(events))
        print(json.dumps(sizes[-1]), flush=True)
    return sizes


def realised() -> dict[str, Any]:
    market = simulate(MarketParameters())
    brand_id = market.brand_ids[0]
    plan = market.truth().query("brand_id == @brand_id")
    window = market.parameters.outlook_window
    market.realise(plan, brand_id, *window)
    started = time.process_time()
    for _ in range(PLANS):
        market.realise(plan, brand_id, *window)
    per_plan = (time.process_time() - started) / PLANS
    return {"cells": len(plan), "days": market.parameters.outlook_days, "cpu_ms_per_plan": round(per_plan * 1000, 2)}


PARTS: dict[str, Callable[[], Any]] = {"generate": grown, "realise": realised}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.data.bench_scale", description="Measure what a market costs."
    )
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS), help="default: both")
    measured = {part: PARTS[part]() for part in parser.parse_args().only}
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "processor": platform.machine()}
    before = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    figures = before | {"command": "python -m tests.data.bench_scale", "machine": machine} | measured
    OUT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(OUT)


if __name__ == "__main__":
    main()
