"""`python -m orchestrator evaluate`: both arms, and everything between, in many worlds with known truth."""

import os
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from orchestrator.commands.run import check_writable
from orchestrator.evaluation import scenarios
from orchestrator.evaluation.report import EvaluationReport, largest_gap, scenario_reports
from orchestrator.evaluation.runner import WorldScores, code_digest, run
from orchestrator.evaluation.tables import comparison_table, markdown
from schemas.command_line import OneLineParser, positive
from schemas.errors import DataMissing

FULL_RESULTS = Path("docs/results/comparison.json")
QUICK_RESULTS = Path("var/comparison/quick.json")
KEPT = Path("var/comparison/worlds.jsonl")
QUICK_WORLDS = 20
LIBRARIES = ("numpy", "scipy", "pandas", "pulp", "highspy", "duckdb")


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(
        prog="python -m orchestrator evaluate", description="The comparison, in worlds with known truth."
    )
    extent = parser.add_mutually_exclusive_group(required=True)
    extent.add_argument("--quick", action="store_true", help="a few worlds of everything, in under five minutes")
    extent.add_argument("--full", action="store_true", help="all held-out worlds; what may be quoted")
    parser.add_argument("--worlds", type=positive, default=QUICK_WORLDS, help=f"of --quick (default {QUICK_WORLDS})")
    parser.add_argument(
        "--out", type=Path, help=f"results, JSON (default {FULL_RESULTS}, with --quick {QUICK_RESULTS})"
    )
    parser.add_argument("--kept", type=Path, default=KEPT, help=f"finished worlds, to go on from (default {KEPT})")
    given = parser.parse_args(arguments)
    out = given.out or (QUICK_RESULTS if given.quick else FULL_RESULTS)
    check_writable(out)
    write_figures = _figures()

    chosen = scenarios.quick(given.worlds) if given.quick else scenarios.full()
    started = time.perf_counter()
    with tqdm(total=sum(len(one.seeds) for one in chosen), unit="world", file=sys.stderr) as bar:

        def on_done(done: WorldScores) -> None:
            bar.set_postfix_str(done.scenario)
            bar.update()

        found = run(chosen, given.kept, on_done)
    report = EvaluationReport(
        command=f"python -m orchestrator evaluate {' '.join(arguments)}",
        profile="quick" if given.quick else "full",
        code=code_digest(),
        machine=f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}",
        versions={name: version(name) for name in LIBRARIES},
        seconds=time.perf_counter() - started,
        largest_gap=largest_gap(found),
        scenarios=scenario_reports(chosen, found),
    )
    out.write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    out.with_suffix(".md").write_text(markdown(report), encoding="utf-8")
    print(comparison_table(report.scenario("held_out")))
    for path in (*write_figures(report, out.parent), out.with_suffix(".md"), out):
        print(path)
    return 0


def _figures() -> Callable[[EvaluationReport, Path], tuple[Path, ...]]:
    """Found out before the worlds run, not after. Raises DataMissing."""
    try:
        from orchestrator.evaluation.figures import write_figures
    except ImportError as error:
        raise DataMissing("the figures need matplotlib: pip install -e '.[evaluation]' -c constraints.txt") from error
    return write_figures
