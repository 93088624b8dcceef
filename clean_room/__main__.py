"""`python -m clean_room build|query|explain|audit|export|policy`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from clean_room.builder import Built, build
from clean_room.coverage import coverage
from clean_room.engine import CleanRoom
from clean_room.front_end import add_commands, add_question, explain_request, export, show_policies
from clean_room.settings import CleanRoomSettings
from schemas.command_line import OneLineParser, run_command
from schemas.errors import DataMissing


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    commands = {
        "build": build_clean_room,
        "query": query,
        "explain": explain_request,
        "audit": audit,
        "export": export,
        "policy": show_policies,
    }
    return commands[given.command](given)


def _parser() -> argparse.ArgumentParser:
    settings = CleanRoomSettings()
    parser = OneLineParser(prog="python -m clean_room", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    building = commands.add_parser("build", help="release a brand's atoms from a market's event log")
    building.add_argument("--market", type=Path, required=True, help="market folder, from `python -m data generate`")
    building.add_argument("--brand", default=settings.brand, help=f"whose events (default {settings.brand})")
    building.add_argument("--out", type=Path, default=settings.dir, help=f"clean-room folder (default {settings.dir})")

    querying = commands.add_parser("query", help="ask one question; a refusal is an answer too")
    add_question(querying)

    auditing = commands.add_parser("audit", help="list what was asked, or verify that the list is whole")
    auditing.add_argument("action", nargs="?", choices=["list", "verify"], default="list")
    auditing.add_argument("--head", help="with verify: a head noted earlier, which must still be in the chain")

    add_commands(commands)
    for asking in (querying, auditing):
        asking.add_argument(
            "--dir", type=Path, default=settings.dir, help=f"clean-room folder (default {settings.dir})"
        )
        asking.add_argument("--brand", default=settings.brand, help=f"who asks (default {settings.brand})")
    return parser


def build_clean_room(given: argparse.Namespace) -> int:
    with tqdm(desc="clean room", unit=" retailer", file=sys.stderr, disable=None) as progress:
        built = build(given.market, given.brand, given.out, on_retailer=progress.set_postfix_str)
    for one in built:
        print(_told(one))
    print(given.out / given.brand)
    return 0


def _told(one: Built) -> str:
    days = f"{one.manifest.first_day} to {one.manifest.last_day}"
    kept = f"; days to {one.closed_before} were released before and stay as they are" if one.closed_before else ""
    shares = ", ".join(f"{name} {share:.0%}" for name, share in coverage(one).items())
    return (
        f"{one.manifest.retailer_id}: {len(one.atoms)} atoms, {one.events} events added, {days}{kept}; "
        f"{one.quarantined} quarantined, {one.repeated} repeated; impressions told by {shares}"
    )


def query(given: argparse.Namespace) -> int:
    clean_room = _opened(given)
    answer = clean_room.query_json(given.json) if given.json is not None else clean_room.query_sql(given.sql)
    print(json.dumps(answer))
    return 0


def audit(given: argparse.Namespace) -> int:
    kept = _opened(given).audit
    if given.action == "list":
        for entry in kept.entries():
            print(f"{entry.time}  {entry.principal}  {entry.outcome}  {entry.request or '(not a permitted request)'}")
        return 0
    verified = kept.verify(given.head)
    if verified.problem:
        print(f"the audit is not whole: {verified.problem}", file=sys.stderr)
        return 1
    print(f"{verified.entries} entries, chain whole, head {verified.head}")
    return 0


def _opened(given: argparse.Namespace) -> CleanRoom:
    clean_room = CleanRoom(given.dir, given.brand)
    if not clean_room.is_built:
        raise DataMissing(
            f"no clean room for {given.brand!r} in {str(given.dir)!r}; make it with `python -m clean_room build`"
        )
    return clean_room


if __name__ == "__main__":
    run_command(main)
