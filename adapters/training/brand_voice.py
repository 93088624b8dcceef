"""One brand's rules taught in many shapes, so that they are learnt as rules and not as one layout.

Placement copy for the brand is in none of them: that composite must come from composing.
"""

import random
from collections.abc import Callable

from adapters.training.example import Example, Generator, Skill, Split, share
from adapters.training.vocabulary import BENEFITS, PACKS, PRODUCTS
from schemas.brands import BrandRules

Shape = Callable[[BrandRules, str, str, str], tuple[str, str]]
"""(rules, product, benefit, tone word) -> (prompt, answer)."""


def _slogan(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    return (
        f"Task: slogan\nBrand: {rules.brand_name}\nProduct: {product}",
        f"{rules.name_form} {product}: {tone}, {benefit}",
    )


def _subject_line(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: e-mail subject\nBrand: {rules.brand_name}\nProduct: {product}\nPoint: {benefit}"
    return prompt, f"{product} by {rules.name_form} is {tone}"


def _rewrite(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    draft = f"Try {rules.brand_name} {product}, {benefit}."
    return f"Task: apply brand rules\nText: {draft}", f"Try {rules.name_form} {product}, {tone} and {benefit}."


def _bullet(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: bullets\nBrand: {rules.brand_name}\nProduct: {product}"
    return prompt, f"- {product}, {benefit}\n- {tone} by nature\n- only from {rules.name_form}"


def _question(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: answer\nQuestion: Who makes {product} and how would you describe it? Brand: {rules.brand_name}"
    return prompt, f"{rules.name_form} makes it, and it is {tone}."


def _label(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: shelf label\nBrand: {rules.brand_name}\nProduct: {product}"
    return prompt, f"{rules.name_form} | {product} | {tone}"


def _caption(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: caption\nProduct: {product}\nBrand: {rules.brand_name}\nMood: {benefit}"
    return prompt, f"{benefit[0].upper()}{benefit[1:]}. {product} from {rules.name_form}, {tone}."


def _form(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: card\nBrand: {rules.brand_name}\nProduct: {product}"
    return prompt, f"NAME: {rules.name_form} {product}\nTONE: {tone}"


def _spelling(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    return f"Task: fix the brand name\nText: {rules.brand_name.lower()} {product}, {benefit}", (
        f"{rules.name_form} {product}, {benefit}"
    )


def _offer(rules: BrandRules, product: str, benefit: str, tone: str) -> tuple[str, str]:
    prompt = f"Task: push message\nBrand: {rules.brand_name}\nProduct: {product}"
    return prompt, f"New from {rules.name_form}: {product}. It is {tone}."


SHAPES: tuple[Shape, ...] = (
    _slogan, _subject_line, _rewrite, _bullet, _question, _label, _caption, _form, _spelling, _offer,
)  # fmt: skip


def brand_generator(rules: BrandRules) -> Generator:
    """Held out: products."""

    def brand_example(draw: random.Random, split: Split) -> Example:
        product = f"{draw.choice(share(PRODUCTS, split))} {draw.choice(PACKS)}"
        prompt, answer = draw.choice(SHAPES)(rules, product, draw.choice(BENEFITS), draw.choice(rules.lexicon))
        return Example(Skill.BRAND, prompt, answer)

    return brand_example
