"""What each composition can do on examples whose products, wordings and combinations no adapter was taught."""

import itertools
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import binomtest
from tqdm import tqdm

from adapters.adapter_folder import read_card
from adapters.digest import base_digest
from adapters.manager import AdapterManager
from adapters.prompts import MAPPABLE_FIELDS, copy_prompt
from adapters.registration import write_card
from adapters.store import CompositionStore
from adapters.training.brand_voice import brand_generator
from adapters.training.briefs import brief_example
from adapters.training.checks import MEASURES
from adapters.training.columns import column_example
from adapters.training.copy import copy_example, revise_example
from adapters.training.example import Example, Generator, Skill, Split, examples, share
from adapters.training.generation import Writer
from adapters.training.readings import reading_example
from adapters.training.recipes import CURRICULA
from adapters.training.school import VALIDATION_ROWS, lessons
from adapters.training.vocabulary import PACKS, PRODUCTS
from schemas.adapters import AdapterType
from schemas.base import Frozen
from schemas.brands import BRAND_RULES, BrandRules
from schemas.tasks import Objective, Pacing, PlacementType

INDUSTRY_SETS: dict[str, Generator] = {
    "column": column_example,
    "plan": brief_example,
    "copy": copy_example,
    "revise": revise_example,
    "reading": reading_example,
}
CHOICES: dict[Skill, tuple[str, ...]] = {
    Skill.COLUMN: tuple(json.dumps({"field": field}) for field in MAPPABLE_FIELDS),
    Skill.PLAN: tuple(
        json.dumps({"objective": objective.value, "pacing": pacing.value, "lead_placement": placement.value})
        for objective, pacing, placement in itertools.product(Objective, Pacing, PlacementType)
    ),
}
"""Where a server's schema lets a reply be one of these only; every arm is held to them, the bare base too."""

BASIS = (
    "Greedy answers; column and plan replies are chosen among the schema's allowed ones. No prompt is in any adapter's "
    "lessons: header wordings, brief phrases and products are held out, readings are of unseen combinations, composite "
    "requests (placement copy for a brand with rules) are taught to nobody. low and high: 95 % Wilson interval over "
    "examples, which share few wordings, so an interval over wordings would be wider. One training seed."
)


class Score(Frozen):
    """`right` of the `n` examples the measure applies to."""

    arm: str
    examples: str
    measure: str
    right: int
    n: int
    share: float
    low: float
    high: float


class EvaluationReport(Frozen):
    """`arms`: arm -> the pinned name that answered."""

    basis: str
    base_model: str
    base_sha256: str
    seed: int
    arms: dict[str, str]
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class Arm:
    """`model` is a composition's name, and `sets` what it is asked."""

    model: str
    sets: Mapping[str, tuple[Example, ...]]


def composite_generator(rules: BrandRules) -> Generator:
    """Placement copy for a brand with rules. It has no gold answer: the checks say what is right."""

    def composite_example(draw: random.Random, split: Split) -> Example:
        product = f"{draw.choice(share(PRODUCTS, split))} {draw.choice(PACKS)}"
        return Example(Skill.COMPOSITE, copy_prompt(draw.choice(list(PlacementType)), rules.brand_name, product), "")

    return composite_example


def evaluate(adapters: Path, base: Path, store: Path, count: int, seed: int) -> EvaluationReport:
    """`count` examples per set. Raises AdapterError when the shipped adapters are missing or broken."""
    base_sha256 = base_digest(base)
    compositions = CompositionStore(AdapterManager(adapters), store, base_sha256=base_sha256)
    arms = evaluation_arms(AdapterManager(adapters), count, seed)
    pinned = {arm.model: str(compositions.canonical(arm.model)) for arm in arms}
    scores: list[Score] = []
    with tqdm(total=sum(len(rows) for arm in arms for rows in arm.sets.values()), unit="answer") as progress:
        for arm in arms:
            progress.set_description(arm.model)
            composed = None if arm.model == "base" else compositions.compose(arm.model).path
            writer = Writer(base, composed)
            for name, rows in arm.sets.items():
                prompts = [example.prompt for example in rows]
                replies = writer.answers(prompts, CHOICES.get(rows[0].skill, ()), progress.update)
                scores.extend(scores_of(arm.model, name, rows, replies))
    return EvaluationReport(
        basis=BASIS, base_model=base.name, base_sha256=base_sha256, seed=seed, arms=pinned, scores=tuple(scores)
    )


