"""What a policy of ours promises, and how a target's verdict on each promise is told."""

from dataclasses import dataclass
from enum import StrEnum


class Promise(StrEnum):
    """Everything a policy and its clean room hold; every target judges each one."""

    FIELDS = "only listed fields, everything else refused"
    SUMS = "sums only, no other function"
    PEOPLE = "a minimum of different people"
    ROWS = "a minimum of rows beside it"
    DOMINANCE = "no few people who make up a sum"
    REMAINDER = "no small remainder beside what is told"
    DIFFERENCES = "every difference of answers is a sum of whole atoms"
    CLOSED = "closed days never change by a few rows"
    GRAINS = "days, weeks and broadcast months only"
    FILTERS = "filters over public names only"
    REFUSALS = "refusals of constant text"
    EMPTY = "withheld and empty look the same"
    LATENCY = "latency independent of the data"
    AUDIT = "every question in a chained audit"


class Kept(StrEnum):
    KEPT = "kept"
    WEAKER = "weaker"
    LOST = "lost"
    UNVERIFIED = "unverified"


@dataclass(frozen=True)
class Verdict:
    """`source` is the page or service model that says so; for a loss, where it was looked for."""

    kept: Kept
    how: str
    source: str


Verdicts = dict[Promise, Verdict]


@dataclass(frozen=True)
class TargetReport:
    """`adds` is what the target has and our policy does not; `unverified` what no page or model could settle."""

    target: str
    verdicts: Verdicts
    adds: tuple[str, ...]
    unverified: tuple[str, ...]
