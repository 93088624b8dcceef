"""When a set of events may be told as one sum: enough rows, enough people, and no few people who make it up."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clean_room.cleaning import Events
from clean_room.policy import Policy

Rows = npt.NDArray[np.int64]
Totals = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Contributions:
    """Shape (metric,): the sums of a set, and the part of each that its largest contributors make up."""

    total: Totals
    largest: Totals

    @property
    def of_others(self) -> Totals:
        return self.total - self.largest


@dataclass(frozen=True)
class DisclosureRule:
    """Judges sets of events, given as row numbers of `events`.

    Two sets that pass and share no event pass together: rows and people only grow, and the share of the largest
    contributors in a union is at most the larger of the two shares.
    """

    events: Events
    policy: Policy

    def permits(self, rows: Rows) -> bool:
        if not self.has_enough_people(rows):
            return False
        of_set = self.contributions(rows)
        return bool(np.all(of_set.largest <= self.policy.dominance.max_share * of_set.total))

    def has_enough_people(self, rows: Rows) -> bool:
        if len(rows) < self.policy.min_rows:
            return False
        return len(np.unique(self.events.people[rows])) >= self.policy.min_people

    def contributions(self, rows: Rows) -> Contributions:
        people, of_row = np.unique(self.events.people[rows], return_inverse=True)
        per_person = np.zeros((len(people), self.events.metrics.shape[1]), dtype=np.int64)
        np.add.at(per_person, of_row, self.events.metrics[rows])
        few = min(self.policy.dominance.contributors, len(people))
        largest = np.sort(per_person, axis=0)[len(people) - few :].sum(axis=0)
        return Contributions(total=per_person.sum(axis=0), largest=largest)

    def permits_every_set_around(self, core: Rows, universe: Contributions) -> bool:
        """Whether every set of events that includes `core` passes; sufficient, not necessary.

        Rows and people only grow with the set. So does what others than any few people contribute, while those few
        contribute at most what the largest contribute to the universe; hence others' part in the core bounds the share.
        """
        if not self.has_enough_people(core):
            return False
        share = self.policy.dominance.max_share
        return bool(np.all((1 - share) * universe.largest <= share * self.contributions(core).of_others))
