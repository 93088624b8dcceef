"""Every knob of the model servers, read once at start.

Command-line options come first, then SERVING_* variables, then the TOML file that SERVING_SETTINGS names.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adapters.names import parse_name
from schemas.errors import InputInvalid

PROJECT = Path(__file__).resolve().parents[1]
PREFIX = "SERVING_"
FILE_VARIABLE = "SERVING_SETTINGS"

Positive = Annotated[int, Field(ge=1)]


class ServingSettings(BaseSettings):
    """Defaults suit a laptop; for vLLM a profile takes the place of defaults (`serving.vllm.profiles`).

    Relative paths count from where the server is started.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    model: Path = Field(default=PROJECT / "models" / "smollm2-135m-instruct", description="directory of the base")
    base_sha256: str | None = Field(
        default=None, pattern="^[0-9a-f]{64}$", description="digest of the base, where it is known; else it is computed"
    )
    adapters: Path = Field(default=PROJECT / "adapters", description="directory of the adapters")
    composed: Path = Field(default=PROJECT / "var" / "composed", description="store of composed adapters")
    tenants: Path | None = Field(default=None, description="TOML file of tenants and hashed API keys; none: local mode")
    dtype: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto", description="auto is bfloat16 where the CPU multiplies it natively, else float32"
    )
    max_rows: int = Field(default=16, ge=1, le=1024, description="requests that decode at the same time")
    max_context_tokens: int = Field(default=4096, ge=16, description="prompt and reply together")
    max_resident: Positive = Field(default=8, description="compositions kept in host memory")

    # Only the CPU server reads these.
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 lets torch choose")
    max_waiting: int = Field(default=64, ge=0, description="requests that may wait; more are answered 429")
    default_max_tokens: Positive = Field(default=512, description="reply length when a request names none")

    # Only vLLM's launcher, resolver and edge read these.
    profile: Literal["auto", "cpu", "24gb", "80gb"] = Field(default="auto", description="auto goes by the GPU's memory")
    compositions: Literal["on-demand", "static"] = Field(
        default="on-demand", description="static composes the catalogue first and needs no runtime LoRA flag"
    )
    max_loras: Positive | None = Field(default=None, description="different compositions in one batch: GPU slots")
    max_lora_rank: Positive | None = Field(default=None, description="none: what the largest composition needs")
    compose_at_once: Positive = Field(default=2, description="compositions made at the same time")
    prewarm: Annotated[tuple[str, ...], NoDecode] = Field(default=(), description="names to load at start, by commas")
    chat_template: Path | None = Field(default=None, description="none: chosen by the base model's tokenizer")
    tool_call_parser: str | None = Field(default=None, description="none: the one that fits the chat template")

    # Only the front edge reads this.
    upstream: str = Field(default="http://127.0.0.1:30000", pattern="^https?://", description="the router behind it")

    @field_validator("prewarm", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @field_validator("prewarm")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            parse_name(name)
        return value

    @model_validator(mode="after")
    def _slots_fit(self) -> Self:
        is_given = "max_resident" in self.model_fields_set
        if self.max_loras is not None and is_given and self.max_resident < self.max_loras:
            raise ValueError(f"max_loras={self.max_loras} compositions need max_resident >= {self.max_loras}")
        return self


def read_settings(options: Mapping[str, Any] | None = None) -> ServingSettings:
    """Settings from `options` (None values are left out) over SERVING_* variables over the settings file.

    Raises InputInvalid naming the option, variable or file entry that is wrong or unknown.
    """
    known = {PREFIX + name.upper() for name in ServingSettings.model_fields} | {FILE_VARIABLE}
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name not in known)
    if unknown:
        raise InputInvalid(f"unknown variable {unknown[0]}; the server reads {', '.join(sorted(known))}")
    given = {name: value for name, value in (options or {}).items() if value is not None}
    file = os.environ.get(FILE_VARIABLE)
    in_file = {} if file is None else _from_file(Path(file))
    set_outside = {name for name in ServingSettings.model_fields if PREFIX + name.upper() in os.environ}
    try:
        return ServingSettings(**{name: value for name, value in in_file.items() if name not in set_outside} | given)
    except ValidationError as error:
        problem = error.errors()[0]
        reason = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            raise InputInvalid(f"settings do not agree: {reason}") from error
        raise InputInvalid(f"{_where(str(problem['loc'][0]), given, file)}={problem['input']!r}: {reason}") from error


def _from_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputInvalid(f"{FILE_VARIABLE}={str(file)!r} cannot be read: {error}") from error


def _where(name: str, given: Mapping[str, Any], file: str | None) -> str:
    if name in given:
        return f"--{name.replace('_', '-')}"
    variable = PREFIX + name.upper()
    return variable if variable in os.environ or file is None else f"{name} in {file}"


def as_environment(settings: ServingSettings) -> dict[str, str]:
    """The variables from which another process reads exactly these settings."""
    shown = {
        name: ",".join(value) if isinstance(value, tuple) else str(value)
        for name, value in settings
        if value is not None
    }
    return {PREFIX + name.upper(): text for name, text in shown.items()}
