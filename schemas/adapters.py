"""What an adapter says about itself: `adapters/<adapter_id>/adapter_metadata.json`."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from schemas.base import Frozen


class AdapterType(StrEnum):
    INDUSTRY = "industry"
    MANUFACTURER = "manufacturer"


class Strategy(StrEnum):
    """How an adapter was trained to be composed: alone on the base, or on top of a frozen parent."""

    ADDITIVE = "additive"
    SEQUENTIAL = "sequential"


class ParentPin(Frozen):
    adapter_id: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class AdapterWeights(Frozen):
    """The weights trained for one base model, in the folder `<base_slug>/`.

    `sha256` is the adapter's digest: of adapter_config.json and adapter_model.safetensors together
    (`adapters.digest`). `base_sha256` is the digest of the base model's weights; the tokenizer's and the chat
    template's are of the files it was trained with. `evaluation` and `privacy` are summaries of measured reports.
    """

    base_slug: str = Field(pattern="^[a-z0-9][a-z0-9_.-]{0,95}$")
    base_model: str
    base_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    strategy: Strategy
    parent: ParentPin | None = None
    files: dict[str, str]
    training: dict[str, str | int | float | bool | None] = {}
    tokenizer_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    chat_template_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    evaluation: dict[str, float | int] = {}
    privacy: dict[str, str | int | float | bool | None] = {}


class AdapterIdentity(Frozen):
    """Who an adapter is, whatever base it was trained for."""

    adapter_id: str = Field(pattern="^[a-z0-9][a-z0-9_.-]{0,63}$")
    adapter_type: AdapterType
    name: str
    version: str
    tags: tuple[str, ...]
    description: str
    owner: str
    audience: tuple[str, ...] = Field(description="tenants that may name it; '*' is everyone")
    licence: str
    expires_on: date | None = Field(default=None, description="the first day, in UTC, on which it may not be used")
    revoked_because: str | None = Field(
        default=None, description="why its owner withdrew it; None while it may be used"
    )


class AdapterCard(AdapterIdentity):
    weights: tuple[AdapterWeights, ...]


class SignatureState(StrEnum):
    """What a signature is worth on this machine. A refused adapter has none of these: it is not offered at all."""

    SIGNED = "signed"  # by its owner, whose key is known here, over exactly the files that are there
    UNVERIFIED = "unverified"  # it fits the files, and nobody has said here whose key made it
    UNSIGNED = "unsigned"


class AdapterSignature(Frozen):
    """`key_sha256` is the digest of the public key; `owner` is None unless the key is known to be theirs."""

    state: SignatureState
    owner: str | None = None
    key_sha256: str | None = None


class ComposedSource(Frozen):
    """`weight` is decimal text without trailing zeros, so that equal weights are equal bytes."""

    adapter_id: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    weight: str


class ComposedRecipe(Frozen):
    """Everything the bytes of a composed adapter depend on; its sha256 is the entry's name in the store."""

    composer_version: int
    dtype: str
    base_model: str
    base_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    sources: tuple[ComposedSource, ...]


class ComposedManifest(Frozen):
    """`manifest.json` beside a composed adapter: where it came from and what its files must be."""

    canonical_name: str
    recipe: ComposedRecipe
    rank: int
    files: dict[str, str]
