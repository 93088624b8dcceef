"""What an attack is, what it learnt, and what our documents promise about it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import log2

from tests.clean_room.attacks.doors import Engine
from tests.clean_room.attacks.naive import Naive

# Before an attack a household's amount may be anything up to 1,000 units of currency, to the micro.
AMOUNT_BITS = log2(10**9)


@dataclass(frozen=True)
class Learnt:
    """`exact` of `targets` facts were recovered to the unit; `bits` were learnt about all of them together.

    `is_useful`: the honest question asked beside the attack was answered, so that refusing everything is no defence.
    """

    targets: int
    exact: int
    bits: float
    detail: str = ""
    is_useful: bool = True

    @property
    def told(self) -> str:
        counted = f"{self.exact} of {self.targets}, {self.bits:.1f} bits"
        return f"{counted}; {self.detail}" if self.detail else counted


def of_amounts(guesses: list[int | None], truths: list[int], detail: str = "", is_useful: bool = True) -> Learnt:
    """One guess per victim's amount; None where the attacker could not even guess."""
    exact = sum(guess == truth for guess, truth in zip(guesses, truths, strict=True))
    return Learnt(len(truths), exact, exact * AMOUNT_BITS, detail, is_useful)


class Promise(StrEnum):
    NOTHING = "nothing"
    NOTHING_EXACT = "no value exactly"
    NONE = "not promised"

    def is_kept(self, learnt: Learnt) -> bool:
        if self is Promise.NONE:
            return True
        return learnt.is_useful and learnt.exact == 0 and (self is Promise.NOTHING_EXACT or learnt.bits == 0)


@dataclass(frozen=True)
class Attack:
    """`name` reads as what the attacker does; `naive_falls` is False where thresholds alone already resist."""

    name: str
    run: Callable[[Engine], Learnt]
    promise: Promise = Promise.NOTHING
    naive_falls: bool = True
    rival: Callable[[], Engine] = Naive
