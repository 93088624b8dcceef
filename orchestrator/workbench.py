"""What one run holds while it works: its folder, its warehouse, its federation, and what both arms observed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from clean_room import CleanRoom
from data.market import Market, load_market
from orchestrator.federation import LoRAFederation
from orchestrator.services import Services, brands_of
from orchestrator.tools.warehouse import Warehouse
from schemas.brief import CampaignBrief
from schemas.errors import InputInvalid
from schemas.run import CleanRoomQuery


@dataclass
class Workbench:
    brief: CampaignBrief
    services: Services
    clean_room_only: bool
    folder: Path
    federation: LoRAFederation
    warehouse: Warehouse
    queries: list[CleanRoomQuery] = field(default_factory=list)

    @classmethod
    @contextmanager
    def open(
        cls, brief: CampaignBrief, services: Services, clean_room_only: bool, folder: Path
    ) -> Iterator["Workbench"]:
        """Raises InputInvalid for a brief that names what the data does not have, DataMissing without data."""
        check_brief(brief, services.market_dir)
        folder.mkdir(parents=True, exist_ok=True)
        with Warehouse(folder / "warehouse.duckdb") as warehouse:
            warehouse.load_catalogue(services.market_dir)
            warehouse.load_private(services.market_dir, brief.brand_id)
            federation = services.federation.for_run(clean_room_only)
            yield cls(brief, services, clean_room_only, folder, federation, warehouse)

    @cached_property
    def market(self) -> Market:
        return load_market(self.services.market_dir)

    @cached_property
    def clean_room(self) -> CleanRoom:
        return CleanRoom(self.services.settings.clean_room_dir, self.brief.brand_id)

    @property
    def exports_dir(self) -> Path:
        return self.services.market_dir / "exports" / self.brief.brand_id

    @cached_property
    def history(self) -> tuple[date, date]:
        """First and last day of the harmonised delivery."""
        days = self.warehouse.delivery()["date"]
        return days.min(), days.max()


def check_brief(brief: CampaignBrief, market_dir: Path) -> None:
    brands = brands_of(market_dir)
    if brief.brand_id not in brands:
        raise InputInvalid(f"the brief's brand {brief.brand_id!r} is not in the data; it has {', '.join(brands)}")
    files = (market_dir / "exports" / brief.brand_id).glob("*__*")
    retailers = sorted({path.name.split("__")[0] for path in files})
    unknown = [retailer for retailer in brief.retailers if retailer not in retailers]
    if unknown:
        names = ", ".join(map(repr, unknown))
        raise InputInvalid(f"the brief names retailer {names}; the data has {', '.join(retailers)}")
