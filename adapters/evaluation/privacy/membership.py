"""Whether a row's likelihood tells that the adapter was trained on it.

The score is how much likelier the adapter makes a row than the public base does: having the base as reference is what
an attacker on a shared adapter has (LoRA-Leak, arXiv 2507.18302).
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import bootstrap, rankdata

from adapters.training.example import Example, Split, examples
from adapters.training.recipes import CURRICULA, Curriculum
from adapters.training.school import lessons
from schemas.errors import InputInvalid

Scores = npt.NDArray[np.float64]

RESAMPLES = 2000
FALSE_POSITIVE_RATE = 0.01
FEWEST_ROWS = 200  # below it a rate of 1 % is less than two rows
OTHER_SEED = 1_000_003  # far from any seed that an adapter is trained with


@dataclass(frozen=True)
class Interval:
    """A measured value with its 95 % percentile bootstrap interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MembershipRows:
    """As many of each kind of question on both sides, so that only membership can tell them apart."""

    members: tuple[Example, ...]
    non_members: tuple[Example, ...]

    @property
    def both(self) -> tuple[Example, ...]:
        return self.members + self.non_members


def auc(members: Scores, non_members: Scores) -> float:
    """The probability that a member scores above a non-member; ties count half."""
    ranks = rankdata(np.concatenate([members, non_members]))[: len(members)]
    wins = ranks.sum() - len(members) * (len(members) + 1) / 2
    return float(wins / (len(members) * len(non_members)))


def true_positive_rate(members: Scores, non_members: Scores) -> float:
    """The share of members above the lowest threshold that takes at most FALSE_POSITIVE_RATE of the others for one."""
    allowed = int(FALSE_POSITIVE_RATE * len(non_members))
    threshold = np.sort(non_members)[::-1][allowed]
    return float((members > threshold).mean())


def with_interval(statistic: Callable[..., float], *samples: Scores, seed: int = 0) -> Interval:
    """Resamples each sample by itself."""
    found = bootstrap(
        samples,
        statistic,
        n_resamples=RESAMPLES,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(statistic(*samples), float(found.low), float(found.high))


def membership_rows(curriculum: Curriculum, count: int, seed: int) -> MembershipRows:
    """`count` own training rows, and as many that the same generators make and no lesson holds.

    Raises InputInvalid when the generators cannot make enough: rows of another distribution would be told apart by
    their subject, and the number would be worthless.
    """
    taught = lessons(curriculum, Split.TRAIN, curriculum.rows)
    parent = CURRICULA.get(curriculum.parent or "")
    ancestors = [] if parent is None else lessons(parent, Split.TRAIN, parent.rows)
    known = {example.prompt for group in (*taught, *ancestors) for example in group}
    try:
        others = examples(
            curriculum.lessons[0], Split.TRAIN, 2 * count, curriculum.recipe.seed + OTHER_SEED, excluded=known
        )
    except ValueError as error:
        raise InputInvalid(f"too few rows that {curriculum.identity.adapter_id!r} was not taught: {error}") from error
    return matched(taught[0], others, count, seed)


def matched(members: Sequence[Example], non_members: Sequence[Example], count: int, seed: int) -> MembershipRows:
    """At most `count` of each, with the same number of every kind of question.

    What a generator still has to give after the lessons were drawn holds more of its rare kinds than the lessons do.
    """
    draw = random.Random(f"membership:{seed}")
    by_kind = [_by_kind(draw.sample(list(rows), len(rows))) for rows in (members, non_members)]
    pairs = [
        pair for kind in sorted(by_kind[0]) for pair in zip(by_kind[0][kind], by_kind[1].get(kind, ()), strict=False)
    ]
    if len(pairs) < FEWEST_ROWS or count < FEWEST_ROWS:
        raise InputInvalid(
            f"membership needs at least {FEWEST_ROWS} rows on each side; asked for {count}, {len(pairs)} match in kind"
        )
    chosen = draw.sample(pairs, min(count, len(pairs)))
    return MembershipRows(tuple(member for member, _ in chosen), tuple(other for _, other in chosen))


def _by_kind(rows: Sequence[Example]) -> dict[tuple[str, str], list[Example]]:
    """The first line of a prompt says what kind of question it is."""
    found: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in rows:
        found[example.skill.value, example.prompt.partition("\n")[0]].append(example)
    return found
