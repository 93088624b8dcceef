"""`python -m adapters.evaluation run`: measure the shipped adapters against everything that could explain them away."""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from schemas.command_line import OneLineParser, positive, run_command, seeds
from schemas.errors import DataMissing, InputInvalid

DEFAULT_BASE = Path("models/smollm2-135m-instruct")
DEFAULT_TRAINED = Path("var/evaluation")
FULL_RESULTS = Path("docs/results/adapters.json")
QUICK_RESULTS = Path("var/evaluation/quick.json")
FULL_EXAMPLES = 80
QUICK_EXAMPLES = 24
ADAPTERS = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    if not (given.base / "config.json").is_file():
        raise DataMissing(f"no base model in {str(given.base)!r}; fetch it with `python -m serving.base_model`")
    out = given.out or (QUICK_RESULTS if given.quick else FULL_RESULTS)
    require_writable(out)

    # Torch takes seconds to import; a wrong option should not wait for it.
    from adapters.evaluation.cards import write_into_cards
    from adapters.evaluation.evaluate import evaluate
    from adapters.evaluation.protocol import full, quick
    from adapters.evaluation.tables import markdown

    if given.quick:
        protocol = quick(given.examples or QUICK_EXAMPLES)
    else:
        protocol = full(given.examples or FULL_EXAMPLES, given.seeds)
    command = ["python", "-m", "adapters.evaluation", *arguments]
    report = evaluate(protocol, given.adapters, given.trained, given.base, given.trained / "replies", command)
    written = {out: report.model_dump_json(indent=2) + "\n", out.with_suffix(".md"): markdown(report)}
    for file, text in written.items():
        unfinished = file.with_name(f".{file.name}")
        unfinished.write_text(text, encoding="utf-8")
        os.replace(unfinished, file)
    if given.full:
        write_into_cards(report, given.adapters)
    for claim in report.claims:
        print(f"{claim.outcome:12} {claim.number}. {claim.sentence}")
    for file in written:
        print(file)
    return 0


def require_writable(out: Path) -> None:
    """Hours of answers must not be lost to a file that cannot be written. Raises InputInvalid."""
    if out.suffix != ".json":
        raise InputInvalid(f"results are JSON, with a page beside it: --out {str(out)!r} must end in .json")
    for file in (out, out.with_suffix(".md")):
        if file.is_dir():
            raise InputInvalid(f"cannot write {str(file)!r}: it is a folder; choose another --out")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise InputInvalid(f"cannot write {str(out)!r}: {error.strerror}; choose another --out") from error


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m adapters.evaluation", description="Measure adapters and compositions.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="ask every arm, judge the claims, write the results")
    extent = run.add_mutually_exclusive_group(required=True)
    extent.add_argument("--quick", action="store_true", help="the shipped adapters against the base; cards stay")
    extent.add_argument("--full", action="store_true", help="all arms and seeds; scores go into the cards")
    run.add_argument(
        "--examples", type=positive, help=f"per set (default {FULL_EXAMPLES}, with --quick {QUICK_EXAMPLES})"
    )
    run.add_argument("--seeds", type=seeds, default=(0, 1, 2), help="training seeds of --full (default 0,1,2)")
    run.add_argument("--adapters", type=Path, default=ADAPTERS, help="the adapters folder (default: the shipped one)")
    run.add_argument(
        "--trained",
        type=Path,
        default=DEFAULT_TRAINED,
        help=f"control adapters, a folder per seed, and kept replies (default {DEFAULT_TRAINED})",
    )
    run.add_argument("--base", type=Path, default=DEFAULT_BASE, help=f"the base model (default {DEFAULT_BASE})")
    run.add_argument("--out", type=Path, help=f"results (default {FULL_RESULTS}, with --quick {QUICK_RESULTS})")
    return parser


if __name__ == "__main__":
    run_command(main)
