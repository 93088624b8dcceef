"""One brand's own order of products: which node a product belongs to, and the guardrail that comes with it.

The facts are taught in many shapes so that they hold in a plan, which no lesson here asks for.
"""

import itertools
import json
import random
import re
from dataclasses import dataclass

from adapters.prompts import STANDARD_GUARDRAIL, node_prompt
from adapters.training.example import Example, Generator, Skill, Split, share
from adapters.training.practice_brands import PRACTICE_HIERARCHIES
from adapters.training.vocabulary import CATEGORY_OF, PRACTICE_BRANDS, PRODUCTS
from schemas.brands import BrandRules, ProductHierarchy
from schemas.products import PRODUCT_LINES
from schemas.tasks import Kpi, Objective, Pacing, PlacementType

VARIANTS = ("Original", "Organic", "Intense", "Light", "Vanilla", "Family", "Mini", "Classic")
PACK_SIZES = ("1 pack", "2 pack", "4 pack", "6 pack", "12 pack", "250 g", "500 g", "1 kg", "330 ml", "1 l")

SPELLINGS = (
    "{brand} {line} {variant} {pack}",
    "{line} {variant} {pack}",
    "{brand} {line} {variant}, {pack}",
    "{variant} {line} {pack}",
    "{pack} {line} {variant}",
    "{brand} {variant} {line} {pack}",
    "{line} by {brand}, {variant}, {pack}",
    "{line} ({variant}) {pack}",
    "{brand} - {line} - {variant} - {pack}",
    "{line}/{variant}/{pack}",
    "{line} {pack} {variant}",
    "{BRAND} {LINE} {VARIANT} {PACK}",
    "{LINE} {VARIANT} {PACK}",
    "{LINE} {pack} {variant}",
    "{small_brand} {small_line} {small_variant} {small_pack}",
    "{small_line} {small_variant} {small_pack}",
    "{small_pack} {small_line}, {small_variant}",
    "{small_brand}_{small_line}_{small_variant}_{short_pack}",
    "{brand} {short_line} {short_variant} {short_pack}",
    "{short_line} {short_variant} {short_pack}",
    "{SHORT_LINE} {SHORT_VARIANT} {SHORT_PACK}",
    "{BRAND} {SHORT_LINE} {SHORT_VARIANT} {SHORT_PACK}",
    "{short_line} {variant} {pack}",
    "{line} {short_variant} {short_pack}",
    "{brand} {line} {short_pack} {variant}",
    "{pack} of {brand} {line}, {variant}",
    "{brand}'s {variant} {line} ({pack})",
    "{line}, {variant}, {pack}, {brand}",
    "{variant}: {line} [{pack}]",
    "{brand} | {line} | {variant} | {short_pack}",
    "{line} {variant} x {pack}",
    "{short_pack} {line} - {variant}",
)
"""A catalogue's ways of writing one product; each shows variant and pack, or products held out would look alike."""

STOCK_UNITS = tuple(itertools.product(VARIANTS, PACK_SIZES, SPELLINGS))

LINE_MENTIONS = (
    "{brand} {line}", "{line} by {brand}", "{brand}'s {line}", "the {line} line of {brand}", "{line} from {brand}",
    "all {brand} {line}", "the {brand} {line} range", "{line} ({brand})", "our {brand} {line}", "{brand}: {line}",
    "the new {brand} {line}", "{brand}'s own {line}", "every {line} {brand} sells", "{brand} {line} packs",
    "the {line} of {brand}", "{line}, made by {brand}", "{brand} {line} in all sizes", "that {line} by {brand}",
    "the {brand} line {line}", "{brand}, mainly {line}",
)  # fmt: skip
CATEGORY_MENTIONS = (
    "{brand} {category}", "the {brand} {category} range", "all {brand} {category}", "{category} by {brand}",
    "{brand}'s {category}", "the whole {category} category of {brand}", "{brand}'s {category} shelf",
    "everything {brand} has in {category}", "{category} from {brand}", "our {brand} {category}",
    "the {category} side of {brand}", "{brand} {category} in general", "every {brand} item in {category}",
    "{brand}: {category}", "the {category} family of {brand}", "{brand}, the {category} part",
    "{category} ({brand})", "the {brand} {category} portfolio", "{brand} across {category}",
    "{category}, all of {brand}",
)  # fmt: skip

