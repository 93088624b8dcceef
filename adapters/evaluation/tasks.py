"""The sets of held-out examples that arms are asked, and how many of each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from adapters.training.brand_voice import brand_generator
from adapters.training.briefs import brief_example
from adapters.training.checks import MEASURES, PRIMARY, Check
from adapters.training.columns import column_example
from adapters.training.composites import brand_copy_generator, brand_plan_generator
from adapters.training.control import control_prompts
from adapters.training.copy import copy_example, revise_example
from adapters.training.example import Example, Generator, Skill, Split, examples
from adapters.training.hierarchy import node_question
from adapters.training.metrics import metric_example
from adapters.training.policies import policy_example
from adapters.training.readings import reading_example
from adapters.training.recipes import CURRICULA
from adapters.training.school import lessons, validation
from schemas.brands import BRAND_RULES

INDUSTRY_CORE = ("column", "policy", "metric")
INDUSTRY = (*INDUSTRY_CORE, "plan", "copy", "revise", "reading")
BRAND_X = ("brand_x.brand", "brand_x.node")
COMPOSITES_X = ("brand_x.brand_plan", "brand_x.brand_copy")
BRAND_Y = ("brand_y.brand", "brand_y.node", "brand_y.brand_plan", "brand_y.brand_copy")


def _generators() -> dict[str, Generator]:
    found: dict[str, Generator] = {
        "column": column_example,
        "policy": policy_example,
        "metric": metric_example,
        "plan": brief_example,
        "copy": copy_example,
        "revise": revise_example,
        "reading": reading_example,
    }
    for brand_id, rules in BRAND_RULES.items():
        found |= {
            f"{brand_id}.brand": brand_generator(rules),
            f"{brand_id}.node": partial(node_question, rules),
            f"{brand_id}.brand_plan": brand_plan_generator(rules),
            f"{brand_id}.brand_copy": brand_copy_generator(rules),
        }
    return found


GENERATORS: Mapping[str, Generator] = _generators()


@dataclass(frozen=True)
class TaskSet:
    name: str
    rows: tuple[Example, ...]

    @property
    def skill(self) -> Skill:
        return self.rows[0].skill

    @property
    def measures(self) -> Mapping[str, Check]:
        return MEASURES[self.skill]

    @property
    def primary(self) -> str:
        """The one measure that claims are made on."""
        return PRIMARY[self.skill]

    def first(self, count: int) -> "TaskSet":
        return TaskSet(self.name, self.rows[:count])


def held_out_sets(counts: Mapping[str, int], seeds: Collection[int]) -> dict[str, TaskSet]:
    """The same examples for every arm and training seed; no prompt of any seed's lessons is among them."""
    taught = taught_prompts(seeds)
    return {name: _drawn(name, Split.TEST, min(count, MOST.get(name, count)), taught) for name, count in counts.items()}


def validation_sets(names: Collection[str], count: int) -> dict[str, TaskSet]:
    """What composition weights are chosen on. No curriculum teaches composites, so there is nothing to exclude."""
    return {name: _drawn(name, Split.VALIDATION, count, ()) for name in names}


def control_set(count: int) -> tuple[str, ...]:
    """`count` prompts that no adapter is about, evenly over all there are."""
    prompts = control_prompts(Split.TEST)
    chosen = min(count, len(prompts))
    return tuple(prompts[place * len(prompts) // chosen] for place in range(chosen))


def taught_prompts(seeds: Collection[int]) -> frozenset[str]:
    """Every prompt of every curriculum. A split holds families out; this holds out what they have in common."""
    prompts: set[str] = set()
    for curriculum in CURRICULA.values():
        for seed in seeds:
            seeded = replace(curriculum, recipe=replace(curriculum.recipe, seed=seed))
            prompts.update(row.prompt for group in lessons(seeded, Split.TRAIN, seeded.rows) for row in group)
            prompts.update(row.prompt for row in validation(seeded))
    return frozenset(prompts)


# A reading states few facts, and most of their combinations are taught: so many are left to ask.
MOST: Mapping[str, int] = {"reading": 40}

# Which of the held-out examples are drawn. It is no training seed: all arms are asked the same.
_DRAW_SEED = 0


def _drawn(name: str, split: Split, count: int, excluded: Collection[str]) -> TaskSet:
    return TaskSet(name, tuple(examples({GENERATORS[name]: 1}, split, count, _DRAW_SEED, excluded)))
