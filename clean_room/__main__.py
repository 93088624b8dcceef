"""`python -m clean_room build|query|explain|audit|coverage|export|policy`."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from clean_room.builder import Built, build
from clean_room.coverage import Utility, coverage, utility
from clean_room.engine import CleanRoom
from clean_room.front_end import add_commands, add_question, explain_request, export, show_policies
from clean_room.noise_terms import epsilon
from clean_room.policy import policy_for
from clean_room.settings import CleanRoomSettings
from clean_room.source import clean_retailer, open_source
from schemas.command_line import OneLineParser, positive, run_command
from schemas.errors import DataMissing


def main(arguments: Sequence[str]) -> int:
    given = _parser().parse_args(arguments)
    commands = {
        "build": build_clean_room,
        "query": query,
        "explain": explain_request,
        "audit": audit,
        "coverage": tell_coverage,
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

    covering = commands.add_parser(
        "coverage", help="how much of a log would be told at each threshold; for the retailer"
    )
    covering.add_argument("--market", type=Path, required=True, help="market folder, from `python -m data generate`")
    covering.add_argument("--brand", default=settings.brand, help=f"whose events (default {settings.brand})")
    covering.add_argument(
        "--k", type=positive, nargs="+", default=[10, 50, 100, 500], help="thresholds (10 50 100 500)"
    )

    add_commands(commands)
    for asking in (querying, auditing):
        asking.add_argument(
            "--dir", type=Path, default=settings.dir, help=f"clean-room folder (default {settings.dir})"
        )
        asking.add_argument("--brand", default=settings.brand, help=f"for which brand (default {settings.brand})")
        asking.add_argument("--principal", default=settings.principal, help="who asks (default the brand itself)")
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
    cost = f"; noise cost {one.micro_rho} micro-rho, ε {epsilon(one.micro_rho):.2f} at δ 1e-6" if one.micro_rho else ""
    return (
        f"{one.manifest.retailer_id}: {len(one.atoms)} atoms, {one.events} events added, {days}{kept}; "
        f"{one.quarantined} quarantined, {one.repeated} repeated; impressions told by {shares}{cost}"
    )


def tell_coverage(given: argparse.Namespace) -> int:
    with open_source(given.market, given.brand) as source:
        for retailer_id, days in source.days.items():
            policy = policy_for(retailer_id)
            if policy is None:
                continue
            events = clean_retailer(source, retailer_id).events
            for k in given.k:
                _print_utility(utility(events, policy, days, k))
    return 0


def _print_utility(found: Utility) -> None:
    error = "" if found.relative_error is None else f"; median relative error {found.relative_error:.1%}"
    print(f"{found.retailer_id} at k {found.k}: {found.skus:.0%} of SKUs named{error}")
    for name, share in found.impressions.items():
        print(f"  {name:<20} {share:>4.0%} of impressions {found.revenue.get(name, 0.0):>4.0%} of revenue")


def query(given: argparse.Namespace) -> int:
    clean_room = _opened(given)
    answer = clean_room.query_json(given.json) if given.json is not None else clean_room.query_sql(given.sql)
    print(json.dumps(answer))
    return 0


def audit(given: argparse.Namespace) -> int:
    kept = _opened(given).audit
    if given.action == "list":
        for entry in kept.entries():
            asked = entry.request or "(not a permitted request)"
            print(f"{entry.time}  {entry.principal}  {entry.outcome}  {entry.cost_micro_rho}  {asked}")
        return 0
    verified = kept.verify(given.head)
    if verified.problem:
        print(f"the audit is not whole: {verified.problem}", file=sys.stderr)
        return 1
    print(f"{verified.entries} entries, chain whole, head signed, head {verified.head}")
    return 0


def _opened(given: argparse.Namespace) -> CleanRoom:
    clean_room = CleanRoom(given.dir, given.brand, principal=given.principal)
    if not clean_room.is_built:
        raise DataMissing(
            f"no clean room for {given.brand!r} in {str(given.dir)!r}; make it with `python -m clean_room build`"
        )
    return clean_room


if __name__ == "__main__":
    run_command(main)
