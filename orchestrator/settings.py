"""What the orchestrator is told by its environment; built once by an entry point and passed down."""

from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import InputInvalid

SAMPLE_BRIEF = Path(__file__).resolve().parents[1] / "data" / "briefs" / "spring_launch.json"


class OrchestratorSettings(BaseSettings):
    """Every field is the environment variable ORCHESTRATOR_<NAME>; relative folders are below the working directory."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRATOR_", frozen=True)

    market_dir: Path = Path("var/market")
    clean_room_dir: Path = Path("var/clean_room")
    runs_dir: Path = Path("var/runs")
    model_url: str = "http://127.0.0.1:8000/v1"
    model_api_key: str = "local"
    model_timeout_seconds: float = 45.0
    brief: Path = SAMPLE_BRIEF


def read_settings(**overrides: object) -> OrchestratorSettings:
    """Settings from the environment, with what a command line gave on top. Raises InputInvalid naming the variable."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return OrchestratorSettings(**given)  # type: ignore[arg-type]  # values are validated by Pydantic
    except ValidationError as error:
        problem = error.errors()[0]
        name = f"ORCHESTRATOR_{str(problem['loc'][0]).upper()}"
        raise InputInvalid(f"{name}={problem['input']!r}: {problem['msg']}") from error
