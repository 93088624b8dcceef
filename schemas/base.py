"""The one Pydantic base of the project."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: immutable, and a misspelt field is an error rather than lost input."""

    model_config = ConfigDict(frozen=True, extra="forbid")
