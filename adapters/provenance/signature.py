"""Is every file of an adapter's folder what its signature says, and whose key made it? Needs no network.

Only `cryptography` is needed, so that every server can verify; `signing` makes the same signatures with the library.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from adapters.adapter_folder import SIGNATURE_FILE, entries
from adapters.digest import file_sha256
from adapters.provenance.bundle import SignedManifest, parsed_bundle
from adapters.provenance.keys import PublicKey
from schemas.adapters import AdapterCard
from schemas.errors import AdapterMismatch


def read_signature(folder: Path) -> SignedManifest | None:
    """What a folder's signature claims, not yet verified; None without one."""
    file = folder / SIGNATURE_FILE
    return parsed_bundle(file.read_bytes(), folder.name) if file.is_file() else None


def require_signed_by(manifest: SignedManifest, keys: Mapping[str, Iterable[PublicKey]], card: AdapterCard) -> None:
    """`keys` is owner -> keys. Raises AdapterMismatch unless one of the card's owner's keys made the signature."""
    adapter_id, named = card.adapter_id, manifest.key_sha256[:12]
    makers = [owner for owner in keys if any(key.verifies(manifest.signature, manifest.signed) for key in keys[owner])]
    if card.owner in makers:
        return
    if makers:
        raise AdapterMismatch(
            f"adapter {adapter_id!r} belongs to {card.owner!r} and is signed with a key of {makers[0]!r}; "
            f"{card.owner!r} has to sign it"
        )
    if any(key.sha256 == manifest.key_sha256 for own in keys.values() for key in own):
        raise AdapterMismatch(
            f"the signature of adapter {adapter_id!r} is wrong: it was not made with key {named}, which it names; "
            f"get the adapter from {card.owner!r} again"
        )
    raise AdapterMismatch(
        f"adapter {adapter_id!r} is signed with key {named}, which is unknown here; {card.owner!r} has "
        f"{_listed(keys.get(card.owner, ()))}. Ask {card.owner!r} which key is theirs"
    )


def require_signed_files(folder: Path, manifest: SignedManifest, card: AdapterCard) -> None:
    """Raises AdapterMismatch naming the first file that is altered, missing, or not signed at all."""
    found = {name: file_sha256(file) for name, file in _files(folder).items()}
    for name in sorted(manifest.files.keys() | found.keys()):
        if name not in manifest.files:
            raise AdapterMismatch(
                f"{name!r} in adapter {card.adapter_id!r} is not covered by its signature; remove it or sign again"
            )
        if name not in found:
            raise AdapterMismatch(f"{name!r} of adapter {card.adapter_id!r} was signed and is missing; restore it")
        if found[name] != manifest.files[name]:
            raise AdapterMismatch(
                f"{name!r} of adapter {card.adapter_id!r} was altered after it was signed: its sha256 is "
                f"{found[name][:12]}, the signature says {manifest.files[name][:12]}; restore it or sign again"
            )
    _require_listed_weights(manifest, card)


def _require_listed_weights(manifest: SignedManifest, card: AdapterCard) -> None:
    """The card was read before the files were compared: composition goes by its digests, so these must be signed."""
    for weights in card.weights:
        for name, sha256 in weights.files.items():
            if manifest.files.get(f"{weights.base_slug}/{name}") != sha256:
                raise AdapterMismatch(f"the card of {card.adapter_id!r} changed while it was verified; try again")


def _files(folder: Path) -> dict[str, Path]:
    """Everything but folders and the signature itself, by path in the folder; links were refused before."""
    files = {path.relative_to(folder).as_posix(): path for path in entries(folder) if not path.is_dir()}
    files.pop(SIGNATURE_FILE, None)
    return files


def _listed(keys: Iterable[PublicKey]) -> str:
    return ", ".join(key.sha256[:12] for key in keys) or "no key here"
