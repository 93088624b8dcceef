"""What needs two adapters at once and is in nobody's lessons: a brand's brief to a plan, and its placement copy."""

import random

from adapters.prompts import copy_prompt
from adapters.training.briefs import planned
from adapters.training.example import Example, Generator, Skill, Split, share
from adapters.training.hierarchy import brand_mention
from adapters.training.vocabulary import PACKS, PRODUCTS
from schemas.brands import BrandRules
from schemas.tasks import PlacementType


def brand_plan_generator(rules: BrandRules) -> Generator:
    """The industry's choices with the brand's own node and guardrail."""

    def brand_plan_example(draw: random.Random, split: Split) -> Example:
        mention, node, guardrail = brand_mention(rules, draw, split)
        return planned(draw, split, Skill.BRAND_PLAN, mention, node, guardrail)

    return brand_plan_example


def brand_copy_generator(rules: BrandRules) -> Generator:
    """The placement's layout in the brand's writing. It has no gold answer: the checks say what is right."""

    def brand_copy_example(draw: random.Random, split: Split) -> Example:
        product = draw.choice(share(PRODUCTS, split))
        placement = draw.choice(list(PlacementType))
        prompt = copy_prompt(placement, rules.brand_name, f"{product} {draw.choice(PACKS)}")
        return Example(Skill.BRAND_COPY, prompt, "", family=f"{placement.value} {product}")

    return brand_copy_example
