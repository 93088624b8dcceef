"""What one retailer lets out of its clean room: one file each under `policies/`; what is unlisted is refused."""

import tomllib
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, model_validator

from clean_room.noise_terms import NoiseTerms
from clean_room.settings import CleanRoomSettings
from schemas.base import Frozen
from schemas.clean_room import ALLOWED_FIELDS, Dimension, Grain, Metric, Mode
from schemas.errors import InputInvalid

POLICIES_DIR = Path(__file__).parent / "policies"


class LatencyProfile(StrEnum):
    INTERACTIVE = "interactive"
    NOISY_WAREHOUSE = "noisy_warehouse"
    BATCH = "batch"


class Dominance(Frozen):
    """The (n, k) rule: the `contributors` largest people may make up at most `max_share` of a sum."""

    contributors: int = Field(ge=1)
    max_share: float = Field(gt=0, lt=1)


class Policy(Frozen):
    retailer_id: str = Field(pattern="^[a-z0-9_]{1,64}$")
    version: str = Field(min_length=1)
    metrics: tuple[Metric, ...] = Field(min_length=1)
    dimensions: tuple[Dimension, ...]
    grains: tuple[Grain, ...] = Field(min_length=1)
    min_rows: int = Field(ge=1)
    min_people: int = Field(ge=1)
    dominance: Dominance
    latency_profile: LatencyProfile
    mode: Mode = Mode.EXACT
    noise: NoiseTerms | None = None

    @model_validator(mode="after")
    def _dominance_can_be_met(self) -> Self:
        if self.min_people <= self.dominance.contributors:
            raise ValueError("min_people must exceed dominance.contributors, or every cell is dominated")
        return self

    @model_validator(mode="after")
    def _noise_fits_the_mode(self) -> Self:
        if (self.mode is Mode.DP) != (self.noise is not None):
            raise ValueError("mode 'dp' needs a [noise] table, and only mode 'dp' has one")
        if self.noise is None:
            return self
        if set(self.noise.clamps) != set(self.metrics):
            raise ValueError(f"noise.clamps must have each of the policy's metrics: {', '.join(self.metrics)}")
        if self.permits_skus != bool(self.noise.skus):
            raise ValueError("in mode 'dp', sku_id is a dimension exactly where noise.skus lists the products")
        return self

    @property
    def digest(self) -> str:
        """SHA-256 of all a policy says, so that a changed policy is another one whatever its version says."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def allowed_fields(self) -> list[str]:
        """Every field a request may name, in the order of the common seven, then what this retailer adds."""
        permitted = {*map(str, self.metrics), *map(str, self.dimensions)}
        order = (*ALLOWED_FIELDS, *(str(dimension) for dimension in Dimension if dimension not in ALLOWED_FIELDS))
        return [field for field in order if field in permitted]

    @property
    def permits_skus(self) -> bool:
        return Dimension.SKU_ID in self.dimensions


def read_policies(directory: Path) -> dict[str, Policy]:
    """Raises InputInvalid naming the file, for a policy that is malformed or whose retailer another file has."""
    policies: dict[str, Policy] = {}
    for path in sorted(directory.glob("*.toml")):
        try:
            policy = Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (tomllib.TOMLDecodeError, ValidationError) as error:
            raise InputInvalid(f"the clean-room policy {str(path)!r} is not valid: {error}") from error
        if policy.retailer_id in policies:
            raise InputInvalid(f"the clean-room policy {str(path)!r} repeats retailer {policy.retailer_id!r}")
        policies[policy.retailer_id] = policy
    return policies


@cache
def shipped_policies() -> dict[str, Policy]:
    return read_policies(POLICIES_DIR)


@cache
def _policies_of(directory: Path) -> dict[str, Policy]:
    return read_policies(directory)


def policies_in_use() -> dict[str, Policy]:
    """Those of the folder CLEAN_ROOM_POLICIES, the shipped ones without it. Raises InputInvalid as `read_policies`."""
    directory = CleanRoomSettings().policies
    return _policies_of(directory) if directory else shipped_policies()


def policy_for(retailer_id: str) -> Policy | None:
    """None for a retailer without a policy: there is no default to fall back to."""
    return policies_in_use().get(retailer_id)


def get_allowed_fields(retailer_id: str) -> list[str]:
    """The fields a request to this retailer may name; none for a retailer we have no policy of.

    >>> get_allowed_fields("retailer_b")
    ['date', 'placement_type', 'impressions', 'clicks', 'conversions', 'revenue', 'cost']
    >>> get_allowed_fields("no_such_retailer")
    []
    """
    policy = policy_for(retailer_id)
    return policy.allowed_fields if policy else []
