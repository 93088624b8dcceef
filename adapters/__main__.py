"""`python -m adapters list|show|compose|recompress|keys|sign|verify|bom`."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from adapters.compose import WeightsDtype
from adapters.digest import base_digest
from adapters.manager import PACKAGE_ROOT, AdapterManager
from adapters.names import PINNED_DIGITS, NamePart, parse_name
from adapters.provenance import commands as provenance
from adapters.recompress import recompress as recompressed
from adapters.store import DEFAULT_STORE, CompositionStore
from schemas.command_line import OneLineParser, run_command
from schemas.errors import DataMissing, InputInvalid

TRAIN_THEM = "train them with `python -m adapters.training all`"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "keys":
        return provenance.keys(options)
    if not options.root.is_dir():
        raise DataMissing(f"no adapters folder at {str(options.root)!r}; name an existing one with --root")
    manager = AdapterManager(options.root)
    commands = {
        "list": list_adapters,
        "show": show,
        "compose": compose,
        "recompress": recompress,
        "sign": provenance.sign,
        "verify": provenance.verify,
        "bom": provenance.bom,
    }
    return commands[options.command](manager, options)


def list_adapters(manager: AdapterManager, _: Namespace) -> int:
    signatures = manager.signatures()
    for card in manager.cards():
        for weights in card.weights:
            parent = f" on {weights.parent.adapter_id}" if weights.parent else ""
            print(
                f"{card.adapter_id}@{weights.sha256[:PINNED_DIGITS]}  {card.adapter_type.value}  {card.version}  "
                f"{weights.base_model}  {weights.strategy.value}{parent}  "
                f"{provenance.in_words(signatures[card.adapter_id])}  {card.name}"
            )
    for problem in manager.problems():
        print(f"not offered: {problem.adapter_id}: {problem.reason}", file=sys.stderr)
    if not manager.cards() and not manager.problems():
        print(f"no adapters in {manager.root}; {TRAIN_THEM}", file=sys.stderr)
    return 0


def show(manager: AdapterManager, options: Namespace) -> int:
    print(manager.card_for(options.adapter_id).model_dump_json(indent=2))
    return 0


def compose(manager: AdapterManager, options: Namespace) -> int:
    if (options.name is None) != options.all:
        raise InputInvalid("name one composition, or give --all for every one that the base can serve")
    if options.all and options.base is None:
        raise InputInvalid("--all needs --base MODEL_DIR: which compositions there are depends on the base")
    base_sha256 = None if options.base is None else base_digest(options.base)
    store = CompositionStore(manager, options.store, base_sha256=base_sha256, dtype=WeightsDtype(options.dtype))
    if base_sha256 is not None and options.all:
        names = manager.compositions(base_sha256)
        for name in tqdm(names, desc="composing", delay=2, disable=None):
            print(f"{name}={store.compose(name).path}")
        return 0
    composed = store.compose(options.name)
    print(f"{composed.canonical_name}  rank {composed.rank}  sha256 {composed.sha256}")
    print(composed.path)
    return 0


def recompress(manager: AdapterManager, options: Namespace) -> int:
    base_sha256 = None if options.base is None else base_digest(options.base)
    folder = options.out or manager.root / NamePart(options.adapter_id).adapter_id  # no path leads out of the root
    made = recompressed(manager, parse_name(options.name), options.rank, folder, base_sha256)
    cut = made.low_rank
    print(
        f"{made.card.adapter_id}@{made.card.weights[0].sha256[:PINNED_DIGITS]}  rank {cut.composition.rank}  "
        f"keeps {cut.retained_energy:.4%} of the energy, of the worst layer's {cut.worst_layer_retained_energy:.4%} "
        f"({cut.worst_layer})"
    )
    print(made.folder.resolve())
    return 0


def _parser() -> OneLineParser:
    shared = OneLineParser(add_help=False)
    shared.add_argument("--root", type=Path, default=PACKAGE_ROOT, help="the adapters folder (default: the package's)")
    parser = OneLineParser(
        prog="python -m adapters", description="The adapters on this disk, and what they compose to."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", parents=[shared], help="every adapter, its digest, base and strategy")
    one = commands.add_parser("show", parents=[shared], help="one adapter's card")
    one.add_argument("adapter_id", metavar="ID")
    composing = commands.add_parser("compose", parents=[shared], help="write a composition; prints its folder last")
    composing.add_argument(
        "name", metavar="NAME", nargs="?", help="for example industry_retail_media+manufacturer_brand_x"
    )
    composing.add_argument("--all", action="store_true", help="every one; prints NAME=FOLDER as vLLM's --lora-modules")
    composing.add_argument("--base", type=Path, metavar="MODEL_DIR", help="the base model (default: the adapters' own)")
    composing.add_argument("--store", type=Path, default=DEFAULT_STORE, metavar="DIR", help="default: %(default)s")
    composing.add_argument(
        "--dtype", choices=[dtype.value for dtype in WeightsDtype], default=WeightsDtype.FLOAT32.value
    )
    cutting = commands.add_parser(
        "recompress", parents=[shared], help="write a composition at a lower rank, inexactly, as an adapter of its own"
    )
    cutting.add_argument("name", metavar="NAME", help="the composition, as for compose")
    cutting.add_argument("--rank", type=int, required=True, metavar="R", help="below the composition's own")
    target = cutting.add_mutually_exclusive_group(required=True)
    target.add_argument("--as", dest="adapter_id", metavar="ID", help="a new adapter in the adapters folder")
    target.add_argument("--out", type=Path, metavar="DIR", help="a new adapter folder elsewhere; its name is the id")
    cutting.add_argument("--base", type=Path, metavar="MODEL_DIR", help="the base model (default: the adapters' own)")
    provenance.add_parsers(commands, shared)
    return parser


if __name__ == "__main__":
    run_command(main)
