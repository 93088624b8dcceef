"""Whom this machine trusts: `trust.toml` in the adapters folder, with the public keys of each owner."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from adapters.provenance.keys import PublicKey, parsed_public_key
from adapters.provenance.signature import read_signature, require_signed_by, require_signed_files
from schemas.adapters import AdapterCard, AdapterSignature, SignatureState
from schemas.base import Frozen
from schemas.errors import AdapterMismatch, InputInvalid

TRUST_FILE = "trust.toml"
LIKE_THE_EXAMPLE = "write it like adapters/trust.example.toml"


@dataclass(frozen=True)
class Trust:
    """`keys` is owner -> public keys, or None where nobody has said yet whose keys are whose.

    In that case a signature still has to fit its files; who made it is left open. `any_owner` are keys that may sign
    for every owner.
    """

    allow_unsigned: bool = True
    keys: Mapping[str, tuple[PublicKey, ...]] | None = None
    any_owner: tuple[PublicKey, ...] = ()

    def signature_of(self, folder: Path, card: AdapterCard) -> AdapterSignature:
        """What the adapter's signature is worth here. Raises AdapterMismatch when the adapter is to be refused."""
        manifest = read_signature(folder)
        if manifest is None:
            if not self.allow_unsigned:
                raise AdapterMismatch(
                    f"adapter {card.adapter_id!r} is not signed, and only signed ones are allowed here; ask "
                    f"{card.owner!r} for a signed one ({TRUST_FILE} can allow unsigned ones)"
                )
            return AdapterSignature(state=SignatureState.UNSIGNED)
        if self.keys is None:
            require_signed_files(folder, manifest, card)
            return AdapterSignature(state=SignatureState.UNVERIFIED, key_sha256=manifest.key_sha256)
        own = (*self.keys.get(card.owner, ()), *self.any_owner)
        require_signed_by(manifest, {**self.keys, card.owner: own}, card)
        require_signed_files(folder, manifest, card)
        return AdapterSignature(state=SignatureState.SIGNED, owner=card.owner, key_sha256=manifest.key_sha256)


class _Owner(Frozen):
    public_keys: tuple[str, ...]


class _TrustFile(Frozen):
    """A file that does not say otherwise allows no unsigned adapter."""

    allow_unsigned: bool = False
    owners: dict[str, _Owner] = {}


def read_trust(root: Path) -> Trust:
    """The policy of an adapters folder; without a file every adapter is accepted that is not broken.

    Raises InputInvalid naming the entry that is wrong.
    """
    file = root / TRUST_FILE
    if not file.is_file():
        return Trust()
    try:
        written = _TrustFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputInvalid(f"{str(file)!r} cannot be read: {error}; {LIKE_THE_EXAMPLE}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InputInvalid(f"{str(file)!r}: {where}: {first['msg']}; {LIKE_THE_EXAMPLE}") from error
    keys = {
        owner: tuple(parsed_public_key(pem.encode(), f"{file}: a key of {owner}") for pem in entry.public_keys)
        for owner, entry in written.owners.items()
    }
    return Trust(written.allow_unsigned, keys)
