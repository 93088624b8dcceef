"""python -m data generate | complete-journey | profile | describe: markets, and what is to be known about them."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from data.calibration import as_markdown, market_profile, write_report
from data.complete_journey import CAVEAT, write_complete_journey
from data.directory import check_replaceable
from data.market import MarketParameters, market_parameters, simulate, write_market
from data.market.handbook import handbook
from data.market.mechanisms import MECHANISMS, without
from schemas.command_line import OneLineParser, run_command
from schemas.errors import InputInvalid


def main(arguments: Sequence[str]) -> None:
    options = _parser().parse_args(arguments)
    COMMANDS[options.command](options)


def _generate(options: argparse.Namespace) -> None:
    check_replaceable(options.out)
    parameters = market_parameters(
        seed=options.seed,
        events=options.events,
        skus=options.skus,
        retailers=options.retailers,
        days=options.days,
    )
    market = simulate(without(parameters, options.without), show_progress=True)
    _print_written(write_market(market, options.out), options.out)


def _complete_journey(options: argparse.Namespace) -> None:
    check_replaceable(options.out)
    if options.weeks < 1 or options.skus < 1:
        raise InputInvalid(f"--weeks {options.weeks!r} and --skus {options.skus!r} must be 1 or more")
    files = write_complete_journey(options.out, options.manufacturer, options.weeks, options.skus)
    print(CAVEAT)
    print("no ad spend, clicks, margin, stock or causal truth in these tables: see `notes` in market.json")
    _print_written(files, options.out)


def _profile(options: argparse.Namespace) -> None:
    profile = market_profile(options.market)
    if profile.hint is not None:
        print(profile.hint, file=sys.stderr)
    print(as_markdown(profile))
    if options.out is not None:
        for path in write_report(profile, options.out):
            print(path)


def _describe(options: argparse.Namespace) -> None:
    print(handbook(), end="")


COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "generate": _generate,
    "complete-journey": _complete_journey,
    "profile": _profile,
    "describe": _describe,
}


def _print_written(files: Sequence[Path], out: Path) -> None:
    for path in files:
        print(f"{path.stat().st_size / 1024:9,.0f} KiB  {os.path.relpath(path, out)}")
    print(out)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(prog="python -m data", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    default = MarketParameters()
    generate = commands.add_parser("generate", help="simulate a market with known causal truth")
    generate.add_argument("--out", type=Path, required=True, help="directory to write; an older market is replaced")
    generate.add_argument("--seed", type=int, default=default.seed)
    generate.add_argument("--events", type=int, default=default.events, help="rows of the event log (%(default)s)")
    generate.add_argument("--skus", type=int, default=default.skus, help="of both brands together (%(default)s)")
    generate.add_argument("--retailers", type=int, default=default.retailers, help="(%(default)s)")
    generate.add_argument("--days", type=int, default=default.days, help="of history (%(default)s)")
    generate.add_argument(
        "--without",
        nargs="+",
        default=[],
        metavar="MECHANISM",
        help=f"switch off: {', '.join(mechanism.name for mechanism in MECHANISMS)}",
    )
    journey = commands.add_parser("complete-journey", help="a market directory from the Complete Journey tables")
    journey.add_argument("--out", type=Path, required=True, help="directory to write; an older market is replaced")
    journey.add_argument("--manufacturer", type=int, help="manufacturer_id (default: the one with most sales)")
    journey.add_argument("--weeks", type=int, default=13, help="last complete weeks (%(default)s)")
    journey.add_argument("--skus", type=int, default=100, help="best-selling SKUs (%(default)s)")
    profile = commands.add_parser("profile", help="sizes, prices and promotions beside the Complete Journey tables'")
    profile.add_argument("--market", type=Path, help="directory of a simulated market (default: five default markets)")
    profile.add_argument("--out", type=Path, help="also write OUT.json and OUT.md")
    commands.add_parser("describe", help="the generating process and its parameters, as Markdown")
    return parser


if __name__ == "__main__":
    run_command(main)
