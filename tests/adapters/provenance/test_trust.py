"""Each way in which an adapter is not what its owner signed, refused with its own message, as servers refuse it."""

import base64
import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters.adapter_folder import CARD_FILE, SIGNATURE_FILE
from adapters.digest import CONFIG_FILE, WEIGHTS_FILE, adapter_file_sha256s, digest_of, file_sha256
from adapters.manager import AdapterManager
from adapters.provenance import signature
from adapters.provenance.keys import PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, read_public_key
from adapters.provenance.signing import sign_adapter
from adapters.provenance.trust import TRUST_FILE
from adapters.store import CompositionStore
from schemas.adapters import SignatureState
from schemas.errors import AdapterMismatch
from tests.adapters.provenance.conftest import OWNER, WriteTrust
from tests.tiny import BRAND_X, BRAND_Y, INDUSTRY, TINY_BASE_MODEL, make_random_adapter, register

Change = Callable[[Path], None]


@pytest.fixture
def signed(root: Path, private_key: Path, write_trust: WriteTrust) -> Path:
    """Every adapter signed by its owner, on a machine that allows nothing else."""
    for adapter_id in (INDUSTRY, BRAND_X, BRAND_Y):
        sign_adapter(root / adapter_id, private_key)
    write_trust()
    return root


def states(root: Path) -> Mapping[str, SignatureState]:
    return {adapter_id: found.state for adapter_id, found in AdapterManager(root).signatures().items()}


def test_what_the_owner_signed_is_offered(signed: Path, keys: dict[str, Path]) -> None:
    found = AdapterManager(signed).signatures()[BRAND_X]

    assert states(signed) == dict.fromkeys((INDUSTRY, BRAND_X, BRAND_Y), SignatureState.SIGNED)
    assert found.owner == OWNER
    assert found.key_sha256 == read_public_key(keys[OWNER] / PUBLIC_KEY_FILE).sha256


def edit_card(**changes: object) -> Change:
    def change(folder: Path) -> None:
        card = json.loads((folder / CARD_FILE).read_text())
        (folder / CARD_FILE).write_text(json.dumps(card | changes))

    return change


def swap_the_weights_and_their_digests(folder: Path) -> None:
    """The forgery that the card's own digests cannot see."""
    weights_dir = folder / TINY_BASE_MODEL
    content = bytearray((weights_dir / WEIGHTS_FILE).read_bytes())
    content[-1] ^= 1
    (weights_dir / WEIGHTS_FILE).write_bytes(content)
    card = json.loads((folder / CARD_FILE).read_text())
    files = adapter_file_sha256s(weights_dir)
    card["weights"][0] |= {"files": files, "sha256": digest_of(files)}
    (folder / CARD_FILE).write_text(json.dumps(card))


def flip_a_byte(folder: Path) -> None:
    file = folder / TINY_BASE_MODEL / WEIGHTS_FILE
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def link_the_config(folder: Path) -> None:
    file = folder / TINY_BASE_MODEL / CONFIG_FILE
    file.symlink_to(file.rename(folder.parent / "elsewhere.json"))


def edit_bundle(edit: Callable[[dict[str, Any]], None]) -> Change:
    def change(folder: Path) -> None:
        bundle = json.loads((folder / SIGNATURE_FILE).read_text())
        edit(bundle)
        (folder / SIGNATURE_FILE).write_text(json.dumps(bundle))

    return change


