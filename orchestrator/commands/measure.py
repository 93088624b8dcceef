"""`python -m orchestrator measure`: the lift in one panel of units over time."""

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from orchestrator.commands.output import write_json
from orchestrator.tools.experiments import METHODS, Columns, measure_lift, read_panel
from schemas.command_line import OneLineParser, run_command
from schemas.errors import InputInvalid


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator measure", description="Measure the lift in one panel.")
    parser.add_argument("--data", type=Path, required=True, help="CSV with one row per unit and day (or week)")
    parser.add_argument("--unit", required=True, help="column that names the unit: a store, a household, a SKU")
    parser.add_argument("--time", required=True, help="column with the date")
    parser.add_argument("--outcome", required=True, help="column with the outcome; money for an incremental ROAS")
    parser.add_argument("--treated", required=True, help="column with the arm: 1 or 0, treatment or control")
    parser.add_argument("--start", required=True, help="first day of treatment, like 2026-03-09")
    parser.add_argument("--cost", help="column with the cost, for an incremental ROAS")
    parser.add_argument("--method", default="auto", choices=["auto", *METHODS])
    parser.add_argument("--expected-share", type=float, default=0.5, help="share of units meant to be treated (0.5)")
    parser.add_argument("--out", type=Path, required=True, help="where the estimate goes (JSON)")
    given = parser.parse_args(arguments)
    if not 0 < given.expected_share < 1:
        raise InputInvalid(f"--expected-share must lie between 0 and 1, got {given.expected_share!r}")
    columns = Columns(given.unit, given.time, given.outcome, given.treated, given.cost)
    lift = measure_lift(read_panel(given.data, columns, _day(given.start)), given.method, given.expected_share)
    write_json(lift.model_dump(mode="json"), given.out)
    print(f"{lift.method}: {lift.checks['method_reason']}; result in {given.out}")
    print(lift.reading)
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputInvalid(f"--start {text!r} is not a date like 2026-03-09") from error


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
