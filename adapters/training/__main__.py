"""`python -m adapters.training train|all|controls`: make the shipped adapters, and what they are compared with."""

import argparse
import dataclasses
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from schemas.adapters import Strategy
from schemas.command_line import OneLineParser, positive, run_command, seeds
from schemas.errors import DataMissing, InputInvalid

DEFAULT_BASE = Path("models/smollm2-135m-instruct")
DEFAULT_CONTROLS = Path("var/evaluation")
ADAPTERS = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    if not (given.base / "config.json").is_file():
        raise DataMissing(f"no base model in {str(given.base)!r}; fetch it with `python -m serving.base_model`")
    run = {"train": _train, "all": _all, "controls": _controls}[given.command]
    return run(given)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m adapters.training", description="Train adapters.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("train", help="one adapter; a manufacturer needs the industry adapter first")
    one.add_argument("--adapter", required=True, help="its id")
    one.add_argument(
        "--strategy",
        choices=[strategy.value for strategy in Strategy],
        help="a manufacturer on its frozen parent, or alone on the bare base (default: the curriculum's)",
    )
    one.add_argument("--qlora", action="store_true", help="4-bit QLoRA with TRL, for a large base on an NVIDIA GPU")
    every = commands.add_parser("all", help="the shipped ones: industry first, then both manufacturers on top of it")
    for command in (one, every):
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--threads", type=positive, default=2, help="part of the recipe (default 2)")
        command.add_argument(
            "--out", type=Path, default=ADAPTERS, help="the adapters folder (default: the shipped one)"
        )
        command.add_argument("--steps", type=positive, help="fewer or more optimiser steps than the curriculum's")
        command.add_argument("--max-tokens", type=positive, help="longest example (default: the curriculum's)")
    others = commands.add_parser("controls", help="what the evaluation compares with: twins, joint lessons, more seeds")
    others.add_argument("--seeds", type=seeds, default=(0, 1, 2), help="comma-separated (default 0,1,2)")
    others.add_argument("--jobs", type=positive, default=2, help="trainings at once, one thread each (default 2)")
    others.add_argument(
        "--out", type=Path, default=DEFAULT_CONTROLS, help=f"a folder per seed (default {DEFAULT_CONTROLS})"
    )
    others.add_argument("--steps", type=positive, help="for trying the command out")
    others.add_argument("--max-tokens", type=positive, help="longest example (default: the curriculum's)")
    for command in (one, every, others):
        command.add_argument("--base", type=Path, default=DEFAULT_BASE, help=f"the base model (default {DEFAULT_BASE})")
    return parser


def _train(given: argparse.Namespace) -> int:
    # Torch takes seconds to import; a wrong option should not wait for it.
    from adapters.training.recipes import CURRICULA, additive
    from adapters.training.school import teach

    if given.adapter not in CURRICULA:
        raise InputInvalid(f"no curriculum for {given.adapter!r}; there are {', '.join(CURRICULA)}")
    curriculum = CURRICULA[given.adapter]
    if given.strategy == Strategy.SEQUENTIAL and curriculum.parent is None:
        raise InputInvalid(f"{given.adapter!r} has no parent to be trained on top of; leave out --strategy sequential")
    if given.strategy == Strategy.ADDITIVE:
        curriculum = additive(curriculum)
    recipe = dataclasses.replace(
        curriculum.recipe,
        seed=given.seed,
        threads=given.threads,
        steps=given.steps or curriculum.recipe.steps,
        max_tokens=given.max_tokens or curriculum.recipe.max_tokens,
    )
    curriculum = dataclasses.replace(curriculum, recipe=recipe)
    print(f"training {given.adapter}: at most {recipe.steps} steps", file=sys.stderr)
    if given.qlora:
        from adapters.training.qlora import teach_quantised

        print(teach_quantised(curriculum, given.base, given.out))
    else:
        print(teach(curriculum, given.base, given.out))
    return 0


def _all(given: argparse.Namespace) -> int:
    from adapters.training.recipes import SHIPPED

    for adapter_id in SHIPPED:
        given.adapter, given.strategy, given.qlora = adapter_id, None, False
        _train(given)
    return 0


def _controls(given: argparse.Namespace) -> int:
    """Each missing adapter in a process of its own, with its own log; what is there already is left alone."""
    from adapters.training.plan import missing_controls

    stages = missing_controls(given.out, given.seeds)
    for stage in stages:
        with ThreadPoolExecutor(given.jobs) as pool:
            codes = list(pool.map(lambda job: _in_a_process(given, *job), stage))
        if any(codes):
            raise InputInvalid(f"a training failed; its log is in {str(given.out)!r}. Run the command again to go on")
    print(given.out)
    return 0


def _in_a_process(given: argparse.Namespace, seed: int, adapter_id: str) -> int:
    room = given.out / f"seed-{seed}"
    room.mkdir(parents=True, exist_ok=True)
    options = ["--adapter", adapter_id, "--seed", str(seed), "--threads", "1", "--out", room, "--base", given.base]
    for option, value in (("--steps", given.steps), ("--max-tokens", given.max_tokens)):
        options += [option, str(value)] if value else []
    print(f"training {adapter_id}, seed {seed}; see {room / adapter_id}.log", file=sys.stderr)
    with (room / f"{adapter_id}.log").open("w", encoding="utf-8") as log:
        command = [sys.executable, "-m", "adapters.training", "train", *map(str, options)]
        return subprocess.run(command, stdout=log, stderr=log, check=False).returncode


if __name__ == "__main__":
    run_command(main)
