"""`python -m orchestrator optimize`: one allocation problem, solved and certified."""

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.commands.output import write_json
from orchestrator.tools.optimizer import optimize, read_problem
from schemas.command_line import OneLineParser, run_command


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator optimize", description="Solve one allocation problem.")
    parser.add_argument("--problem", type=Path, required=True, help="problem.json: budget, cells, groups, options")
    parser.add_argument("--out", type=Path, required=True, help="where the plan goes (JSON)")
    given = parser.parse_args(arguments)
    problem = read_problem(given.problem)
    allocation = optimize(problem)
    write_json(allocation.model_dump(mode="json"), given.out)
    if allocation.status == "infeasible":
        print(f"infeasible: {'; '.join(allocation.conflicts)} (written to {given.out})", file=sys.stderr)
        return 2
    assert allocation.certificate is not None
    spent = sum(allocation.allocation.values())
    print(f"{allocation.certificate.solver}, {allocation.certificate.seconds:.2f} s, plan in {given.out}")
    print(
        f"optimal: spends {spent:,.2f} of {problem.budget:,.2f} for a predicted value of "
        f"{allocation.predicted_value:,.2f}; certified gap {allocation.certificate.gap:.4%}"
    )
    return 0


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
