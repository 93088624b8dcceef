"""The arms: what is added to the base in each, and which adapters that takes."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from adapters.digest import base_digest
from adapters.evaluation.peft_merging import DENSITY, SVD_RANK, merged_update
from adapters.evaluation.updates import Update, composed_update, random_update, summed
from adapters.lora_tensors import LoraSource, read_lora
from adapters.manager import AdapterManager
from adapters.training.recipes import INDUSTRY_ID
from schemas.adapters import AdapterWeights

MAIN_SEED = 0
"""The training seed of the shipped adapters."""

BRAND_X_ID = "manufacturer_brand_x"
BRAND_Y_ID = "manufacturer_brand_y"


class ArmName(StrEnum):
    BASE = "base"
    FULL_PROMPT = "base_full_prompt"
    INDUSTRY = "industry"
    MANUFACTURER = "manufacturer_alone"
    SEQUENTIAL_CHILD = "sequential_child_alone"
    SEQUENTIAL = "composed_sequential"
    ADDITIVE = "composed_additive"
    ADDITIVE_TUNED = "composed_additive_tuned"
    TIES_SVD = "ties_svd"
    LINEAR = "linear"
    WRONG_BRAND = "wrong_brand"
    RANDOM = "random"
    JOINT = "joint"
    SEQUENTIAL_Y = "composed_sequential_y"
    ADDITIVE_Y = "composed_additive_y"


WHAT: dict[ArmName, str] = {
    ArmName.BASE: "the bare base model",
    ArmName.FULL_PROMPT: "the bare base with every rule of the task in its prompt",
    ArmName.INDUSTRY: "the industry adapter",
    ArmName.MANUFACTURER: "brand X's lessons trained on the bare base, without the industry adapter",
    ArmName.SEQUENTIAL_CHILD: "the shipped brand X adapter without the parent it was trained on",
    ArmName.SEQUENTIAL: "industry + brand X trained on top of it: what is served",
    ArmName.ADDITIVE: "industry + brand X trained apart, weights 1 and 1",
    ArmName.ADDITIVE_TUNED: "industry + brand X trained apart, weights chosen on validation composites",
    ArmName.TIES_SVD: f"the pair trained apart, merged by PEFT's ties_svd (density {DENSITY}, rank {SVD_RANK})",
    ArmName.LINEAR: "the pair trained apart, merged by PEFT's linear, which adds cross terms",
    ArmName.WRONG_BRAND: "industry + brand Y, asked about brand X",
    ArmName.RANDOM: "industry + Gaussian noise, in every layer as large as the brand X adapter",
    ArmName.JOINT: "one adapter taught everybody's lessons, which federation is there to avoid",
    ArmName.SEQUENTIAL_Y: "industry + brand Y trained on top of it",
    ArmName.ADDITIVE_Y: "industry + brand Y trained apart, weights 1 and 1",
}


@dataclass(frozen=True)
class Source:
    """One adapter on disk, pinned; `weights_dir` is read only when the arm has to answer."""

    adapter_id: str
    weights: AdapterWeights
    weights_dir: Path

    @property
    def pinned(self) -> str:
        return f"{self.adapter_id}@{self.weights.sha256[:12]}"

    def read(self) -> LoraSource:
        return read_lora(self.weights_dir, self.adapter_id, self.weights.files)


class TrainedAdapters:
    """The shipped adapters are those of the main seed; everything else lies in `trained`, a catalogue per seed."""

    def __init__(self, shipped: Path, trained: Path, base: Path) -> None:
        self.base = base
        self.base_sha256 = base_digest(base)
        self._shipped = AdapterManager(shipped)
        self._trained = trained
        self._by_seed: dict[int, AdapterManager] = {}

    def source(self, adapter_id: str, seed: int) -> Source:
        """Raises AdapterError when the adapter is not there, not for this base, or not to be used."""
        is_shipped = seed == MAIN_SEED and adapter_id in (INDUSTRY_ID, BRAND_X_ID, BRAND_Y_ID)
        manager = self._shipped if is_shipped else self._of_seed(seed)
        weights = manager.weights_for(adapter_id, self.base_sha256)
        return Source(adapter_id, weights, manager.folder_for(adapter_id, weights))

    def _of_seed(self, seed: int) -> AdapterManager:
        if seed not in self._by_seed:
            self._by_seed[seed] = AdapterManager(self._trained / f"seed-{seed}")
        return self._by_seed[seed]


@dataclass(frozen=True)
class Arm:
    """`recipe` is everything the update depends on, so replies kept under its digest are this arm's."""

    name: ArmName
    seed: int
    sources: tuple[str, ...]
    recipe: str
    build: Callable[[], Update]

    @property
    def reads_rules(self) -> bool:
        return self.name is ArmName.FULL_PROMPT

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.recipe.encode()).hexdigest()


