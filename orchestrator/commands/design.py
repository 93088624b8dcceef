"""`python -m orchestrator design`: a store or geo test, planned on a history without one."""

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.commands.output import write_json
from orchestrator.tools.experiments import Columns, read_panel
from orchestrator.tools.experiments.design import Design, Wish, design_test
from schemas.command_line import OneLineParser, positive, run_command
from schemas.errors import InputInvalid


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator design", description="Plan a test on the units' own history.")
    parser.add_argument("--data", type=Path, required=True, help="CSV, Parquet or XLSX: one row per unit and period")
    parser.add_argument("--unit", required=True, help="column that names the unit: a store, a region")
    parser.add_argument("--time", required=True, help="column with the date")
    parser.add_argument("--time-format", help="how its dates are written, like %%d/%%m/%%Y, where that is ambiguous")
    parser.add_argument("--outcome", required=True, help="column with the outcome")
    parser.add_argument("--weeks", type=float, help="length of the test (several are tried)")
    parser.add_argument("--lift", type=float, default=0.05, help="the lift to be found, as a share (%(default)s)")
    parser.add_argument("--tests", type=positive, default=200, help="simulated tests per option (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws, the assignment included (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="where the design goes (JSON)")
    given = parser.parse_args(arguments)
    if not 0 < given.lift <= 1 or given.seed < 0 or (given.weeks is not None and not 0 < given.weeks < 1_000):
        raise InputInvalid(
            f"--lift {given.lift:g} must lie in (0, 1], --weeks above 0 and --seed at least 0; give 0.05 for 5 %"
        )
    panel = read_panel(given.data, Columns(given.unit, given.time, given.outcome, time_format=given.time_format))
    design = design_test(panel, Wish(given.lift, given.weeks, given.tests, given.seed))
    write_json(design.model_dump(mode="json"), given.out)
    print(options_text(design))
    print(f"{design.units} units in {len(design.pairs)} pairs, {design.units_left_out} left out; design in {given.out}")
    print(design.reading)
    return 0


def options_text(design: Design) -> str:
    lines = [f"{'weeks':>6}  {'units':>6}  {'size':>6}  {f'power at {design.lift:.1%}':>14}  {'finds':>6}"]
    for option in (*design.durations, *design.sample_sizes[:-1]):
        least = option.minimum_detectable_relative
        lines.append(
            f"{option.weeks:6g}  {option.units:6}  {option.size.share:6.1%}  {option.power_at_lift.share:14.0%}  "
            f"{'' if least is None else f'{least:.1%}':>6}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
