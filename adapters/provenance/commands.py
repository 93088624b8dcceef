"""`python -m adapters keys|sign|verify|bom`."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from adapters.lora_tensors import read_lora
from adapters.manager import AdapterManager, AdapterProblem
from adapters.names import NamePart
from adapters.provenance.completeness import gaps
from adapters.provenance.keys import read_public_key, write_key_pair
from adapters.provenance.ml_bom import write_bom
from adapters.provenance.signing import sign_adapter
from adapters.provenance.trust import Trust
from schemas.adapters import AdapterCard, AdapterSignature, SignatureState
from schemas.command_line import OneLineParser
from schemas.errors import AdapterError, DataMissing

KEY_DIGITS = 12
TRAIN_THEM = "train them with `python -m adapters.training all`"


def keys(options: argparse.Namespace) -> int:
    private, public = write_key_pair(options.out)
    print(f"{private}  keep it: it signs, and nobody else should read it")
    print(f"{public}  hand it out: it verifies; key {read_public_key(public).sha256[:KEY_DIGITS]}")
    return 0


def sign(manager: AdapterManager, options: argparse.Namespace) -> int:
    NamePart(options.adapter)  # no path: an adapter is signed where the catalogue finds it
    folder = manager.root / options.adapter
    if not folder.is_dir():
        manager.card_for(options.adapter)  # raises, and says which there are
    made_with = sign_adapter(folder, options.key)
    print(f"{options.adapter}: signed with key {made_with.sha256[:KEY_DIGITS]}")
    return 0


def bom(manager: AdapterManager, options: argparse.Namespace) -> int:
    print(write_bom(manager, options.adapter, options.out))
    return 0


def verify(manager: AdapterManager, options: argparse.Namespace) -> int:
    """Cards, digests, lineage and signatures by the manager, as servers have them; here also every tensor."""
    if options.key is not None:  # it stands in for trust.toml, and parents may be signed with their owner's key
        manager = AdapterManager(manager.root, trust=Trust())
    cards, refused = _chosen(manager, options.adapter)
    signatures = dict(manager.signatures())
    problems = [*refused, *(problem for card in cards for problem in _tensor_problems(manager, card))]
    if options.key is not None:
        only = Trust(allow_unsigned=False, keys={}, any_owner=(read_public_key(options.key),))
        for card in cards:
            try:
                signatures[card.adapter_id] = only.signature_of(manager.root / card.adapter_id, card)
            except AdapterError as error:
                problems.append(AdapterProblem(card.adapter_id, str(error)))
    if options.strict:
        lacking = ((card, gap) for card in cards for gap in gaps(card, signatures[card.adapter_id]))
        problems += [AdapterProblem(card.adapter_id, gap) for card, gap in lacking]
    for problem in problems:
        print(f"{problem.adapter_id}: {problem.reason}", file=sys.stderr)
    broken = {problem.adapter_id for problem in problems}
    for card in cards:
        if card.adapter_id not in broken:
            print(f"{card.adapter_id}: {in_words(signatures[card.adapter_id])}")
    total = len(broken | {card.adapter_id for card in cards})
    print(f"{total - len(broken)} of {total} adapters verified")
    return 1 if problems else 0


def _chosen(manager: AdapterManager, adapter_id: str | None) -> tuple[list[AdapterCard], list[AdapterProblem]]:
    """The usable and the refused adapters, or the one of them that was asked for."""
    cards = [card for card in manager.cards() if adapter_id in (None, card.adapter_id)]
    refused = [problem for problem in manager.problems() if adapter_id in (None, problem.adapter_id)]
    if not cards and not refused:
        if adapter_id is not None:
            manager.card_for(adapter_id)  # raises, and says which there are
        raise DataMissing(f"nothing to verify: no adapters in {str(manager.root)!r}; {TRAIN_THEM}")
    return cards, refused


def in_words(signature: AdapterSignature) -> str:
    if signature.key_sha256 is None:
        return "unsigned"
    key = signature.key_sha256[:KEY_DIGITS]
    if signature.state is SignatureState.UNVERIFIED:
        return f"signed with key {key}, whose owner nobody has named here"
    return f"signed by {signature.owner} with key {key}"


def _tensor_problems(manager: AdapterManager, card: AdapterCard) -> Iterator[AdapterProblem]:
    for weights in card.weights:
        try:
            read_lora(manager.folder_for(card.adapter_id, weights), card.adapter_id, weights.files)
        except AdapterError as error:
            yield AdapterProblem(card.adapter_id, str(error))


def add_parsers(commands: "argparse._SubParsersAction[OneLineParser]", shared: OneLineParser) -> None:
    making = commands.add_parser("keys", help="make a P-256 key pair to sign with")
    making.add_argument("--out", type=Path, required=True, metavar="DIR")
    signing = commands.add_parser("sign", parents=[shared], help="sign one adapter's folder with its owner's key")
    signing.add_argument("--adapter", required=True, metavar="ID")
    signing.add_argument("--key", type=Path, required=True, metavar="private.pem")
    verifying = commands.add_parser(
        "verify", parents=[shared], help="check every card, file, tensor, lineage and signature"
    )
    verifying.add_argument("--adapter", metavar="ID", help="only this one")
    verifying.add_argument(
        "--key", type=Path, metavar="public.pem", help="the one key that must have signed (default: trust.toml's)"
    )
    verifying.add_argument(
        "--strict", action="store_true", help="also ask for signature, evaluation, privacy audit and tokenizer digests"
    )
    listing = commands.add_parser("bom", parents=[shared], help="write a CycloneDX bill of materials (ML-BOM)")
    listing.add_argument("--adapter", metavar="ID", help="one adapter and what it stands on (default: all)")
    listing.add_argument("--out", type=Path, required=True, metavar="FILE")
