"""How much of a release each way of asking can reach, and how far off noise makes it: utility beside privacy.

For the retailer's operator, before or beside a build: nothing of this leaves to a brand, and no ledger is charged.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from clean_room.builder import Built
from clean_room.calendar import Span, span_of
from clean_room.cleaning import METRICS, Events
from clean_room.noisy_release import noisy_release
from clean_room.policy import Policy
from clean_room.release import Shape, release
from schemas.clean_room import Grain, Metric


def coverage(built: Built, metric: Metric = Metric.IMPRESSIONS) -> dict[str, float]:
    """The share of the metric that rows of each shape and grain hold."""
    return shares(built.atoms, built.manifest.snapshot, metric)


def shares(atoms: pd.DataFrame, snapshot: Span, metric: Metric) -> dict[str, float]:
    """As `coverage`; empty without atoms."""
    by_placement = atoms[atoms["shape"] == Shape.PLACEMENT]
    total = by_placement[metric].sum()
    if not total:
        return {}
    of_placements = by_placement[by_placement["placement_type"].notna()]
    skus = atoms[(atoms["shape"] == Shape.SKU) & atoms["sku_id"].notna()]
    told = {
        f"placement and {grain}": of_placements[of_placements[f"exact_{grain}"] & _fits(of_placements, grain, snapshot)]
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


@dataclass(frozen=True)
class Utility:
    """One retailer's release at threshold k. `skus` is the share of the log's products that are told by name;
    `relative_error` the median over cells told alone, of a noisy sum beside the log's own, None without noise."""

    retailer_id: str
    k: int
    impressions: dict[str, float]
    revenue: dict[str, float]
    skus: float
    relative_error: float | None


def utility(events: Events, policy: Policy, snapshot: Span, k: int) -> Utility:
    """What the policy would tell of these events, were its thresholds of rows and people both k."""
    asked = policy.model_copy(update={"min_rows": k, "min_people": k})
    atoms = noisy_release(events, asked, snapshot) if asked.noise else release(events, asked, snapshot)
    named = atoms.loc[atoms["exact_sku"] & atoms["sku_id"].notna(), "sku_id"]
    return Utility(
        policy.retailer_id,
        k,
        impressions=shares(atoms, snapshot, Metric.IMPRESSIONS),
        revenue=shares(atoms, snapshot, Metric.REVENUE),
        skus=named.nunique() / len(events.sku_names) if events.sku_names else 0.0,
        relative_error=_median_relative_error(events, atoms) if asked.noise else None,
    )


def _median_relative_error(events: Events, atoms: pd.DataFrame) -> float | None:
    """Of impressions and revenue, clamping included. Cells in which the log has none of a metric say nothing."""
    errors = []
    for atom in atoms[(atoms["shape"] == Shape.PLACEMENT) & (atoms["draws"] == 1)].itertuples():
        if atom.placement_type not in events.placement_names:
            continue
        first, last = np.datetime64(atom.first_day, "D"), np.datetime64(atom.last_day, "D")
        inside = (events.days >= first) & (events.days <= last)
        inside &= events.placements == events.placement_names.index(atom.placement_type)
        true = dict(zip(METRICS, events.metrics[inside].sum(axis=0).tolist(), strict=True))
        for metric in (Metric.IMPRESSIONS, Metric.REVENUE):
            if true[metric]:
                errors.append(abs(getattr(atom, metric) / true[metric] - 1))
    return float(np.median(errors)) if errors else None
