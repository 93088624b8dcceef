"""Which arms are asked what, and how often: all of it, or a quick look at the shipped adapters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.evaluation.arms import MAIN_SEED, ArmName
from adapters.evaluation.tasks import BRAND_X, BRAND_Y, COMPOSITES_X, INDUSTRY, INDUSTRY_CORE

OF_BRAND_X = (*BRAND_X, *COMPOSITES_X)

MAIN_ARMS = (
    ArmName.BASE,
    ArmName.FULL_PROMPT,
    ArmName.INDUSTRY,
    ArmName.MANUFACTURER,
    ArmName.SEQUENTIAL,
    ArmName.ADDITIVE,
    ArmName.ADDITIVE_TUNED,
    ArmName.JOINT,
)
SECONDARY_ARMS = (ArmName.SEQUENTIAL_CHILD, ArmName.TIES_SVD, ArmName.LINEAR, ArmName.RANDOM, ArmName.WRONG_BRAND)
BRAND_Y_ARMS = (ArmName.INDUSTRY, ArmName.SEQUENTIAL_Y, ArmName.ADDITIVE_Y)
OTHER_SEEDS_ARMS = (ArmName.INDUSTRY, ArmName.MANUFACTURER, ArmName.SEQUENTIAL, ArmName.ADDITIVE)
FREE_ARMS = (
    ArmName.BASE, ArmName.FULL_PROMPT, ArmName.INDUSTRY, ArmName.MANUFACTURER, ArmName.SEQUENTIAL, ArmName.ADDITIVE,
)  # fmt: skip
"""Asked without the schema too, so that what the grammar gives can be told from what an adapter gives."""

NO_WORSE: Mapping[ArmName, tuple[str, ...]] = {
    ArmName.INDUSTRY: INDUSTRY_CORE,
    ArmName.MANUFACTURER: BRAND_X,
    ArmName.SEQUENTIAL: (*INDUSTRY_CORE, *BRAND_X),
}
"""Who is compared on which sets for a loss, which takes many examples; their replies are short."""
NO_WORSE_SHARE = 3.75

TUNING_WEIGHTS = ("0.6", "0.8", "1.0")


@dataclass(frozen=True)
class Sitting:
    """One arm of one training seed, and how many examples of which sets it is asked.

    `free_count`: how many of each it is asked without the schema too.
    """

    arm: ArmName
    seed: int
    counts: Mapping[str, int]
    free_count: int = 0


@dataclass(frozen=True)
class Protocol:
    """`tuning_count`: validation examples per composite for each pair of weights; `control_count`: for divergence."""

    name: str
    sittings: tuple[Sitting, ...]
    tuning_count: int
    control_count: int
    diverging: tuple[ArmName, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({sitting.seed for sitting in self.sittings}))

    @property
    def counts(self) -> dict[str, int]:
        """The most that any arm is asked of each set."""
        most: dict[str, int] = {}
        for sitting in self.sittings:
            for task, count in sitting.counts.items():
                most[task] = max(count, most.get(task, 0))
        return most


def full(examples: int, seeds: Sequence[int]) -> Protocol:
    """`examples` per set for the main arms, half of that for the ablations, three quarters for other training seeds.

    What must be shown to be no worse is asked more often: of 80 examples on which two arms never disagree, a loss of
    three points cannot be ruled out.
    """
    half, most = max(1, examples // 2), max(1, examples * 3 // 4)
    main = [
        Sitting(arm, MAIN_SEED, _of_main_arm(arm, examples, half), examples if arm in FREE_ARMS else 0)
        for arm in MAIN_ARMS
    ]
    secondary = [
        Sitting(arm, MAIN_SEED, dict.fromkeys(INDUSTRY_CORE, half) | dict.fromkeys(OF_BRAND_X, count))
        for arm in SECONDARY_ARMS
        for count in [examples if arm is ArmName.RANDOM else half]  # that noise adds nothing takes as many to show
    ]
    of_y = [
        Sitting(arm, MAIN_SEED, dict.fromkeys(BRAND_Y, half)) for arm in BRAND_Y_ARMS if arm is not ArmName.INDUSTRY
    ]
    others = [
        Sitting(arm, seed, dict.fromkeys((*INDUSTRY_CORE, *OF_BRAND_X), most))
        for seed in seeds
        if seed != MAIN_SEED
        for arm in OTHER_SEEDS_ARMS
    ]
    diverging = tuple(arm for arm in (*MAIN_ARMS, *SECONDARY_ARMS) if arm not in (ArmName.BASE, ArmName.FULL_PROMPT))
    of_main_seed = [*main, *secondary, *of_y] if MAIN_SEED in seeds else []
    return Protocol("full", (*of_main_seed, *others), min(24, examples), 42, diverging if of_main_seed else ())


def quick(examples: int) -> Protocol:
    """What is shipped, against the base."""
    everything = dict.fromkeys((*INDUSTRY, *OF_BRAND_X, *BRAND_Y), examples)
    of_x = dict.fromkeys((*INDUSTRY, *OF_BRAND_X), examples)
    return Protocol(
        "quick",
        (
            Sitting(ArmName.BASE, MAIN_SEED, everything),
            Sitting(ArmName.INDUSTRY, MAIN_SEED, everything),
            Sitting(ArmName.SEQUENTIAL, MAIN_SEED, of_x),
            Sitting(ArmName.SEQUENTIAL_Y, MAIN_SEED, dict.fromkeys(BRAND_Y, examples)),
        ),
        tuning_count=0,
        control_count=14,
        diverging=(ArmName.INDUSTRY, ArmName.SEQUENTIAL),
    )


def _of_main_arm(arm: ArmName, examples: int, half: int) -> dict[str, int]:
    counts = dict.fromkeys((*INDUSTRY, *OF_BRAND_X), examples)
    counts |= dict.fromkeys(NO_WORSE.get(arm, ()), round(examples * NO_WORSE_SHARE))
    return counts | dict.fromkeys(BRAND_Y, half) if arm in BRAND_Y_ARMS else counts
