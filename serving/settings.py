"""Every knob of the model server, read once at start: command-line options first, then SERVING_* variables."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import InputInvalid

PROJECT = Path(__file__).resolve().parents[1]
PREFIX = "SERVING_"


class ServingSettings(BaseSettings):
    """Defaults suit a laptop. Relative paths count from where the server is started."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    model: Path = Field(default=PROJECT / "models" / "smollm2-135m-instruct", description="directory of the base")
    adapters: Path = Field(default=PROJECT / "adapters", description="directory of the adapters")
    composed: Path = Field(default=PROJECT / "var" / "composed", description="store of composed adapters")
    dtype: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto", description="auto is bfloat16 where the CPU multiplies it natively, else float32"
    )
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 lets torch choose")
    max_rows: int = Field(default=16, ge=1, le=256, description="requests that decode at the same time")
    max_waiting: int = Field(default=64, ge=0, description="requests that may wait; more are answered 429")
    max_resident: int = Field(default=8, ge=1, description="compositions kept in memory")
    max_context_tokens: int = Field(default=4096, ge=16, description="prompt and reply together")
    default_max_tokens: int = Field(default=512, ge=1, description="reply length when a request names none")


def read_settings(options: Mapping[str, Any] | None = None) -> ServingSettings:
    """Settings from `options` (None values are left out) over SERVING_* variables.

    Raises InputInvalid naming the variable that is wrong or unknown.
    """
    known = {PREFIX + name.upper() for name in ServingSettings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise InputInvalid(f"unknown variable {unknown[0]}; the server reads {', '.join(sorted(known))}")
    given = {name: value for name, value in (options or {}).items() if value is not None}
    try:
        return ServingSettings(**given)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        where = f"--{name}" if name in given else PREFIX + name.upper()
        raise InputInvalid(f"{where}={problem['input']!r}: {problem['msg']}") from error
