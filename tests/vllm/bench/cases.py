"""What is compared: seven ways of asking, from no LoRA at all to more compositions than host memory keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

INDUSTRY = "industry_random"


class Side(StrEnum):
    WITHOUT_LORA = "without_lora"
    WITH_COMPOSITIONS = "with_compositions"


@dataclass(frozen=True)
class Case:
    """`names` are asked for in turn; none means the base."""

    key: str
    title: str
    side: Side
    names: tuple[str, ...] = ()


def manufacturer(number: int) -> str:
    return f"manufacturer_random_{number:03d}"


def composition(number: int) -> str:
    return f"{INDUSTRY}+{manufacturer(number)}"


def fresh_composition(number: int, manufacturers: int) -> str:
    """A name that no case asks for: the weight of the industry adapter makes it another composition.

    >>> fresh_composition(0, 6), fresh_composition(7, 6)
    ('industry_random:0.5001+manufacturer_random_000', 'industry_random:0.5008+manufacturer_random_001')
    """
    return f"{INDUSTRY}:{0.5001 + number / 10000:.4f}+{manufacturer(number % manufacturers)}"


def compositions_over(limit: int) -> int:
    """How many are asked for where more are named than fit: half as many again.

    >>> compositions_over(4)
    6
    """
    return limit + max(1, limit // 2)


def all_cases(max_loras: int, max_resident: int) -> tuple[Case, ...]:
    """The first is what the others are compared with. Between slots and memory a case needs room: one at least."""
    over_slots = min(compositions_over(max_loras), max_resident)

    def compositions(key: str, title: str, count: int) -> Case:
        names = tuple(composition(number) for number in range(count))
        return Case(key, title.format(count), Side.WITH_COMPOSITIONS, names)

    return (
        Case("no_lora", "vLLM without LoRA", Side.WITHOUT_LORA),
        Case("base", "with compositions, base only", Side.WITH_COMPOSITIONS),
        Case("single", "one single adapter", Side.WITH_COMPOSITIONS, (INDUSTRY,)),
        compositions("composed", "one composition", 1),
        compositions("in_slots", "{} compositions, a slot each", max_loras),
        compositions("over_slots", "{} compositions, more than slots", over_slots),
        compositions("over_memory", "{} compositions, more than memory", compositions_over(max_resident)),
    )


def in_order(cases: Sequence[Case], repeat: int, repeats: int, together: bool) -> tuple[Case, ...]:
    """Rotated from repeat to repeat, so that no case is always first or always after the same one.

    Where the servers cannot run together, each side's cases stay in a row and the sides take turns in going first.
    """
    start = repeat * len(cases) // repeats
    rotated = (*cases[start:], *cases[:start])
    if together:
        return rotated
    return tuple(sorted(rotated, key=lambda case: (case.side is Side.WITHOUT_LORA) == (repeat % 2 == 1)))
