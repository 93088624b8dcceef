"""`python -m adapters.training train|all|evaluate`: make the shipped adapters again, and measure them."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from schemas.command_line import OneLineParser, run_command
from schemas.errors import DataMissing, InputInvalid

DEFAULT_BASE = Path("models/smollm2-135m-instruct")
DEFAULT_STORE = Path("var/composed")
DEFAULT_RESULTS = Path("docs/results/adapters_first.json")
ADAPTERS = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    if not (given.base / "config.json").is_file():
        raise DataMissing(f"no base model in {str(given.base)!r}; fetch it with `python -m serving.base_model`")
    return _evaluate(given) if given.command == "evaluate" else _train(given)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m adapters.training", description="Train and measure the shipped adapters.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("train", help="one adapter; a manufacturer needs the industry adapter first")
    one.add_argument("--adapter", required=True, help="its id")
    every = commands.add_parser("all", help="industry first, then both manufacturers on top of it")
    for command in (one, every):
        command.add_argument("--steps", type=_positive, help="fewer or more optimiser steps than the curriculum's")
        command.add_argument("--seed", type=int, default=0)
        command.add_argument(
            "--out", type=Path, default=ADAPTERS, help="the adapters folder (default: the shipped one)"
        )
    measure = commands.add_parser(
        "evaluate", help="each composition on held-out examples; writes scores into the cards"
    )
    measure.add_argument(
        "--adapters", type=Path, default=ADAPTERS, help="the adapters folder (default: the shipped one)"
    )
    measure.add_argument("--store", type=Path, default=DEFAULT_STORE, help="where composed adapters go")
    measure.add_argument("--out", type=Path, default=DEFAULT_RESULTS, help=f"results (default {DEFAULT_RESULTS})")
    measure.add_argument("--examples", type=_positive, default=40, help="per set (default 40)")
    measure.add_argument("--seed", type=int, default=0, help="which held-out examples are drawn")
    for command in (one, every, measure):
        command.add_argument("--base", type=Path, default=DEFAULT_BASE, help=f"the base model (default {DEFAULT_BASE})")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _train(given: argparse.Namespace) -> int:
    # Torch takes seconds to import; a wrong option should not wait for it.
    from adapters.training.recipes import CURRICULA
    from adapters.training.school import teach

    if given.command == "train" and given.adapter not in CURRICULA:
        raise InputInvalid(f"no curriculum for {given.adapter!r}; there are {', '.join(CURRICULA)}")
    chosen = [CURRICULA[given.adapter]] if given.command == "train" else list(CURRICULA.values())
    for curriculum in chosen:
        recipe = dataclasses.replace(curriculum.recipe, seed=given.seed, steps=given.steps or curriculum.recipe.steps)
        print(f"training {curriculum.identity.adapter_id}: {recipe.steps} steps", file=sys.stderr)
        print(teach(dataclasses.replace(curriculum, recipe=recipe), given.base, given.out))
    return 0


def _evaluate(given: argparse.Namespace) -> int:
    # An answer of hours of work must not be lost to a folder that cannot be written.
    try:
        given.out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputInvalid(f"cannot write {str(given.out)!r}: {error.strerror}; choose another --out") from error
    from adapters.training.evaluation import evaluate, table, write_into_cards

    report = evaluate(given.adapters, given.base, given.store, given.examples, given.seed)
    unfinished = given.out.with_name(f".{given.out.name}")
    unfinished.write_text(report.model_dump_json(indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, given.out)
    write_into_cards(report, given.adapters)
    print(table(report))
    print(given.out)
    return 0


if __name__ == "__main__":
    run_command(main)
