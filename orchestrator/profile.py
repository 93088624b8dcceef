"""Which exports a run reads, and what it says about them."""

from pathlib import Path

from clean_room import get_allowed_fields
from orchestrator.harmonizer import Harmonized
from orchestrator.workbench import Workbench
from schemas.clean_room import BLOCKED_FIELDS
from schemas.errors import DataMissing
from schemas.run import DataProfile, FieldAccess, FileMapping

PREVIEW_ROWS = 50


def exports_to_read(bench: Workbench) -> tuple[tuple[Path, str], ...]:
    """One export per retailer: where a retailer offers several, they are views of the same delivery and adding them
    would count it twice. Raises DataMissing naming the retailer."""
    chosen: list[tuple[Path, str]] = []
    for retailer_id in bench.brief.retailers:
        offered = sorted(bench.exports_dir.glob(f"{retailer_id}__*"))
        if not offered:
            raise DataMissing(f"no export of {retailer_id!r} in {str(bench.exports_dir)!r}")
        chosen.append((offered[0], retailer_id))
    return tuple(chosen)


def data_profile(bench: Workbench, files: tuple[Harmonized, ...]) -> DataProfile:
    delivery = bench.warehouse.delivery()
    first, last = bench.history
    return DataProfile(
        files=tuple(
            FileMapping(
                file=harmonized.source.name,
                network=harmonized.network,
                retailer_id=harmonized.retailer_id,
                rows=harmonized.rows,
                rejected=harmonized.rejected,
                fields=harmonized.mapping,
            )
            for harmonized in files
        ),
        rows=len(delivery),
        rejected=sum(harmonized.rejected for harmonized in files),
        skus=int(delivery["sku_id"].nunique()),
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        currency=", ".join(sorted(delivery["currency"].unique())),
        spend_micros=int(delivery["cost"].sum()),
        attributed_revenue_micros=int(delivery["revenue"].sum()),
        field_access=tuple(_access(bench.brief.retailers)),
        clean_room_queries=(),
        preview=tuple(
            {name: str(value) for name, value in row.items()} for row in delivery.head(PREVIEW_ROWS).to_dict("records")
        ),
    )


def _access(retailers: tuple[str, ...]) -> list[FieldAccess]:
    return [
        FieldAccess(retailer_id=retailer_id, field=field, access=access)
        for retailer_id in retailers
        for access, fields in (("allowed", get_allowed_fields(retailer_id)), ("blocked", BLOCKED_FIELDS))
        for field in fields
    ]