def edit_statement(edit: Callable[[dict[str, Any]], None]) -> Change:
    def change(bundle: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        edit(statement)
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()

    return edit_bundle(change)


def corrupt_the_signature(bundle: dict[str, Any]) -> None:
    made = bytearray(base64.b64decode(bundle["dsseEnvelope"]["signatures"][0]["sig"]))
    made[-1] ^= 1
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(made).decode()


def take_the_signature_of_another(folder: Path) -> None:
    (folder / SIGNATURE_FILE).write_bytes((folder.parent / BRAND_Y / SIGNATURE_FILE).read_bytes())


FORGERIES: dict[str, tuple[Change, str]] = {
    "changed byte": (flip_a_byte, f"'{WEIGHTS_FILE}' of adapter '{BRAND_X}' was altered"),
    "changed byte, card to match": (swap_the_weights_and_their_digests, "was altered after it was signed"),
    "wider audience": (edit_card(audience=["*", "all"]), f"'{CARD_FILE}' .* was altered after it was signed"),
    "other owner": (edit_card(owner="somebody else"), "belongs to 'somebody else' and is signed with a key of 'tests'"),
    "extra file": (lambda folder: (folder / "notes.txt").touch(), r"'notes\.txt' .* not covered by its signature"),
    "hidden extra file": (lambda folder: (folder / ".gitignore").touch(), "'.gitignore' .* not covered"),
    "pickled weights": (lambda folder: (folder / "adapter_model.bin").touch(), r"adapter_model\.bin.*pickled"),
    "linked file": (link_the_config, "symbolic link"),
    "linked signature": (
        lambda folder: (folder / SIGNATURE_FILE).symlink_to(
            (folder / SIGNATURE_FILE).rename(folder.parent / "elsewhere.sig")
        ),
        f"'{SIGNATURE_FILE}' .* symbolic link",
    ),
    "no signature": (lambda folder: (folder / SIGNATURE_FILE).unlink(), "is not signed, and only signed ones"),
    "signature of another adapter": (take_the_signature_of_another, "altered after it was signed"),
    "wrong signature": (edit_bundle(corrupt_the_signature), "is wrong: it was not made with key"),
    "other list of files": (edit_statement(lambda statement: statement.update(extra=1)), "is wrong: it was not made"),
    "list without its digest": (
        edit_statement(lambda statement: statement["predicate"]["resources"].pop()),
        "do not make the digest it gives",
    ),
    "not a bundle": (edit_bundle(dict.clear), "no Model Signing bundle"),
    "expired": (edit_card(expires_on="2026-01-01"), f"'{BRAND_X}' expired on 2026-01-01"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_the_owner_did_not_sign_is_refused_and_hides_no_other(
    forgery: str, signed: Path, private_key: Path
) -> None:
    change, reason = FORGERIES[forgery]
    change(signed / BRAND_X)
    if forgery == "expired":  # its owner may well sign such a card
        sign_adapter(signed / BRAND_X, private_key)

    manager = AdapterManager(signed, today=lambda: date(2026, 6, 1))

    assert [card.adapter_id for card in manager.cards()] == [INDUSTRY, BRAND_Y]
    with pytest.raises(AdapterMismatch, match=reason):
        manager.card_for(BRAND_X)
    with pytest.raises(AdapterMismatch, match=reason):
        CompositionStore(manager, signed.parent / "store").compose(f"{INDUSTRY}+{BRAND_X}")


@pytest.mark.parametrize("allow_unsigned", [False, True])
def test_a_signature_by_an_unknown_key_is_refused_whatever_is_allowed(
    signed: Path, keys: dict[str, Path], write_trust: WriteTrust, allow_unsigned: bool
) -> None:
    write_trust(allow_unsigned)
    stranger = sign_adapter(signed / BRAND_X, keys["a stranger"] / PRIVATE_KEY_FILE)

    with pytest.raises(AdapterMismatch, match=f"signed with key {stranger.sha256[:12]}, which is unknown here"):
        AdapterManager(signed).card_for(BRAND_X)


def test_an_owner_signs_for_nobody_else(signed: Path, keys: dict[str, Path]) -> None:
    sign_adapter(signed / BRAND_X, keys["somebody else"] / PRIVATE_KEY_FILE)

    with pytest.raises(AdapterMismatch, match="belongs to 'tests' and is signed with a key of 'somebody else'"):
        AdapterManager(signed).card_for(BRAND_X)


def test_a_child_goes_with_a_parent_whose_signature_is_refused(signed: Path) -> None:
    (signed / INDUSTRY / SIGNATURE_FILE).unlink()

    assert AdapterManager(signed).cards() == ()


def test_the_key_of_an_owner_is_taken_back_without_a_restart(signed: Path, write_trust: WriteTrust) -> None:
    manager = AdapterManager(signed)
    assert len(manager.cards()) == 3

    write_trust(owners=("somebody else",))

    assert manager.cards() == ()
    with pytest.raises(AdapterMismatch, match="'tests' has no key here"):
        manager.card_for(BRAND_X)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("allow_unsigned = ", "cannot be read"),
        ("allow_unsined = true", "allow_unsined: Extra inputs"),
        ("[owners.tests]\npublic_keys = ['x']", "a key of tests' is no public key"),
    ],
)
def test_a_trust_file_that_is_wrong_trusts_nobody_and_says_why(signed: Path, content: str, reason: str) -> None:
    (signed / TRUST_FILE).write_text(content)

    manager = AdapterManager(signed)

    assert manager.cards() == ()
    assert [problem.adapter_id for problem in manager.problems()] == [INDUSTRY, BRAND_X, BRAND_Y]
    with pytest.raises(AdapterMismatch, match=reason):
        manager.card_for(INDUSTRY)


def test_the_example_of_a_trust_file_is_one(root: Path, write_trust: WriteTrust) -> None:
    example = Path(__file__).resolve().parents[3] / "adapters" / "trust.example.toml"
    (root / TRUST_FILE).write_bytes(example.read_bytes())

    with pytest.raises(AdapterMismatch, match="is not signed, and only signed ones are allowed here"):
        AdapterManager(root).card_for(INDUSTRY)


def test_without_a_trust_file_signatures_still_have_to_fit(root: Path, private_key: Path) -> None:
    sign_adapter(root / BRAND_X, private_key)
    sign_adapter(root / BRAND_Y, private_key)
    swap_the_weights_and_their_digests(root / BRAND_Y)

    assert states(root) == {INDUSTRY: SignatureState.UNSIGNED, BRAND_X: SignatureState.UNVERIFIED}
    with pytest.raises(AdapterMismatch, match="altered after it was signed"):
        AdapterManager(root).card_for(BRAND_Y)


def test_composing_unsigned_adapters_warns_once(
    root: Path, write_trust: WriteTrust, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_trust(allow_unsigned=True)
    store = CompositionStore(AdapterManager(root), tmp_path / "store")

    with caplog.at_level(logging.WARNING, "adapters.store"):
        store.compose(f"{INDUSTRY}+{BRAND_X}")
        store.compose(f"{INDUSTRY}+{BRAND_Y}")

    assert [record.getMessage() for record in caplog.records] == [
        f"composing adapters whose owner is not proven: adapters={INDUSTRY},{BRAND_X}; "
        "`python -m adapters verify` shows all"
    ]


def test_composing_signed_adapters_warns_of_nothing(
    signed: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        CompositionStore(AdapterManager(signed), tmp_path / "store").compose(f"{INDUSTRY}+{BRAND_X}")

    assert caplog.records == []


def test_a_retrained_adapter_loses_its_signature_rather_than_keep_a_wrong_one(
    signed: Path, tiny_base: Path, base_sha256: str, tmp_path: Path
) -> None:
    register(signed, INDUSTRY, make_random_adapter(tmp_path / "w", tiny_base, seed=77, r=4), base_sha256)

    assert not (signed / INDUSTRY / SIGNATURE_FILE).exists()
    with pytest.raises(AdapterMismatch, match="is not signed"):
        AdapterManager(signed).card_for(INDUSTRY)


def test_signatures_are_verified_again_only_when_a_file_changed(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Path] = []

    def counted(file: Path) -> str:
        hashed.append(file)
        return file_sha256(file)

    monkeypatch.setattr(signature, "file_sha256", counted)
    manager = AdapterManager(signed)

    for _ in range(3):
        manager.signatures()
    once = len(hashed)
    os.utime(signed / BRAND_X / CARD_FILE)
    manager.signatures()

    assert once == 9  # three files of three adapters
    assert len(hashed) == 2 * once
