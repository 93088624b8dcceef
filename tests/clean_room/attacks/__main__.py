"""Attack the clean room and a naive engine, print what each told, write the results and the document's table."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from schemas.command_line import OneLineParser, run_command
from tests.clean_room.attacks.registry import ATTACKS
from tests.clean_room.attacks.report import run_attacks, table, with_table, write


def main(arguments: Sequence[str]) -> int:
    parser = OneLineParser(prog="python -m tests.clean_room.attacks", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/results"), help="folder of the results")
    parser.add_argument(
        "--document", type=Path, default=Path("docs/clean_room_comparison.md"), help="whose table is brought up to date"
    )
    given: argparse.Namespace = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # the rooms under attack log each refusal by its kind
    with tqdm(total=len(ATTACKS), desc="attacks", file=sys.stderr, disable=None) as progress:
        report = run_attacks(lambda name: progress.update())
    write(report, given.out)
    given.document.write_text(with_table(given.document.read_text(encoding="utf-8"), report), encoding="utf-8")
    print(table(report))
    return 0 if all(row.kept for row in report.rows) else 1


if __name__ == "__main__":
    run_command(main)
