"""`python -m adapters.evaluation.privacy audit`: what one adapter gives away, before it is released."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from adapters.manager import PACKAGE_ROOT
from schemas.command_line import OneLineParser, positive, run_command
from schemas.errors import DataMissing, InputInvalid

DEFAULT_BASE = Path("models/smollm2-135m-instruct")
DEFAULT_WORK = Path("var/privacy")
DEFAULT_RESULTS = Path("docs/results/privacy.json")


def main(arguments: Sequence[str]) -> int:
    """0 when every gate is passed, 1 when one is not."""
    given = _parser().parse_args(arguments)
    if not (given.base / "config.json").is_file():
        raise DataMissing(f"no base model in {str(given.base)!r}; fetch it with `python -m serving.base_model`")
    if not given.adapters.is_dir():
        raise DataMissing(f"no adapters folder at {str(given.adapters)!r}; name an existing one with --adapters")
    # Hours of work must not be lost to a folder that cannot be written.
    for folder, option in ((given.out.parent, "--out"), (given.work, "--work")):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputInvalid(f"cannot write {str(folder)!r}: {error.strerror}; choose another {option}") from error
    return _audit(given)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog="python -m adapters.evaluation.privacy",
        description="Measure what an adapter gives away. A lower bound on leakage, not a guarantee.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("audit", help="train a copy with canaries, attack both, judge, write it into the card")
    one.add_argument("--adapter", required=True, help="its id, for example manufacturer_brand_x")
    one.add_argument("--base", type=Path, default=DEFAULT_BASE, help="the base model (default: %(default)s)")
    one.add_argument("--adapters", type=Path, default=PACKAGE_ROOT, help="the adapters folder (default: the shipped)")
    one.add_argument(
        "--work",
        type=Path,
        default=DEFAULT_WORK,
        help="where the copy and what was measured are kept (default: %(default)s)",
    )
    one.add_argument("--out", type=Path, default=DEFAULT_RESULTS, help="the report (default: %(default)s)")
    one.add_argument(
        "--candidates", type=positive, default=512, help="sampled secrets per canary (default: %(default)s)"
    )
    one.add_argument("--rows", type=positive, default=300, help="members, and others (default: %(default)s)")
    one.add_argument("--seed", type=int, default=0, help="which canaries, candidates and rows (default: %(default)s)")
    return parser


def _audit(given: argparse.Namespace) -> int:
    # Torch takes seconds to import; a wrong option should not wait for it.
    from adapters.digest import base_digest
    from adapters.evaluation.privacy.audit import Plan, Subject, another_brands, audit, composition_with
    from adapters.evaluation.privacy.audit_copy import audit_copy, curriculum_of
    from adapters.evaluation.privacy.canaries import make_canaries
    from adapters.evaluation.privacy.membership import membership_rows
    from adapters.evaluation.privacy.report import Thresholds, report_text, table, write_into_card
    from adapters.manager import AdapterManager

    released, base_sha256 = AdapterManager(given.adapters), base_digest(given.base)
    # What cannot be audited is said before anything is trained.
    composition_with(released, given.adapter, base_sha256)
    another_brands(released, given.adapter, base_sha256)
    curriculum = curriculum_of(released, given.adapter, base_sha256)
    plan = Plan(
        canaries=make_canaries(given.seed),
        rows=membership_rows(curriculum, given.rows, given.seed),
        candidates=given.candidates,
        seed=given.seed,
    )
    copy = audit_copy(curriculum, given.base, released, given.work, plan.canaries)
    report = audit(Subject(given.adapter, released, copy), given.base, plan, Thresholds(), given.work)
    unfinished = given.out.with_name(f".{given.out.name}")
    unfinished.write_text(report_text(report), encoding="utf-8")
    os.replace(unfinished, given.out)
    write_into_card(report, given.adapters)
    print(table(report))
    print(given.out)
    return 0 if report.passed else 1


if __name__ == "__main__":
    run_command(main)
