"""EC P-256 keys: a pair on disk for the owner, the public half in memory for whoever verifies."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from schemas.errors import DataMissing, InputInvalid

PRIVATE_KEY_FILE = "private.pem"
PUBLIC_KEY_FILE = "public.pem"


@dataclass(frozen=True)
class PublicKey:
    """`sha256` is of the key's PEM text, which is how a signature names the key it was made with."""

    key: ec.EllipticCurvePublicKey
    sha256: str

    def verifies(self, signature: bytes, signed: bytes) -> bool:
        try:
            self.key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def write_key_pair(folder: Path) -> tuple[Path, Path]:
    """A new private and public key; the private file is readable by its owner alone.

    Raises InputInvalid rather than replace a key: what it signed could never be signed again.
    """
    files = folder / PRIVATE_KEY_FILE, folder / PUBLIC_KEY_FILE
    for file in files:
        if file.exists():
            raise InputInvalid(f"{str(file)!r} exists and is not replaced; name another folder with --out")
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(files[0], key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
        _write_new(files[1], key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), mode=0o644)
    except OSError as error:
        raise InputInvalid(f"cannot write keys to {str(folder)!r}: {error.strerror}; name another folder") from error
    return files


def read_public_key(file: Path) -> PublicKey:
    """Raises DataMissing, or InputInvalid for anything but a P-256 public key in PEM."""
    return parsed_public_key(_read(file), str(file))


def parsed_public_key(pem: bytes, where: str) -> PublicKey:
    """`where` names the key's place in the error."""
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise InputInvalid(f"{where!r} is no public key in PEM; give the {PUBLIC_KEY_FILE!r} of a key pair") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputInvalid(f"{where!r} is no P-256 key; make one with `python -m adapters keys --out DIR`")
    return _public(key)


def public_half(private_key_file: Path) -> PublicKey:
    """Raises DataMissing, or InputInvalid for anything but an unencrypted P-256 private key in PEM."""
    try:
        key = load_pem_private_key(_read(private_key_file), password=None)
    except (ValueError, TypeError) as error:  # TypeError: it has a password
        raise InputInvalid(
            f"{str(private_key_file)!r} is no private key in PEM without a password; "
            "make one with `python -m adapters keys --out DIR`"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputInvalid(f"{str(private_key_file)!r} is no P-256 key; make one with `python -m adapters keys`")
    return _public(key.public_key())


def _public(key: ec.EllipticCurvePublicKey) -> PublicKey:
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(key, hashlib.sha256(pem).hexdigest())


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataMissing(
            f"no key at {str(file)!r}: {error.strerror}; make a pair with `python -m adapters keys --out DIR`"
        ) from error


def _write_new(file: Path, content: bytes, mode: int) -> None:
    """The mode is set as the file is made, so that no moment leaves a private key readable."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as opened:
        opened.write(content)
