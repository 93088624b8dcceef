"""`python -m orchestrator evaluate-measurement`: what the estimators promise, set beside what they do."""

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.commands.output import write_json
from orchestrator.tools.experiments.calibration.report import page
from orchestrator.tools.experiments.calibration.run import calibrate
from schemas.command_line import OneLineParser, positive, run_command
from schemas.errors import InputInvalid

FEWEST_REPETITIONS = 20


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(
        prog="python -m orchestrator evaluate-measurement",
        description="Size, coverage and power of every estimator where the truth is known.",
    )
    parser.add_argument("--repetitions", type=positive, default=1_000, help="tests per setting (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the drawn tests (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder for measurement.json and .md")
    given = parser.parse_args(arguments)
    if given.repetitions < FEWEST_REPETITIONS or given.seed < 0:
        raise InputInvalid(
            f"--repetitions {given.repetitions}, --seed {given.seed}: give at least {FEWEST_REPETITIONS} and 0"
        )
    if not given.out.is_dir():
        raise InputInvalid(f"--out {str(given.out)!r} is not a folder; make it first")
    command = f"python -m orchestrator evaluate-measurement --repetitions {given.repetitions} --seed {given.seed}"
    report = calibrate(given.repetitions, given.seed, command)
    write_json(report.model_dump(mode="json"), given.out / "measurement.json")
    (given.out / "measurement.md").write_text(page(report), encoding="utf-8")
    print(page(report))
    for message in report.missing:
        print(f"left out: {message}")
    print(given.out / "measurement.md")
    return 0


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
