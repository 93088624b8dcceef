"""Briefs in plain English to a plan's choices, for practice brands: most have an order of products of their own."""

import json
import random

from adapters.prompts import STANDARD_GUARDRAIL, plan_prompt
from adapters.training.example import Example, Skill, Split, share
from adapters.training.hierarchy import brand_mention
from adapters.training.practice_brands import PRACTICE_HIERARCHIES
from adapters.training.vocabulary import CATEGORY_OF, PRACTICE_BRANDS, PRODUCTS

OBJECTIVES: dict[str, tuple[str, ...]] = {
    "incremental_margin": (
        "Profit comes first",
        "Every dollar must earn margin",
        "Protect our margin",
        "Grow profit, not volume",
        "We care about what is left after cost",
        "Put money where it brings extra margin",
        "Make it pay for itself",
        "The finance team wants contribution, not turnover",
        "Only spend where it is profitable",
        "Margin is the goal",
        "Margin before volume",
        "What we keep per dollar is what matters",
        "No growth at the cost of profit",
        "Make each ad dollar profitable",
        "Raise contribution margin",
        "Our goal is extra profit",
        "Think of the bottom line",
        "Earn more than it costs",
        "Profitable sales only",
        "We would rather sell less at a better margin",
    ),
    "incremental_revenue": (
        "Grow sales",
        "We want top-line growth",
        "Drive as much extra revenue as possible",
        "Turnover matters most",
        "Volume first, margin later",
        "Win market share",
        "More baskets, more sales",
        "Push revenue this quarter",
        "The target is incremental sales",
        "Scale the sales line",
        "Sell as much more as we can",
        "Our goal is extra turnover",
        "Think of the top line",
        "Raise net sales",
        "More units out of the door",
        "Growth in sales is the goal",
        "Revenue before profit",
        "We want to get bigger",
        "Lift sales wherever possible",
        "A larger sales figure is the aim",
    ),
}
PACINGS: dict[str, tuple[str, ...]] = {
    "even": (
        "spread it evenly over the weeks",
        "keep a steady pace",
        "the same spend every week",
        "no peaks please",
        "pace it evenly",
        "stay constant through the flight",
        "a level daily budget",
        "smooth delivery",
        "keep it balanced from start to end",
        "steady as it goes",
        "the same amount each day",
        "divide the budget equally over the flight",
        "a flat schedule",
        "regular spend from week to week",
        "keep daily spend constant",
        "uniform delivery",
        "no week heavier than another",
        "equal parts for each week",
        "run it at one level throughout",
        "a constant rate please",
    ),
    "asap": (
        "spend it as fast as you can",
        "as soon as possible",
        "get it out of the door now",
        "deliver as quickly as possible",
        "use it up quickly",
        "no time to lose, spend at once",
        "right away and as fast as it goes",
        "burn it fast",
        "immediately, all of it",
        "speed before all else",
        "get the money out fast",
        "finish the budget early if you can",
        "deliver at full speed",
        "use the whole budget without delay",
        "the sooner it is spent the better",
        "as quickly as the network allows",
        "do not hold anything back, go now",
        "full throttle from today",
        "spend at the fastest rate",
        "no pacing limits, just go",
    ),
    "front_loaded": (
        "start strong in the first week",
        "put more in at the beginning",
        "heavy launch week, then less",
        "front-load it",
        "a big opening and a long tail",
        "most of it early on",
        "begin with a push",
        "the first days count most",
        "launch loud, then ease off",
        "more at the start than at the end",
        "heavier in the opening days",
        "two thirds in the first half",
        "load the start of the flight",
        "open big and taper off",
        "spend down from a high start",
        "strong at launch, lighter afterwards",
        "weight it to the first weeks",
        "peak early then decline",
        "more budget up front",
        "the opening gets the larger part",
    ),
}
PLACEMENTS: dict[str, tuple[str, ...]] = {
    "sponsored_search": (
        "lead with search",
        "be there when shoppers search",
        "win the search results",
        "keywords are the focus",
        "search listings first",
        "top of the search page",
        "we want the search shelf",
        "own the search terms",
        "show up in product search",
        "catch people who look for us",
        "search ads first",
        "be the first result shoppers see",
        "bid on keywords above all",
        "answer what shoppers type",
        "put search at the front",
        "mainly product search ads",
        "win on the search bar",
        "rank high in search",
        "queries are where we want to be",
        "most of all sponsored search",
    ),
    "sponsored_display": (
        "lead with display",
        "banners first",
        "use display ads mostly",
        "big visual banners",
        "make the brand seen with display",
        "display on the home page",
        "banner space on category pages",
        "focus on display placements",
        "picture ads lead",
        "visibility through banners",
        "display is the lead format",
        "mainly banner ads",
        "large creatives on the site",
        "show banners above all",
        "lead with image ads on the pages",
        "put display at the front",
        "billboard style ads on the site",
        "banner formats carry this",
        "visual ads across the pages",
        "most of all sponsored display",
    ),
    "sponsored_native": (
        "lead with native",
        "native placements first",
        "blend into the shelf with native ads",
        "in-feed native ads lead",
        "native stories on the page",
        "use native formats mostly",
        "content-like native ads",
        "focus on native units",
        "native in the browse feed",
        "sponsored content first",
        "native is the lead format",
        "ads that look like the shelf",
        "put native at the front",
        "mainly in-grid native ads",
        "editorial style placements lead",
        "native tiles between the products",
        "ads that read like content",
        "native units carry this",
        "within the product feed, natively",
        "most of all sponsored native",
    ),
}
KPIS: dict[str, tuple[str, ...]] = {
    "iroas": (
        "judge it by incremental ROAS",
        "success is the extra return per dollar",
        "measure lift per dollar spent",
        "the yardstick is iROAS",
        "count only sales the ads caused, per dollar",
        "we report incremental return on spend",
        "score it on causal return",
        "what counts is return over a control group",
        "rate it by true added return",
        "hold it to its incremental return",
        "the KPI is incremental ROAS",
        "report iROAS",
        "lift over control per dollar is the KPI",
        "only causal return counts",
        "judge it on the return that ads added",
        "score it by incrementality per dollar",
        "use iROAS as the measure",
        "tell us the incremental return per dollar",
        "the test is sales that would not have happened, per dollar",
        "success is measured as incremental ROAS",
    ),
    "roas": (
        "judge it by ROAS",
        "report attributed return on ad spend",
        "the yardstick is plain ROAS",
        "count attributed sales per dollar",
        "we look at platform ROAS",
        "success is credited return on spend",
        "score it on attributed sales over spend",
        "rate it by the dashboard's return",
        "use the network's ROAS",
        "return as the platform reports it is the KPI",
        "the KPI is ROAS",
        "report ROAS",
        "attributed return is the KPI",
        "credited sales per dollar count",
        "judge it on the network's reported return",
        "score it by attributed revenue per dollar",
        "use standard ROAS as the measure",
        "tell us the return on ad spend",
        "last-touch return is fine",
        "success is measured as ROAS",
    ),
    "new_to_brand_share": (
        "judge it by new customers",
        "the yardstick is new-to-brand buyers",
        "count first-time buyers of the brand",
        "success is households new to us",
        "we track the new-to-brand share",
        "score it on buyers we never had",
        "rate it by newly won shoppers",
        "first purchases of the brand are the KPI",
        "measure how many never bought us before",
        "new faces in the basket are what counts",
        "the KPI is new-to-brand",
        "report new-to-brand share",
        "the share of new buyers is the KPI",
        "only shoppers new to us count",
        "judge it on first-time customers",
        "score it by new households",
        "use new-to-brand as the measure",
        "tell us how many buyers are new",
        "winning new shoppers is the test",
        "success is measured in new customers",
    ),
    "share_of_voice": (
        "judge it by share of voice",
        "the yardstick is our share of ad space",
        "measure how much of the shelf we hold",
        "success is presence against rivals",
        "we track share of impressions",
        "score it on visibility versus competitors",
        "rate it by our slice of the ad slots",
        "count our share of all ads shown",
        "how present we are next to others is the KPI",
        "owning more of the ad space counts",
        "the KPI is share of voice",
        "report share of voice",
        "our part of all impressions is the KPI",
        "ad presence against competitors counts",
        "judge it on how visible we are",
        "score it by share of shelf",
        "use share of voice as the measure",
        "tell us our share of the ad space",
        "being seen more than rivals is the test",
        "success is measured as share of voice",
    ),
}
OPENINGS = (
    "{product} launch.", "Spring push for {product}.", "Plan for {product}.", "{product}: new campaign.",
    "Brief for {product}.", "We want a campaign for {product}.", "Next month for {product}.",
    "Back to school with {product}.", "Summer range: {product}.", "Holiday weeks for {product}.",
    "Campaign request, {product}.", "{product} needs support.", "Please plan {product}.", "Relaunch of {product}.",
    "Retail media for {product}.", "Budget request for {product}.", "{product} in autumn.", "Advertise {product}.",
    "Boost {product}.", "Our {product} campaign.", "Focus on {product}.", "New quarter, {product}.",
    "This is about {product}.", "Subject: {product}.", "Weekly plan, {product}.", "{product} comes back.",
    "Put {product} forward.", "Test campaign for {product}.", "{product}, please.", "A flight for {product}.",
    "Media plan wanted: {product}.", "Money for {product}.", "Winter season, {product}.", "Let us back {product}.",
    "{product} is up next.", "Sell {product}.", "We would like to promote {product}.", "Ads for {product} in June.",
    "First campaign of {product}.", "{product} again.", "The item is {product}.", "Request for {product}.",
    "Always-on for {product}.", "Our topic today: {product}.", "Four weeks of {product}.", "Start with {product}.",
    "Regarding {product}.", "{product} gets a budget.", "Push {product} at the shelf.", "New listing: {product}.",
    "To plan: {product}.", "The quarter belongs to {product}.", "Support {product} online.", "Think of {product}.",
    "Promotion weeks, {product}.", "{product} on retailer sites.", "Get {product} moving.", "Job: {product}.",
    "We are bringing {product}.", "In short: {product}.",
)  # fmt: skip
ASIDES = ("", " Keep both retailers on board.", " The team reviews on Mondays.", " New flavours are in stock.")
OWN_HIERARCHY = 0.95
"""How often a brief's brand has nodes and guardrails of its own; else the public category and the standard one. With
three in ten of the latter a plan says the public words for any brand not taught by name, a tenant's own among them."""
WISHES = (
    ("objective", OBJECTIVES), ("pacing", PACINGS), ("lead_placement", PLACEMENTS), ("kpi", KPIS),
)  # fmt: skip


