"""Atoms with noise: cells of a public grid, each sum noised once, then pooled until enough people are in each.

Which cells are noised follows from the calendar, the placements and the policy's list of products, never from the log.
All that comes after the noise works on noisy numbers alone and costs no privacy: a cell whose noisy count of people is
no further from zero than noise explains counts as empty, the others are pooled as in exact mode.
"""

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from clean_room.calendar import ONE_DAY, Span, day_keys, month_keys, span_of, week_keys
from clean_room.cleaning import METRICS, Events
from clean_room.noise_terms import Z_95, NoiseTerms
from clean_room.opendp_noise import noised
from clean_room.partition import partition
from clean_room.policy import Policy
from clean_room.release import Rung, Shape, atoms_of_blocks, atoms_table, placement_ladder, sku_ladder
from schemas.clean_room import Grain

Counts = npt.NDArray[np.int64]
KEYS_OF_GRAIN = {Grain.DAY: day_keys, Grain.WEEK: week_keys, Grain.MONTH: month_keys}


@dataclass(frozen=True)
class Cells:
    """A view's grid: `events` has one row per cell, its metrics the sums; `people` counts each cell's people."""

    shape: Shape
    grain: Grain
    events: Events
    people: Counts

    @property
    def ladder(self) -> list[Rung]:
        """No finer than the cells themselves."""
        if self.shape is Shape.SKU:
            return sku_ladder(self.events)
        rungs = placement_ladder(self.events)
        finest = next(number for number, rung in enumerate(rungs) if rung.grain is self.grain)
        return rungs[: finest + 1]

    def only(self, cells: npt.NDArray[np.bool_]) -> "Cells":
        return Cells(self.shape, self.grain, self.events.take(cells), self.people[cells])


def noisy_release(events: Events, policy: Policy, snapshot: Span) -> pd.DataFrame:
    """As `release`, for a policy of mode `dp`; `draws` is how many noisy cells an atom sums.

    Noise is new at every call: whoever calls it pays `policy.noise.release_micro_rho`, and tells the result once.
    """
    terms = policy.noise
    assert terms is not None
    bounded = bounded_contributions(events, terms)
    views = [_cells(bounded, Shape.PLACEMENT, terms, snapshot)]
    if terms.skus:
        views.append(_cells(bounded, Shape.SKU, terms, snapshot))
    atoms = []
    for noisy in _with_noise(views, terms):
        seen = noisy.only(noisy.people > _margin(terms, draws=1))
        ladder, permits = seen.ladder, partial(_hold_enough_people, seen.people, policy, terms)
        blocks = partition(np.arange(len(seen.people)), [rung.keys for rung in ladder], permits)
        atoms += atoms_of_blocks(seen.events, seen.shape, ladder, blocks, snapshot, draws_per_row=1)
    return atoms_table(atoms)


def bounded_contributions(events: Events, terms: NoiseTerms) -> Events:
    """At most `rows_per_person` rows of each person, drawn by lot, each metric clamped.

    Which of a person's rows are kept depends on nobody else's, so a person changes only rows of their own.
    """
    shuffled = np.random.default_rng().permutation(len(events))
    order = shuffled[np.argsort(events.people[shuffled], kind="stable")]
    people = events.people[order]
    first_of_person = np.searchsorted(people, people, side="left")
    kept = np.zeros(len(events), dtype=np.bool_)
    kept[order[np.arange(len(events)) - first_of_person < terms.rows_per_person]] = True
    bounded = events.take(kept)
    clamps = np.array([terms.clamps.get(metric, 0) for metric in METRICS], dtype=np.int64)
    return replace(bounded, metrics=np.minimum(bounded.metrics, clamps))


def _cells(events: Events, shape: Shape, terms: NoiseTerms, snapshot: Span) -> Cells:
    """The exact sums of a view's cells; every cell of the grid is there, empty or not."""
    grain = terms.grain if shape is Shape.PLACEMENT else Grain.MONTH
    skus = terms.skus if shape is Shape.SKU else ("",)
    starts = _starts(snapshot, grain)
    placements = events.placement_names
    sku_of_event = _on_list(events, terms) if shape is Shape.SKU else np.zeros(len(events), dtype=np.int64)
    start_keys = KEYS_OF_GRAIN[grain](starts)
    period = np.searchsorted(start_keys, KEYS_OF_GRAIN[grain](events.days))
    inside = (sku_of_event >= 0) & (events.days >= starts[0]) & (events.days <= np.datetime64(snapshot.last, "D"))
    cell = ((sku_of_event * len(placements) + events.placements) * len(starts) + period)[inside]
    count = len(skus) * len(placements) * len(starts)
    metrics = np.zeros((count, len(METRICS)), dtype=np.int64)
    for column in range(len(METRICS)):
        np.add.at(metrics[:, column], cell, events.metrics[inside, column])
    numbers = int(events.people.max(initial=0)) + 1
    people_of_cell = np.unique(cell * numbers + events.people[inside]) // numbers
    sku, placement, start = np.unravel_index(np.arange(count), (len(skus), len(placements), len(starts)))
    grid = Events(
        days=starts[start],
        placements=placement.astype(np.int64),
        skus=sku.astype(np.int64),
        people=np.zeros(count, dtype=np.int64),
        metrics=metrics,
        placement_names=placements,
        sku_names=skus,
    )
    return Cells(shape, grain, grid, np.bincount(people_of_cell, minlength=count).astype(np.int64))


def _with_noise(views: list[Cells], terms: NoiseTerms) -> list[Cells]:
    """A metric's sums of all views are one vector, noised and paid for once."""
    people = noised(np.concatenate([view.people for view in views]), terms.people_distance, terms)
    metrics = np.concatenate([view.events.metrics for view in views])
    for column, metric in enumerate(METRICS):
        if metric in terms.clamps:
            metrics[:, column] = noised(metrics[:, column], terms.distance(metric), terms)
    ends = np.cumsum([len(view.people) for view in views])[:-1]
    return [
        replace(view, people=counts, events=replace(view.events, metrics=sums))
        for view, counts, sums in zip(views, np.split(people, ends), np.split(metrics, ends), strict=True)
    ]


def _hold_enough_people(people: Counts, policy: Policy, terms: NoiseTerms, cells: Counts) -> bool:
    """Whether these cells hold enough people and rows, as sure as their noisy counts let us be.

    A person is in at most `rows_per_person` cells, so n cells hold at least their sum / min(n, rows_per_person) people;
    each of them has a row. Noise lifts a sum by the margin or more in one of forty cases.
    """
    fewest = (float(people[cells].sum()) - _margin(terms, len(cells))) / min(len(cells), terms.rows_per_person)
    return fewest >= max(policy.min_people, policy.min_rows)


def _margin(terms: NoiseTerms, draws: int) -> float:
    return Z_95 * terms.scale(terms.people_distance) * math.sqrt(draws)


def _on_list(events: Events, terms: NoiseTerms) -> Counts:
    """Each event's place in the public list of products; -1 when it is not on it."""
    places = {sku: place for place, sku in enumerate(terms.skus)}
    of_sku = np.array([*(places.get(sku, -1) for sku in events.sku_names), -1], dtype=np.int64)
    return of_sku[events.skus]


def _starts(snapshot: Span, grain: Grain) -> npt.NDArray[np.datetime64]:
    """The first day, within the snapshot, of each of its periods."""
    starts, day = [], snapshot.first
    while day <= snapshot.last:
        starts.append(day)
        day = span_of(day, grain).last + ONE_DAY
    return np.array(starts, dtype="datetime64[D]")
