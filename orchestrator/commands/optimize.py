"""`python -m orchestrator optimize`: one allocation problem, solved and certified."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.commands.output import write_json
from orchestrator.tools.optimizer import optimize, read_problem
from schemas.command_line import OneLineParser, run_command
from schemas.optimization import Allocation, Problem


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator optimize", description="Solve one allocation problem.")
    parser.add_argument("--problem", type=Path, help="problem.json: budget, cells, groups, options")
    parser.add_argument("--out", type=Path, help="where the plan goes (JSON)")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of a problem, and nothing else")
    given = parser.parse_args(arguments)
    if given.schema:
        print(json.dumps(Problem.model_json_schema(), indent=2))
        return 0
    if given.problem is None or given.out is None:
        parser.error("--problem and --out are both needed, unless --schema is given")
    problem = read_problem(given.problem)
    allocation = optimize(problem)
    write_json(allocation.model_dump(mode="json"), given.out)
    if allocation.status == "infeasible":
        print(f"{_infeasibility(allocation)} (written to {given.out})", file=sys.stderr)
        return 2
    if allocation.certificate is None:
        limit = problem.options.time_limit_seconds
        print(f"time limit: no plan within {limit:g} seconds; raise options.time_limit_seconds", file=sys.stderr)
        return 1
    print(f"{allocation.certificate.solver}, {allocation.certificate.seconds:.2f} s, plan in {given.out}")
    print(_summary(problem, allocation))
    return 0


def _infeasibility(allocation: Allocation) -> str:
    slack = ", ".join(f"{name} by {amount:g}" for name, amount in allocation.slack_needed.items())
    return f"infeasible: {'; '.join(allocation.conflicts)}; of each conflict loosen one: {slack}"


def _summary(problem: Problem, allocation: Allocation) -> str:
    assert allocation.certificate is not None
    reached = "optimal" if allocation.status == "optimal" else "time limit, the best plan so far"
    spent = sum(allocation.allocation.values())
    return (
        f"{reached}: spends {spent:,.2f} of {problem.budget:,.2f} for a predicted value of "
        f"{allocation.predicted_value:,.2f}; certified gap {allocation.certificate.gap:.4%}"
    )


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
