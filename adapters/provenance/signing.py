"""Signs an adapter's folder with OpenSSF Model Signing and the owner's key: offline, with no transparency log."""

import tempfile
from pathlib import Path

from adapters.adapter_folder import SIGNATURE_FILE, read_card
from adapters.provenance.keys import PublicKey, public_half
from adapters.provenance.signature import read_signature, require_signed_by, require_signed_files
from schemas.errors import DataMissing


def sign_adapter(folder: Path, private_key: Path) -> PublicKey:
    """Write or replace the folder's signature, and return the public half of the key that made it.

    Raises AdapterMismatch when the adapter is not what its card says: a signature would vouch for it.
    """
    card = read_card(folder)
    public = public_half(private_key)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".signing-") as unfinished:
        signature = Path(unfinished, SIGNATURE_FILE)
        _sign(folder, private_key, signature)
        signature.replace(folder / SIGNATURE_FILE)
    written = read_signature(folder)
    assert written is not None
    require_signed_by(written, {card.owner: (public,)}, card)
    require_signed_files(folder, written, card)
    return public


def _sign(folder: Path, private_key: Path, signature: Path) -> None:
    try:
        from model_signing import hashing, signing
    except ModuleNotFoundError as error:
        raise DataMissing(
            f"signing needs the package of {error.name!r}: pip install -e '.[signing]' -c constraints.txt"
        ) from error
    # Model Signing leaves out git's own files unless told otherwise, and so does its verifier; ours covers them all.
    covered = hashing.Config()  # type: ignore[no-untyped-call]  # the library leaves it untyped
    covered.set_ignored_paths(paths=[folder / SIGNATURE_FILE], ignore_git_paths=False)
    signer = signing.Config()  # type: ignore[no-untyped-call]
    signer.use_elliptic_key_signer(private_key=private_key).set_hashing_config(covered).sign(folder, signature)
