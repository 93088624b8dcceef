import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from adapters.provenance.keys import public_half, read_public_key, write_key_pair
from schemas.errors import DataMissing, InputInvalid


def test_a_private_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    private, public = write_key_pair(tmp_path / "keys")

    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert public_half(private).sha256 == read_public_key(public).sha256


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    private, _ = write_key_pair(tmp_path)
    before = private.read_bytes()

    with pytest.raises(InputInvalid, match=r"private\.pem.*not replaced"):
        write_key_pair(tmp_path)

    assert private.read_bytes() == before


def test_a_missing_key_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="python -m adapters keys --out"):
        read_public_key(tmp_path / "public.pem")


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    private, _ = write_key_pair(tmp_path)

    with pytest.raises(InputInvalid, match="is no public key"):
        read_public_key(private)


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()], ids=["P-384", "Ed25519"]
)
def test_keys_of_another_kind_are_refused(tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    for read, file in ((public_half, private), (read_public_key, public)):
        with pytest.raises(InputInvalid, match=r"is no P-256 key"):
            read(file)


def test_a_private_key_with_a_password_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    file = tmp_path / "private.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))

    with pytest.raises(InputInvalid, match="without a password"):
        public_half(file)
