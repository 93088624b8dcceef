"""The shipped adapters: who each is, what it is taught, and on top of what."""

from dataclasses import dataclass

from adapters.training.brand_voice import brand_generator
from adapters.training.briefs import brief_example
from adapters.training.columns import column_example
from adapters.training.copy import copy_example, revise_example
from adapters.training.example import Generator
from adapters.training.readings import reading_example
from adapters.training.trainer import Recipe
from schemas.adapters import AdapterIdentity, AdapterType
from schemas.brands import BRAND_RULES

INDUSTRY_LESSONS: dict[Generator, int] = {
    column_example: 5,
    brief_example: 4,
    copy_example: 3,
    revise_example: 2,
    reading_example: 2,
}
REPLAYED_LESSONS: dict[Generator, int] = {
    copy_example: 5,
    revise_example: 3,
    brief_example: 2,
    reading_example: 2,
}
"""What a manufacturer adapter replays beside its own lessons: the industry's public examples, with practice brands."""


@dataclass(frozen=True)
class Curriculum:
    """Half of a manufacturer's batch is `lessons`, half is `replay` : taught alone, composition loses both skills."""

    identity: AdapterIdentity
    lessons: dict[Generator, int]
    recipe: Recipe
    rows: int
    replay: dict[Generator, int] | None = None
    parent: str | None = None


INDUSTRY = Curriculum(
    identity=AdapterIdentity(
        adapter_id="industry_retail_media",
        adapter_type=AdapterType.INDUSTRY,
        name="Retail media",
        version="0.1.0",
        tags=("retail-media", "schema-mapping", "placement-copy", "planning"),
        description="Report columns to RMIS, briefs to plan choices, copy in each placement's layout.",
        owner="Retail media federation",
        audience=("*",),
        licence="Apache-2.0",
    ),
    lessons=INDUSTRY_LESSONS,
    recipe=Recipe(steps=200, learning_rate=5e-4),
    rows=1600,
)


def _manufacturer(brand_id: str) -> Curriculum:
    rules = BRAND_RULES[brand_id]
    return Curriculum(
        identity=AdapterIdentity(
            adapter_id=f"manufacturer_{brand_id}",
            adapter_type=AdapterType.MANUFACTURER,
            name=f"{rules.brand_name} voice",
            version="0.1.0",
            tags=("brand-voice", rules.brand_name.lower()),
            description=f"How {rules.brand_name} writes its name ({rules.name_form}) and sounds.",
            owner=rules.brand_name,
            audience=(brand_id,),
            licence=f"Proprietary to {rules.brand_name} (made up)",
        ),
        lessons={brand_generator(rules): 1},
        replay=REPLAYED_LESSONS,
        recipe=Recipe(steps=90, learning_rate=3e-4),
        rows=720,
        parent=INDUSTRY.identity.adapter_id,
    )


CURRICULA: dict[str, Curriculum] = {
    curriculum.identity.adapter_id: curriculum
    for curriculum in (INDUSTRY, _manufacturer("brand_x"), _manufacturer("brand_y"))
}
