"""The model server's status as it was last seen: asking may take seconds, drawing must not."""

from dataclasses import dataclass

from orchestrator.federation import LoRAFederation, ServerStatus


@dataclass
class ServerMonitor:
    federation: LoRAFederation
    _latest: ServerStatus | None = None

    @property
    def latest(self) -> ServerStatus:
        return self._latest or ServerStatus(self.federation.model_url, False, "not asked yet")

    def ask(self) -> ServerStatus:
        """Blocks for as long as the server takes, a few seconds at most."""
        self._latest = self.federation.server_status()
        return self._latest
