"""What the app is told by its environment."""

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import InputInvalid

HOST = "127.0.0.1"
"""Loopback only: the app has no log-in, and what it shows is the brand's own."""


class DashSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DASH_", frozen=True, extra="ignore")

    port: int = Field(default=8050, ge=0, le=65535, description="0 takes any free one")


def read_settings() -> DashSettings:
    """Raises InputInvalid naming the variable."""
    try:
        return DashSettings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = f"DASH_{str(problem['loc'][0]).upper()}"
        raise InputInvalid(f"{name}={problem['input']!r}: {problem['msg']}") from error