ONE = Decimal(1)


def arm_for(
    name: ArmName, adapters: TrainedAdapters, seed: int = MAIN_SEED, weights: tuple[Decimal, Decimal] = (ONE, ONE)
) -> Arm:
    """Raises AdapterError when an adapter it takes is missing; `weights` are for the additive arms only."""

    def source(adapter_id: str) -> Source:
        return adapters.source(adapter_id, seed)

    match name:
        case ArmName.BASE | ArmName.FULL_PROMPT:
            return _weighted(name, seed, ())
        case ArmName.INDUSTRY:
            return _weighted(name, seed, ((source(INDUSTRY_ID), ONE),))
        case ArmName.MANUFACTURER:
            return _weighted(name, seed, ((source(f"{BRAND_X_ID}_additive"), ONE),))
        case ArmName.SEQUENTIAL_CHILD:
            return _weighted(name, seed, ((source(BRAND_X_ID), ONE),))
        case ArmName.SEQUENTIAL:
            return _weighted(name, seed, ((source(INDUSTRY_ID), ONE), (source(BRAND_X_ID), ONE)))
        case ArmName.WRONG_BRAND | ArmName.SEQUENTIAL_Y:
            return _weighted(name, seed, ((source(INDUSTRY_ID), ONE), (source(BRAND_Y_ID), ONE)))
        case ArmName.ADDITIVE | ArmName.ADDITIVE_TUNED:
            pair = (source(INDUSTRY_ID), source(f"{BRAND_X_ID}_additive"))
            return _weighted(name, seed, tuple(zip(pair, weights, strict=True)))
        case ArmName.ADDITIVE_Y:
            return _weighted(name, seed, ((source(INDUSTRY_ID), ONE), (source(f"{BRAND_Y_ID}_additive"), ONE)))
        case ArmName.JOINT:
            return _weighted(name, seed, ((source("joint_brand_x"), ONE),))
        case ArmName.TIES_SVD | ArmName.LINEAR:
            return _merged(name, adapters.base, seed, (source(INDUSTRY_ID), source(f"{BRAND_X_ID}_additive")))
        case ArmName.RANDOM:
            return _with_noise(name, seed, source(INDUSTRY_ID), source(BRAND_X_ID))


def _weighted(name: ArmName, seed: int, weighted: Sequence[tuple[Source, Decimal]]) -> Arm:
    def build() -> Update:
        return composed_update([(source.read(), weight) for source, weight in weighted]) if weighted else {}

    recipe = ["sum", *[[source.weights.sha256, str(weight.normalize())] for source, weight in weighted]]
    pinned = tuple(
        f"{source.pinned}:{weight.normalize()}" if weight != ONE else source.pinned for source, weight in weighted
    )
    return Arm(name, seed, pinned, json.dumps(recipe), build)


def _merged(name: ArmName, base: Path, seed: int, pair: tuple[Source, Source]) -> Arm:
    def build() -> Update:
        return merged_update(base, pair[0].weights_dir, pair[1].weights_dir, name.value)

    recipe = ["peft", name.value, DENSITY, SVD_RANK, *[source.weights.sha256 for source in pair]]
    return Arm(name, seed, tuple(source.pinned for source in pair), json.dumps(recipe), build)


def _with_noise(name: ArmName, seed: int, industry: Source, like: Source) -> Arm:
    def build() -> Update:
        noise = random_update(composed_update([(like.read(), ONE)]), seed)
        return summed(composed_update([(industry.read(), ONE)]), noise)

    recipe = ["noise", seed, industry.weights.sha256, like.weights.sha256]
    return Arm(name, seed, (industry.pinned, f"noise as large as {like.pinned}"), json.dumps(recipe), build)