def scores_of(arm: str, name: str, rows: tuple[Example, ...], replies: list[str]) -> list[Score]:
    found = []
    for measure, check in MEASURES[rows[0].skill].items():
        verdicts = [
            verdict
            for example, reply in zip(rows, replies, strict=True)
            if (verdict := check(example, reply)) is not None
        ]
        interval = binomtest(sum(verdicts), len(verdicts)).proportion_ci(method="wilson")
        found.append(
            Score(
                arm=arm,
                examples=name,
                measure=measure,
                right=sum(verdicts),
                n=len(verdicts),
                share=round(sum(verdicts) / len(verdicts), 4),
                low=round(float(interval.low), 4),
                high=round(float(interval.high), 4),
            )
        )
    return found


def taught_prompts() -> frozenset[str]:
    """Every prompt of every curriculum. A split holds families out; this holds out what they have in common."""
    return frozenset(
        example.prompt
        for curriculum in CURRICULA.values()
        for split in (Split.TRAIN, Split.VALIDATION)
        for example in lessons(curriculum, split, curriculum.rows if split is Split.TRAIN else VALIDATION_ROWS)
    )


def evaluation_arms(manager: AdapterManager, count: int, seed: int) -> list[Arm]:
    """Bare base and industry answer everything; a manufacturer's pair answers the industry's sets and its brand's."""

    def drawn(generator: Generator) -> tuple[Example, ...]:
        return tuple(examples({generator: 1}, Split.TEST, count, seed, taught))

    taught = taught_prompts()
    industry = {name: drawn(generator) for name, generator in INDUSTRY_SETS.items()}
    by_brand = {
        brand_id: {
            f"{brand_id}.rules": drawn(brand_generator(rules)),
            f"{brand_id}.composite": drawn(composite_generator(rules)),
        }
        for brand_id, rules in BRAND_RULES.items()
    }
    everything = industry | {name: rows for sets in by_brand.values() for name, rows in sets.items()}
    parent = next(card.adapter_id for card in manager.cards() if card.adapter_type is AdapterType.INDUSTRY)
    pairs = [
        Arm(f"{parent}+{manager.card_for(f'manufacturer_{brand_id}').adapter_id}", industry | sets)
        for brand_id, sets in by_brand.items()
    ]
    return [Arm("base", everything), Arm(parent, everything), *pairs]


def write_into_cards(report: EvaluationReport, adapters: Path) -> None:
    """Each adapter's card gets the scores of the arm in which it is the last part."""
    for model in report.arms:
        if model == "base":
            continue
        folder = adapters / model.rpartition("+")[2]
        card = read_card(folder)
        own = {
            key: value
            for score in report.scores
            if score.arm == model
            for key, value in (
                (f"{score.examples}.{score.measure}", score.share),
                (f"{score.examples}.{score.measure}.n", score.n),
            )
        }
        weights = tuple(
            one.model_copy(update={"evaluation": own}) if one.base_sha256 == report.base_sha256 else one
            for one in card.weights
        )
        write_card(folder, card.model_copy(update={"weights": weights}))


def table(report: EvaluationReport) -> str:
    """One line per measured thing, one column per arm."""
    arms = list(report.arms)
    by_key: dict[tuple[str, str], dict[str, Score]] = {}
    for score in report.scores:
        by_key.setdefault((score.examples, score.measure), {})[score.arm] = score
    lines = [f"{'':42}" + "".join(f"{arm.replace('industry_retail_media', 'industry'):>32}" for arm in arms)]
    for (name, measure), found in by_key.items():
        cells = [
            f"{found[arm].share:.2f} [{found[arm].low:.2f}, {found[arm].high:.2f}]" if arm in found else ""
            for arm in arms
        ]
        n = next(iter(found.values())).n
        lines.append(f"{f'{name} {measure} (n={n})':42}" + "".join(f"{cell:>32}" for cell in cells))
    return "\n".join(lines)
