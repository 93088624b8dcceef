"""Reads `adapter.sig`: a Sigstore bundle around an in-toto statement, as OpenSSF Model Signing v1.0 writes it.

Reading takes nothing on trust: the statement counts once a key is found that verifies it (`signature`).
https://github.com/sigstore/model-transparency, and DSSE: https://github.com/secure-systems-lab/dsse
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from schemas.errors import AdapterMismatch

PAYLOAD_TYPE = "application/vnd.in-toto+json"

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class SignedManifest:
    """`files` is path in the folder -> sha256, as claimed; `signed` are the bytes that `signature` was made over.

    `key_sha256` is what the bundle says about its key: a hint for messages, not part of what is signed.
    """

    key_sha256: str
    signature: bytes
    signed: bytes
    files: Mapping[str, str]


class _Wire(BaseModel):
    """Fields that we do not read are ignored, as the format demands of verifiers."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class _KeyHint(_Wire):
    hint: Sha256


class _Material(_Wire):
    public_key: _KeyHint


class _DsseSignature(_Wire):
    sig: Base64Bytes


class _Envelope(_Wire):
    payload: Base64Bytes
    payload_type: Literal["application/vnd.in-toto+json"]
    signatures: tuple[_DsseSignature]


class _Bundle(_Wire):
    verification_material: _Material
    dsse_envelope: _Envelope


class _Digest(_Wire):
    sha256: Sha256


class _Subject(_Wire):
    digest: _Digest


class _Resource(_Wire):
    name: str
    algorithm: Literal["sha256"]
    digest: Sha256


class _Serialization(BaseModel):
    """Snake case inside this one object; links and shards are ways to sign a folder that we do not accept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    method: Literal["files"]
    hash_type: Literal["sha256"]
    allow_symlinks: Literal[False]


class _Predicate(_Wire):
    serialization: _Serialization
    resources: tuple[_Resource, ...]


class _Statement(_Wire):
    type_: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    predicate_type: Literal["https://model_signing/signature/v1.0"]
    subject: tuple[_Subject]
    predicate: _Predicate


def parsed_bundle(content: bytes, adapter_id: str) -> SignedManifest:
    """Raises AdapterMismatch when it is not a signature of this kind, or its list of files contradicts itself."""
    try:
        bundle = _Bundle.model_validate_json(content)
        payload = bundle.dsse_envelope.payload
        statement = _Statement.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise AdapterMismatch(
            f"the signature of adapter {adapter_id!r} is no Model Signing bundle made with a key: {where}: "
            f"{first['msg']}; sign it again"
        ) from error
    resources = statement.predicate.resources
    root = hashlib.sha256(b"".join(bytes.fromhex(resource.digest) for resource in resources)).hexdigest()
    if root != statement.subject[0].digest.sha256:
        raise AdapterMismatch(
            f"the signature of adapter {adapter_id!r} lists files that do not make the digest it gives "
            f"({statement.subject[0].digest.sha256[:12]}); sign it again"
        )
    return SignedManifest(
        key_sha256=bundle.verification_material.public_key.hint,
        signature=bundle.dsse_envelope.signatures[0].sig,
        signed=pre_authentication_encoding(payload),
        files={resource.name: resource.digest for resource in resources},
    )


def pre_authentication_encoding(payload: bytes) -> bytes:
    """What DSSE signs instead of the bare payload, so that no payload can pass for one of another type.

    >>> pre_authentication_encoding(b"{}")
    b'DSSEv1 28 application/vnd.in-toto+json 2 {}'
    """
    return f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} ".encode() + payload