def brief_example(draw: random.Random, split: Split) -> Example:
    """Held out: openings and every phrase."""
    if draw.random() < OWN_HIERARCHY:
        return planned(draw, split, Skill.PLAN, *brand_mention(draw.choice(PRACTICE_HIERARCHIES), draw, split))
    product = draw.choice(PRODUCTS)
    named = draw.choice(("{brand} {product}", "{product} by {brand}", "{brand}'s {product}"))
    mention = named.format(brand=draw.choice(PRACTICE_BRANDS), product=product)
    return planned(draw, split, Skill.PLAN, mention, CATEGORY_OF[product], STANDARD_GUARDRAIL)


def planned(
    draw: random.Random, split: Split, skill: Skill, mention: str, product_node: str, guardrail: str
) -> Example:
    """A brief about what `mention` names, with the four wishes in any order, and its plan."""
    chosen, phrases = {}, []
    for name, options in WISHES:
        chosen[name] = draw.choice(list(options))
        phrases.append(draw.choice(share(options[chosen[name]], split)))
    draw.shuffle(phrases)
    opening = draw.choice(share(OPENINGS, split))
    text = f"{_sentence(opening.format(product=mention))} {_joined(phrases, draw)}{draw.choice(ASIDES)}"
    answer = json.dumps(chosen | {"product_node": product_node, "guardrail": guardrail})
    return Example(skill, plan_prompt(text), answer, family=opening)


def _joined(phrases: list[str], draw: random.Random) -> str:
    """Four wishes as sentences, pairs or one list."""
    first, second, third, fourth = phrases
    return draw.choice(
        (
            f"{_sentence(first)}. {_sentence(second)}. {_sentence(third)}. {_sentence(fourth)}.",
            f"{_sentence(first)}, {_inside(second)}. {_sentence(third)} and {_inside(fourth)}.",
            f"{_sentence(first)}; {_inside(second)}; {_inside(third)}; {_inside(fourth)}.",
        )
    )


def _sentence(phrase: str) -> str:
    return phrase[0].upper() + phrase[1:]


def _inside(phrase: str) -> str:
    return phrase[0].lower() + phrase[1:]
