"""Briefs in plain English to the three choices of a plan."""

import json
import random

from adapters.prompts import plan_prompt
from adapters.training.example import Example, Skill, Split, share
from adapters.training.vocabulary import PRACTICE_BRANDS, PRODUCTS

OBJECTIVES: dict[str, tuple[str, ...]] = {
    "incremental_margin": (
        "Profit comes first", "Every dollar must earn margin", "Protect our margin", "Grow profit, not volume",
        "We care about what is left after cost", "Put money where it brings extra margin", "Make it pay for itself",
        "The finance team wants contribution, not turnover", "Only spend where it is profitable", "Margin is the goal",
    ),
    "incremental_revenue": (
        "Grow sales", "We want top-line growth", "Drive as much extra revenue as possible", "Turnover matters most",
        "Volume first, margin later", "Win market share", "More baskets, more sales", "Push revenue this quarter",
        "The target is incremental sales", "Scale the sales line",
    ),
}  # fmt: skip
PACINGS: dict[str, tuple[str, ...]] = {
    "even": (
        "spread it evenly over the weeks", "keep a steady pace", "the same spend every week", "no peaks please",
        "pace it evenly", "stay constant through the flight", "a level daily budget", "smooth delivery",
        "keep it balanced from start to end", "steady as it goes",
    ),
    "asap": (
        "spend it as fast as you can", "as soon as possible", "get it out of the door now",
        "deliver as quickly as possible",
        "use it up quickly", "no time to lose, spend at once", "right away and as fast as it goes", "burn it fast",
        "immediately, all of it", "speed before all else",
    ),
    "front_loaded": (
        "start strong in the first week", "put more in at the beginning", "heavy launch week, then less",
        "front-load it",
        "a big opening and a long tail", "most of it early on", "begin with a push", "the first days count most",
        "launch loud, then ease off", "more at the start than at the end",
    ),
}  # fmt: skip
PLACEMENTS: dict[str, tuple[str, ...]] = {
    "sponsored_search": (
        "lead with search", "be there when shoppers search", "win the search results", "keywords are the focus",
        "search listings first", "top of the search page", "we want the search shelf", "own the search terms",
        "show up in product search", "catch people who look for us",
    ),
    "sponsored_display": (
        "lead with display", "banners first", "use display ads mostly", "big visual banners",
        "make the brand seen with display",
        "display on the home page", "banner space on category pages", "focus on display placements", "picture ads lead",
        "visibility through banners",
    ),
    "sponsored_native": (
        "lead with native", "native placements first", "blend into the shelf with native ads",
        "in-feed native ads lead",
        "native stories on the page", "use native formats mostly", "content-like native ads", "focus on native units",
        "native in the browse feed", "sponsored content first",
    ),
}  # fmt: skip
OPENINGS = (
    "{brand} {product} launch.", "Spring push for {brand}.", "Plan for {brand} {product}.", "{brand}: new campaign.",
    "Brief for the {product} range of {brand}.", "{brand} wants a campaign for {product}.", "Next month for {brand}.",
    "Back to school with {brand} {product}.", "{brand} summer range.", "Holiday weeks for {brand}.",
)  # fmt: skip
ASIDES = (
    "",
    " Keep both retailers on board.",
    " The team reviews on Mondays.",
    " New flavours are in stock.",
    " Mind the stock.",
)


def brief_example(draw: random.Random, split: Split) -> Example:
    """Held out: every phrase. The three wishes come in any order, as sentences or joined."""
    chosen, phrases = {}, []
    for name, options in (("objective", OBJECTIVES), ("pacing", PACINGS), ("lead_placement", PLACEMENTS)):
        chosen[name] = draw.choice(list(options))
        phrases.append(draw.choice(share(options[chosen[name]], split)))
    draw.shuffle(phrases)
    opening = draw.choice(OPENINGS).format(brand=draw.choice(PRACTICE_BRANDS), product=draw.choice(PRODUCTS))
    first, second, third = phrases
    wishes = draw.choice(
        (
            f"{_sentence(first)}. {_sentence(second)}. {_sentence(third)}.",
            f"{_sentence(first)}, {second[0].lower()}{second[1:]} and {third[0].lower()}{third[1:]}.",
            f"{_sentence(first)}; {second[0].lower()}{second[1:]}. {_sentence(third)}.",
        )
    )
    return Example(Skill.PLAN, plan_prompt(f"{opening} {wishes}{draw.choice(ASIDES)}"), json.dumps(chosen))


def _sentence(phrase: str) -> str:
    return phrase[0].upper() + phrase[1:]
