"""What a market costs as its event log grows: `python -m tests.data.bench_scale`; results in market_scale.json.

Each size is one `python -m data generate` in a process of its own; peak memory is that process's, from the kernel.
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
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

OUT = Path("docs/results/market_scale.json")
SIZES = (100_000, 1_000_000, 10_000_000)
MEBIBYTE = 2**20


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.data.bench_scale", description=__doc__)
    parser.add_argument("--events", type=int, nargs="+", default=SIZES)
    sizes = []
    for events in parser.parse_args().events:
        sizes.append(generated(events))
        print(json.dumps(sizes[-1]), flush=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "processor": platform.machine()}
    figures = {"command": "python -m tests.data.bench_scale", "machine": machine, "generate": sizes}
    OUT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(OUT)


if __name__ == "__main__":
    main()
