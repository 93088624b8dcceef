"""What the callbacks of one app share."""

from dataclasses import dataclass

from dash_app.library import RunLibrary
from dash_app.runner import Runner
from dash_app.server_monitor import ServerMonitor
from orchestrator.services import Services
from schemas.brief import CampaignBrief, read_brief


@dataclass(frozen=True)
class AppContext:
    services: Services
    library: RunLibrary
    runner: Runner
    monitor: ServerMonitor
    sample: CampaignBrief


def open_context(services: Services, runner: Runner | None = None) -> AppContext:
    """Raises InputInvalid when the sample brief cannot be read."""
    return AppContext(
        services=services,
        library=RunLibrary(services.runs),
        runner=runner or Runner(services),
        monitor=ServerMonitor(services.federation),
        sample=read_brief(services.settings.brief),
    )
