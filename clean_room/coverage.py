"""How much of a release each way of asking can reach; aggregates of atoms only."""

import pandas as pd

from clean_room.builder import Built
from clean_room.calendar import Span, span_of
from clean_room.release import Shape
from schemas.clean_room import Grain, Metric


def coverage(built: Built, metric: Metric = Metric.IMPRESSIONS) -> dict[str, float]:
    """The share of the metric that rows of each shape and grain hold."""
    atoms = built.atoms
    by_placement = atoms[atoms["shape"] == Shape.PLACEMENT]
    total = by_placement[metric].sum()
    if not total:
        return {}
    of_placements = by_placement[by_placement["placement_type"].notna()]
    skus = atoms[(atoms["shape"] == Shape.SKU) & atoms["sku_id"].notna()]
    told = {
        f"placement and {grain}": of_placements[
            of_placements[f"exact_{grain}"] & _fits(of_placements, grain, built.manifest.snapshot)
        ]
        for grain in Grain
    }
    told["placement"] = of_placements[of_placements["exact_placement"]]
    if len(skus):
        told["SKU"] = skus[skus["exact_sku"]]
        told["SKU and placement"] = skus[skus["placement_type"].notna() & skus["exact_placement"]]
    return {name: float(rows[metric].sum() / total) for name, rows in told.items()}


def _fits(atoms: pd.DataFrame, grain: Grain, snapshot: Span) -> "pd.Series[bool]":
    spans = [Span(first, last) for first, last in zip(atoms["first_day"], atoms["last_day"], strict=True)]
    fits = [span_of(span.first, grain).clipped_to(snapshot).holds(span) for span in spans]
    return pd.Series(fits, index=atoms.index, dtype=bool)