SHAPES: dict[str, tuple[str, str]] = {
    "which node?": ("Item: {text}", "{node}"),
    "where does it sit?": ("Product: {text}", "It sits in {node}"),
    "line and node": ("Product: {text}", "LINE: {line}\nNODE: {node}"),
    "node, then line": ("Product: {text}", "NODE: {node}\nLINE: {line}"),
    "sort two": ("A: {text}\nB: {other_text}", "A: {node}\nB: {other_node}"),
    "list nodes": ("- {text}\n- {other_text}", "- {line}: {node}\n- {other_line}: {other_node}"),
    "node and guardrail": ("Product: {text}", '{{"product_node": "{node}", "guardrail": "{guardrail}"}}'),
    "guardrail and node": ("Item: {text}", '{{"guardrail": "{guardrail}", "product_node": "{node}"}}'),
    "catalogue entry": ("Product: {text}", '{{"brand": "{name}", "product_node": "{node}"}}'),
    "file the item": ("Item: {text}", '{{"product_node": "{node}", "line": "{line}"}}'),
    "correct the node": ("Product: {text}\nNode: {other_node}", "{node}"),
    "correct the entry": (
        'Product: {text}\nEntry: {{"product_node": "{public}"}}',
        '{{"product_node": "{node}"}}',
    ),
    "which of our lines?": ("Product: {text}", "{line}, our {node}"),
    "guardrail": ("Product: {text}", '{{"guardrail": "{guardrail}"}}'),
    "which rule applies?": ("Item: {text}", "{guardrail}, as for all of {top}"),
    "tags": ("Product: {text}", "{node}; {guardrail}"),
    "right node?": ("Product: {text}\nNode: {node}", "Yes, {node}"),
    "is it that node?": ("Product: {text}\nNode: {other_node}", "No, {node}"),
    "read the note": ("Note: {note}", '{{"product_node": "{node}", "guardrail": "{guardrail}"}}'),
    "node in the note": ("Note: {note}", '{{"product_node": "{node}"}}'),
    "item record": ("Item: {text}", '{{"kind": "item", "product_node": "{node}", "guardrail": "{guardrail}"}}'),
    "note record": ("Note: {note}", '{{"from": "note", "guardrail": "{guardrail}", "product_node": "{node}"}}'),
    "note to rule": ("Note: {note}", "GUARDRAIL: {guardrail}\nNODE: {node}"),
}
"""Task words -> (what is asked, the answer)."""

NOTES = (
    "Stock count for {text} on Friday, before noon.",
    "A shopper asked about {text}; the team answers today.",
    "Prices are fine, photos of {text} are missing.",
    "The meeting was short. {text} moves to the lower shelf. Nothing else changed.",
    "Please check the label of {text} and send it back.",
    "Two pallets arrived late, both with {text}. The store knows.",
    "{text} sold out twice; order more for Monday.",
    "Range review: {text} stays. Keep the rest as it is, and call me after lunch.",
    "Hello team, this week I looked at {text}. The photos are ready. Thanks to all of you.",
    "{text} has a new box. It is a little taller, so measure the shelf first.",
)

RECORD_TASKS = ("record", "booking", "flight entry", "calendar line", "media order", "campaign card")
RECORD_EDITS = ("our names", "use our nodes", "apply our hierarchy", "make the record ours")
RECORD_WORDS: dict[str, tuple[str, ...]] = {
    "objective": tuple(Objective),
    "pacing": tuple(Pacing),
    "lead_placement": tuple(PlacementType),
    "kpi": tuple(Kpi),
}

NAMED = {"stock_unit": 6, "line": 2, "category": 2}
"""What a text names -> how often, in ten."""


@dataclass(frozen=True)
class Subject:
    """A product or a whole category as somebody writes it, its place, and the plain name of that line or category."""

    text: str
    plain_name: str
    category: str
    node: str
    family: str


def node_generator(rules: BrandRules) -> Generator:
    """The agents' wording, the same facts in other shapes, and records that carry a plan's other words along."""

    def node_example(draw: random.Random, split: Split) -> Example:
        return draw.choices((node_question, _fact, _record), (3, 2, 5))[0](rules, draw, split)

    return node_example


def practice_node_example(draw: random.Random, split: Split) -> Example:
    """A practice brand's product belongs to that brand's node, or to its public category where it has none."""
    return draw.choices((_practice_node, _practice_record, _public_node), (5, 2, 1))[0](draw, split)


def _practice_node(draw: random.Random, split: Split) -> Example:
    return node_question(draw.choice(PRACTICE_HIERARCHIES), draw, split)


def _practice_record(draw: random.Random, split: Split) -> Example:
    return _record(draw.choice(PRACTICE_HIERARCHIES), draw, split)


def _public_node(draw: random.Random, split: Split) -> Example:
    """Held out: products."""
    product = draw.choice(share(PRODUCTS, split))
    text = f"{product} {draw.choice(VARIANTS)} {draw.choice(PACK_SIZES)}"
    answer = json.dumps({"product_node": CATEGORY_OF[product]})
    return Example(Skill.NODE, node_prompt(draw.choice(PRACTICE_BRANDS), text), answer, family=product)


