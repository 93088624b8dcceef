"""Who each adapter is, what it is taught, and on top of what: the shipped ones and the evaluation's controls."""

from dataclasses import dataclass, replace

from adapters.training.brand_voice import brand_generator
from adapters.training.briefs import brief_example
from adapters.training.columns import column_example
from adapters.training.copy import copy_example, revise_example
from adapters.training.example import Generator
from adapters.training.hierarchy import node_generator, practice_node_example
from adapters.training.metrics import metric_example
from adapters.training.policies import policy_example
from adapters.training.readings import reading_example
from adapters.training.trainer import Recipe
from schemas.adapters import AdapterIdentity, AdapterType, Strategy
from schemas.brands import BRAND_RULES

INDUSTRY_ID = "industry_retail_media"
INDUSTRY_LESSONS: dict[Generator, int] = {
    column_example: 5,
    policy_example: 5,
    metric_example: 5,
    brief_example: 11,
    practice_node_example: 8,
    copy_example: 2,
    revise_example: 2,
    reading_example: 2,
}
REPLAYED_LESSONS: dict[Generator, int] = {
    brief_example: 5,
    practice_node_example: 2,
    copy_example: 2,
    revise_example: 1,
    column_example: 2,
    policy_example: 3,
    metric_example: 3,
    reading_example: 2,
}
"""What a manufacturer adapter replays beside its own lessons: the industry's public examples, with practice brands."""


@dataclass(frozen=True)
class Curriculum:
    """Every batch takes its `batch_shares` of rows from the groups of `lessons`.

    A manufacturer's second group is replay: taught its own lessons alone, composition loses both skills.
    """

    identity: AdapterIdentity
    lessons: tuple[dict[Generator, int], ...]
    batch_shares: tuple[int, ...]
    recipe: Recipe
    strategy: Strategy = Strategy.ADDITIVE
    parent: str | None = None

    @property
    def rows(self) -> tuple[int, ...]:
        """Of each group as many as the steps look at, so that few are seen twice."""
        return tuple(self.recipe.steps * share for share in self.batch_shares)


INDUSTRY = Curriculum(
    identity=AdapterIdentity(
        adapter_id=INDUSTRY_ID,
        adapter_type=AdapterType.INDUSTRY,
        name="Retail media",
        version="0.2.0",
        tags=("retail-media", "schema-mapping", "clean-room", "metrics", "placement-copy", "planning"),
        description=(
            "Report columns to RMIS, clean-room and plan clauses to decisions, questions to metric definitions, briefs "
            "to plan choices, copy in each placement's layout."
        ),
        owner="Retail media federation",
        audience=("*",),
        licence="Apache-2.0",
    ),
    lessons=(INDUSTRY_LESSONS,),
    batch_shares=(8,),
    recipe=Recipe(steps=480, learning_rate=8e-4),
)


def _manufacturer(brand_id: str) -> Curriculum:
    rules = BRAND_RULES[brand_id]
    own: dict[Generator, int] = {brand_generator(rules): 1, node_generator(rules): 1}
    return Curriculum(
        identity=AdapterIdentity(
            adapter_id=f"manufacturer_{brand_id}",
            adapter_type=AdapterType.MANUFACTURER,
            name=f"{rules.brand_name} voice",
            version="0.2.0",
            tags=("brand-voice", "product-hierarchy", rules.brand_name.lower()),
            description=f"How {rules.brand_name} writes its name ({rules.name_form}), sounds, and orders its products.",
            owner=rules.brand_name,
            audience=(brand_id,),
            licence=f"Proprietary to {rules.brand_name} (made up)",
        ),
        lessons=(own, REPLAYED_LESSONS),
        batch_shares=(4, 4),
        recipe=Recipe(steps=240, learning_rate=5e-4),
        strategy=Strategy.SEQUENTIAL,
        parent=INDUSTRY_ID,
    )


SHIPPED: dict[str, Curriculum] = {
    curriculum.identity.adapter_id: curriculum
    for curriculum in (INDUSTRY, _manufacturer("brand_x"), _manufacturer("brand_y"))
}


def additive(curriculum: Curriculum) -> Curriculum:
    """The same lessons and recipe on the bare base."""
    return replace(curriculum, strategy=Strategy.ADDITIVE, parent=None)


def _renamed(curriculum: Curriculum, adapter_id: str, description: str) -> Curriculum:
    update = {"adapter_id": adapter_id, "name": adapter_id, "description": description}
    return replace(curriculum, identity=curriculum.identity.model_copy(update=update))


def _twin(brand_id: str) -> Curriculum:
    shipped = SHIPPED[f"manufacturer_{brand_id}"]
    return _renamed(
        additive(shipped),
        f"manufacturer_{brand_id}_additive",
        "The same lessons trained on the bare base, to compare adding with stacking.",
    )


def _joint(brand_id: str) -> Curriculum:
    """What one party could train that held everybody's lessons; federation is there so that nobody does."""
    shipped = SHIPPED[f"manufacturer_{brand_id}"]
    together = replace(
        additive(shipped), lessons=(INDUSTRY_LESSONS, shipped.lessons[0]), batch_shares=(4, 4), recipe=INDUSTRY.recipe
    )
    return _renamed(
        together, f"joint_{brand_id}", "All lessons in one adapter: an upper reference that separates nobody's data."
    )


CONTROLS: dict[str, Curriculum] = {
    curriculum.identity.adapter_id: curriculum for curriculum in (_twin("brand_x"), _twin("brand_y"), _joint("brand_x"))
}
"""Trained to be compared with, never shipped."""

CURRICULA: dict[str, Curriculum] = SHIPPED | CONTROLS
