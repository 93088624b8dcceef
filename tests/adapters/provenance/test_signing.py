"""Our verification and the library's agree, in both directions."""

from collections.abc import Callable
from pathlib import Path

import pytest
from model_signing import signing, verifying

from adapters.adapter_folder import CARD_FILE, SIGNATURE_FILE
from adapters.digest import WEIGHTS_FILE
from adapters.manager import AdapterManager
from adapters.provenance.keys import PUBLIC_KEY_FILE
from adapters.provenance.signing import sign_adapter
from schemas.adapters import SignatureState
from schemas.errors import AdapterMismatch
from tests.adapters.provenance.conftest import OWNER, WriteTrust
from tests.tiny import BRAND_X, TINY_BASE_MODEL


def library_verifies(folder: Path, public_key: Path) -> bool:
    config = verifying.Config().use_elliptic_key_verifier(public_key=public_key)
    try:
        config.verify(folder, folder / SIGNATURE_FILE)
    except ValueError:
        return False
    return True


def append(file: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / file).open("ab") as opened:
            opened.write(b" ")

    return change


def test_the_library_verifies_what_we_sign(root: Path, keys: dict[str, Path], private_key: Path) -> None:
    sign_adapter(root / BRAND_X, private_key)

    assert library_verifies(root / BRAND_X, keys[OWNER] / PUBLIC_KEY_FILE)
    assert not library_verifies(root / BRAND_X, keys["a stranger"] / PUBLIC_KEY_FILE)


@pytest.mark.parametrize(
    "change",
    [append(CARD_FILE), append(f"{TINY_BASE_MODEL}/{WEIGHTS_FILE}"), append("extra.txt")],
    ids=["card", "weights", "extra file"],
)
def test_both_refuse_the_same_changes(
    root: Path, keys: dict[str, Path], private_key: Path, write_trust: WriteTrust, change: Callable[[Path], None]
) -> None:
    sign_adapter(root / BRAND_X, private_key)
    write_trust(allow_unsigned=True)

    change(root / BRAND_X)

    assert not library_verifies(root / BRAND_X, keys[OWNER] / PUBLIC_KEY_FILE)
    with pytest.raises(AdapterMismatch):
        AdapterManager(root).card_for(BRAND_X)


def test_we_verify_what_the_library_signs_by_its_defaults(
    root: Path, private_key: Path, write_trust: WriteTrust
) -> None:
    folder = root / BRAND_X
    signing.Config().use_elliptic_key_signer(private_key=private_key).sign(folder, folder / SIGNATURE_FILE)
    write_trust(allow_unsigned=True)

    assert AdapterManager(root).signatures()[BRAND_X].state is SignatureState.SIGNED


def test_an_adapter_is_signed_again_in_place(root: Path, keys: dict[str, Path], private_key: Path) -> None:
    first = sign_adapter(root / BRAND_X, keys["a stranger"] / "private.pem")
    second = sign_adapter(root / BRAND_X, private_key)

    assert first.sha256 != second.sha256
    assert library_verifies(root / BRAND_X, keys[OWNER] / PUBLIC_KEY_FILE)


def test_a_broken_adapter_is_not_signed(root: Path, private_key: Path) -> None:
    append(f"{TINY_BASE_MODEL}/{WEIGHTS_FILE}")(root / BRAND_X)

    with pytest.raises(AdapterMismatch, match="was altered"):
        sign_adapter(root / BRAND_X, private_key)

    assert not (root / BRAND_X / SIGNATURE_FILE).exists()
