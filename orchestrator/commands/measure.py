"""`python -m orchestrator measure`: the lift in one panel of units over time."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestrator.commands.output import write_json
from orchestrator.tools.experiments import METHODS, Columns, Experiment, as_text, measure_lift, read_panel
from schemas.command_line import OneLineParser, positive, run_command
from schemas.errors import InputInvalid


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    if given.expected_share is not None and not 0 < given.expected_share < 1:
        raise InputInvalid(f"--expected-share must lie between 0 and 1, got {given.expected_share!r}")
    columns = Columns(given.unit, given.time, given.outcome, given.treated, given.cost, given.time_format)
    experiment = Experiment(
        start=_day(given.start),
        method=given.method,
        expected_share=given.expected_share,
        is_randomised=not given.not_randomised,
        block=given.block,
        burn_in=given.burn_in,
    )
    lift = measure_lift(read_panel(given.data, columns), experiment)
    write_json(lift.model_dump(mode="json"), given.out)
    print(as_text(lift))
    print(f"{lift.method}: {lift.checks['method_reason']}; class of method: {lift.method_class}; result in {given.out}")
    print(lift.reading)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m orchestrator measure", description="Measure the lift in one panel.")
    parser.add_argument(
        "--data", type=Path, required=True, help="CSV, Parquet or XLSX with one row per unit and day (or week)"
    )
    parser.add_argument("--unit", required=True, help="column that names the unit: a store, a household, a SKU")
    parser.add_argument("--time", required=True, help="column with the date")
    parser.add_argument("--time-format", help="how its dates are written, like %%d/%%m/%%Y, where that is ambiguous")
    parser.add_argument("--outcome", required=True, help="column with the outcome; money for an incremental ROAS")
    parser.add_argument("--treated", required=True, help="column with the arm: 1 or 0, treatment or control")
    parser.add_argument("--start", required=True, help="first day of treatment, like 2026-03-09")
    parser.add_argument("--cost", help="column with the cost, for an incremental ROAS")
    parser.add_argument("--method", default="auto", choices=["auto", *METHODS])
    parser.add_argument("--expected-share", type=float, help="share of units meant to be treated (0.5)")
    parser.add_argument("--not-randomised", action="store_true", help="units were chosen, not drawn by chance")
    parser.add_argument("--block", type=positive, help="switchback: periods per block (found from the switches)")
    parser.add_argument(
        "--burn-in", type=_whole, default=0, help="switchback: periods to drop after each block's start"
    )
    parser.add_argument("--out", type=Path, required=True, help="where the estimate goes (JSON)")
    return parser


def _whole(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputInvalid(f"--start {text!r} is not a date like 2026-03-09") from error


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
