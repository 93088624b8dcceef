"""The commands that need no clean room: `explain`, `policy`, `export`."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clean_room.explain import around, explain, plan_of
from clean_room.export import TARGETS, export_policy
from clean_room.export.export import Noise
from clean_room.policy import Policy, shipped_policies
from clean_room.policy_text import policy_text
from clean_room.query_plan import read_json
from schemas.clean_room import CleanRoomRequest, RefusalCode
from schemas.command_line import positive
from schemas.errors import InputInvalid


def add_question(command: argparse.ArgumentParser) -> None:
    """One question, in either form."""
    question = command.add_mutually_exclusive_group(required=True)
    question.add_argument("--json", help="the request; see docs/clean_room_comparison.md")
    question.add_argument("--sql", help="the request in its SQL form, which is read and never executed")


def add_commands(commands: Any) -> None:
    """argparse gives the type of `commands` no public name."""
    explaining = commands.add_parser("explain", help="what a request means, without looking at any data")
    add_question(explaining)
    explaining.add_argument("--dialect", help="print instead the SQL that sums a copy of the atoms on another engine")

    showing = commands.add_parser("policy", help="what each retailer allows, blocks and asks for")
    showing.add_argument("--retailer", help="only this one")

    exporting = commands.add_parser(
        "export", help="a retailer's policy as rules of another clean room, with its losses"
    )
    exporting.add_argument("--retailer", required=True)
    exporting.add_argument("--target", required=True, choices=sorted(TARGETS))
    exporting.add_argument("--epsilon", type=float, help="also rules with noise, for this total budget")
    exporting.add_argument("--answers", type=positive, default=100, help="how many answers it lasts for (default 100)")
    exporting.add_argument("--out", type=Path, help="write the files here (default: print them)")


def explain_request(given: argparse.Namespace) -> int:
    read = read_question(given)
    if not given.dialect:
        print(explain(read).model_dump_json(indent=2))
        return 0
    from clean_room.portable import compiled

    plan = plan_of(read)
    print(
        explain(read).model_dump_json()
        if isinstance(plan, RefusalCode)
        else compiled(plan, around(plan), given.dialect)
    )
    return 0


def read_question(given: argparse.Namespace) -> CleanRoomRequest | RefusalCode:
    if given.json is not None:
        return read_json(given.json)
    from clean_room.sql_form import read_sql

    return read_sql(given.sql)


def show_policies(given: argparse.Namespace) -> int:
    policies = [_known(given.retailer)] if given.retailer is not None else shipped_policies().values()
    print("\n\n".join(policy_text(policy) for policy in policies))
    return 0


def export(given: argparse.Namespace) -> int:
    noise = Noise(_budget(given.epsilon), given.answers) if given.epsilon is not None else None
    exported = export_policy(_known(given.retailer), given.target, noise)
    if given.out is None:
        print("\n".join(f"==> {name} <==\n{text}" for name, text in exported.files.items()), end="")
    else:
        _write(given.out, exported.files)
    return 0


def _known(retailer_id: str) -> Policy:
    """The operator's side: here a name may be told to be wrong."""
    policies = shipped_policies()
    if retailer_id not in policies:
        raise InputInvalid(f"no policy for retailer {retailer_id!r}; there are {', '.join(policies)}")
    return policies[retailer_id]


def _budget(epsilon: float) -> float:
    if not 0 < epsilon < float("inf"):
        raise InputInvalid(f"--epsilon is a number above 0, not {epsilon:g}")
    return epsilon


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputInvalid(f"cannot write into {str(folder)!r}: {error.strerror}") from error
    for name in files:
        print(folder / name)
