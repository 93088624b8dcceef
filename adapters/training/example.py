"""One supervised example, and where it belongs."""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

Family = TypeVar("Family")


class Skill(StrEnum):
    """What an example teaches or asks. The two composites need two adapters at once: they are tested, never taught."""

    COLUMN = "column"
    POLICY = "policy"
    METRIC = "metric"
    PLAN = "plan"
    COPY = "copy"
    REVISE = "revise"
    READING = "reading"
    BRAND = "brand"
    NODE = "node"
    BRAND_PLAN = "brand_plan"
    BRAND_COPY = "brand_copy"


class Split(StrEnum):
    """Whole families (a header dialect, a product, a brief's wording) are held out, never single rows."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True)
class Example:
    """`answer` is empty where many are right and the checks decide; `family` is what is held out whole."""

    skill: Skill
    prompt: str
    answer: str
    family: str


Generator = Callable[[random.Random, Split], Example]


def share(items: tuple[Family, ...], split: Split) -> tuple[Family, ...]:
    """The families of one split: every fifth is held out for the test, the one after it for validation."""
    wanted = {Split.TEST: {0}, Split.VALIDATION: {1}, Split.TRAIN: {2, 3, 4}}[split]
    return tuple(item for index, item in enumerate(items) if index % 5 in wanted)


def examples(
    generators: dict[Generator, int], split: Split, count: int, seed: int, excluded: Collection[str] = ()
) -> list[Example]:
    """`count` examples with distinct prompts, none of them `excluded`, generators drawn by weight.

    The same seed gives the same list everywhere.
    """
    draw = random.Random(f"{seed}:{split}")
    makers, weights = list(generators), list(generators.values())
    found: dict[str, Example] = {}
    for _ in range(count * 50):
        example = draw.choices(makers, weights)[0](draw, split)
        if example.prompt not in excluded:
            found.setdefault(example.prompt, example)
        if len(found) == count:
            return list(found.values())
    raise ValueError(f"the generators make only {len(found)} distinct examples of the {count} asked for")
