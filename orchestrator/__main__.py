"""`python -m orchestrator run|harmonize|optimize|design|measure|evaluate-measurement|evaluate`."""

import importlib
import sys
from collections.abc import Sequence

from schemas.command_line import OneLineParser, run_command

COMMANDS = {
    "run": "a brief through all six agents to a run record",
    "harmonize": "one network export to RMIS",
    "optimize": "one allocation problem",
    "design": "a test to run: matched arms, power, how long and with how many units",
    "measure": "the lift in one panel",
    "evaluate-measurement": "what the estimators promise, set beside what they do",
    "evaluate": "both arms in many worlds with known truth: what the private layer was worth, with intervals",
}


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m orchestrator", description="From a brief to a run record.")
    listed = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        listed.add_parser(name, help=purpose, add_help=False)
    chosen = parser.parse_args(arguments[:1]).command
    # Imported on demand: `optimize` should not wait for the model client, nor `harmonize` for the solver.
    result: int = importlib.import_module(f"orchestrator.commands.{chosen.replace('-', '_')}").main(list(arguments[1:]))
    return result


if __name__ == "__main__":
    run_command(main, sys.argv[1:])
