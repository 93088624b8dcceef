"""What a run may use, opened once."""

from dataclasses import dataclass
from pathlib import Path

from adapters.manager import AdapterManager
from orchestrator.chat_client import ChatClient
from orchestrator.federation import LoRAFederation
from orchestrator.runs import RunStore
from orchestrator.settings import OrchestratorSettings
from schemas.errors import DataMissing


@dataclass(frozen=True)
class Services:
    settings: OrchestratorSettings
    federation: LoRAFederation
    runs: RunStore

    @property
    def market_dir(self) -> Path:
        return self.settings.market_dir


def open_services(settings: OrchestratorSettings) -> Services:
    """Opens nothing over the network: a model server that is down is found out by the first step that asks it."""
    chat = ChatClient(settings.model_url, settings.model_api_key, settings.model_timeout_seconds)
    return Services(settings, LoRAFederation(chat, AdapterManager()), RunStore(settings.runs_dir))


def brands_of(market_dir: Path) -> tuple[str, ...]:
    """The brands whose private feed lies in the market folder. Raises DataMissing naming the command that makes one."""
    if not (market_dir / "market.json").is_file():
        raise DataMissing(
            f"no market in {str(market_dir)!r}; make one with `python -m data generate --out {market_dir}`"
        )
    suffix = "_outlook"
    return tuple(
        sorted(path.stem for path in (market_dir / "private").glob("*.parquet") if not path.stem.endswith(suffix))
    )