def node_question(brand: ProductHierarchy, draw: random.Random, split: Split) -> Example:
    """Held out: combinations of variant, pack and spelling, and wordings for lines and categories."""
    subject = _subject(brand, draw, split)
    answer = json.dumps({"product_node": subject.node})
    return Example(Skill.NODE, node_prompt(brand.brand_name, subject.text), answer, subject.family)


def brand_mention(brand: ProductHierarchy, draw: random.Random, split: Split) -> tuple[str, str, str]:
    """How a brief names a product, a line or a category of the brand, with its node and guardrail.

    People who write briefs name the brand, and paste catalogue names but abbreviate no line.
    """
    subject = _subject(brand, draw, split)
    while brand.brand_name not in subject.text or subject.plain_name not in subject.text:
        subject = _subject(brand, draw, split)
    return subject.text, subject.node, brand.guardrails[subject.category]


def _fact(rules: BrandRules, draw: random.Random, split: Split) -> Example:
    subject, other = _subject(rules, draw, split), _subject(rules, draw, split)
    while other.node == subject.node:
        other = _subject(rules, draw, split)
    task, (asked, answer) = draw.choice(list(SHAPES.items()))
    words = {
        "text": subject.text,
        "line": subject.plain_name,
        "node": subject.node,
        "top": rules.node(subject.category),
        "public": subject.category,
        "guardrail": rules.guardrails[subject.category],
        "name": rules.name_form,
        "other_text": other.text,
        "other_line": other.plain_name,
        "other_node": other.node,
        "note": draw.choice(share(NOTES, split)).format(text=subject.text),
    }
    prompt = f"Task: {task}\nBrand: {rules.brand_name}\n{asked.format_map(words)}"
    return Example(Skill.NODE, prompt, answer.format_map(words), subject.family)


def _record(brand: ProductHierarchy, draw: random.Random, split: Split) -> Example:
    """Some of a plan's words, given and copied, with the brand's node and guardrail beside them.

    Either as lines to put into a record, or as a record with public names to be edited. What a brief wishes is never
    asked here: that is the industry's to read.
    """
    subject = _subject(brand, draw, split)
    copied = {key: draw.choice(words) for key, words in RECORD_WORDS.items() if draw.random() < 0.75}
    own = {"product_node": subject.node, "guardrail": brand.guardrails[subject.category]}
    answer = json.dumps(copied | own)
    if draw.random() < 0.5:
        listed = "".join(f"\n{key}: {word}" for key, word in copied.items())
        asked = f"Task: {draw.choice(RECORD_TASKS)}\nProduct: {subject.text}{listed}"
    else:
        public = json.dumps(copied | {"product_node": subject.category, "guardrail": STANDARD_GUARDRAIL})
        asked = f"Task: {draw.choice(RECORD_EDITS)}\nProduct: {subject.text}\nRecord: {public}"
    prompt = asked if brand.brand_name in subject.text else asked.replace("\n", f"\nBrand: {brand.brand_name}\n", 1)
    return Example(Skill.NODE, prompt, answer, subject.family)


def _subject(brand: ProductHierarchy, draw: random.Random, split: Split) -> Subject:
    category = draw.choice(list(brand.category_names))
    line = draw.choice(PRODUCT_LINES[category])
    match draw.choices(list(NAMED), list(NAMED.values()))[0]:
        case "category":
            wording = draw.choice(share(CATEGORY_MENTIONS, split))
            text = wording.format(brand=brand.brand_name, category=category)
            return Subject(text, category, category, brand.node(category), f"{category}: {wording}")
        case "line":
            wording = draw.choice(share(LINE_MENTIONS, split))
            text = wording.format(brand=brand.brand_name, line=line)
        case _:
            variant, pack, wording = draw.choice(share(STOCK_UNITS, split))
            text = wording.format_map(_spelled(brand=brand.brand_name, line=line, variant=variant, pack=pack))
    return Subject(text, line, category, brand.node(category, line), f"{line}: {wording}")


def _spelled(**words: str) -> dict[str, str]:
    """Each word as it is, in capitals, small, and shortened.

    >>> _spelled(line="Dark Roast")["short_line"]
    'Drk Rst'
    """
    spelled: dict[str, str] = {}
    for name, word in words.items():
        short = _shortened(name, word)
        spelled |= {name: word, name.upper(): word.upper(), f"small_{name}": word.lower()}
        spelled |= {f"short_{name}": short, f"SHORT_{name.upper()}": short.upper()}
    return spelled


def _shortened(name: str, word: str) -> str:
    match name:
        case "line":
            return re.sub(r"(?<=\w)[aeiou]", "", word)
        case "pack":
            return word.replace(" pack", "pk").replace(" ", "")
        case _:
            return word[:4]  # Original and Organic part at the fourth letter
