"""Which controls the evaluation needs that are not trained yet."""

from collections.abc import Sequence
from pathlib import Path

from adapters.adapter_folder import CARD_FILE

Job = tuple[int, str]
"""(seed, adapter id)."""

SHIPPED_SEED = 0
PARENTS = ("industry_retail_media",)
OF_EVERY_SEED = ("manufacturer_brand_x_additive",)
OF_OTHER_SEEDS = ("manufacturer_brand_x",)
OF_THE_SHIPPED_SEED = ("joint_brand_x", "manufacturer_brand_y_additive")


def missing_controls(out: Path, seeds: Sequence[int]) -> tuple[tuple[Job, ...], ...]:
    """Two stages: parents and what needs none, then what is trained on top of them.

    The shipped industry and manufacturer adapters are those of the shipped seed and are not trained again.
    """
    first = [(seed, adapter_id) for seed in seeds for adapter_id in _without_parent(seed)]
    second = [(seed, adapter_id) for seed in seeds if seed != SHIPPED_SEED for adapter_id in OF_OTHER_SEEDS]
    return tuple(tuple(job for job in stage if not _is_there(out, *job)) for stage in (first, second))


def _without_parent(seed: int) -> tuple[str, ...]:
    return (*OF_EVERY_SEED, *OF_THE_SHIPPED_SEED) if seed == SHIPPED_SEED else (*PARENTS, *OF_EVERY_SEED)


def _is_there(out: Path, seed: int, adapter_id: str) -> bool:
    return (out / f"seed-{seed}" / adapter_id / CARD_FILE).is_file()
