"""Clauses of requests and plans to a decision and its rule, true to the clean room's policies and a plan's checks.

What may leave a clean room: sums of listed fields by day, week or month over at least 100 people.
"""

import json
import random

from adapters.prompts import POLICY_RULES, policy_prompt
from adapters.training.example import Example, Skill, Split, share

# Templates of one group serve several rules: only the slot's value then tells, not the sentence around it. In each
# group the first template and every fifth after it are the test's, the next one the validation's.
FIELDS = (
    "Show {metric} by {field} at {retailer}", "{retailer}: {metric} split by {field}",
    "Give us {metric} per {field} for {category}", "Weekly {metric} with {field}, {retailer}",
    "Group {metric} by {field} for {category}", "A table of {metric} and {field} from {retailer}",
    "Break {metric} down by {field}, {category} only", "Sum {metric} for each {field} at {retailer}",
    "Add {field} to the {metric} report of {retailer}", "Total {metric} of {category} for every {field}",
    "Which {field} brings {retailer} its {metric}", "{category}: {metric} by {field}",
    "Compare {metric} across {field} at {retailer}", "Chart {metric} against {field}, {category}",
    "Put {metric} and {field} of {category} in one report",
)  # fmt: skip
GRAINS = (
    "{metric} {grain} for {category}", "{retailer} should send {metric} {grain}", "Show {category} {metric} {grain}",
    "Report {metric} {grain} at {retailer}", "Total {metric} of {category}, {grain}",
    "We need {metric} {grain}, {category}",
    "Pull {category} {metric} {grain} from {retailer}", "{metric} at {retailer}, summed {grain}",
    "Plot {metric} {grain} for {retailer}", "Sum the {metric} of {retailer} {grain}",
    "Trend of {category} {metric} {grain}, {retailer}", "{grain}: {metric} for {category}",
    "Let us see {retailer}'s {metric} {grain}", "Split {category} {metric} {grain}",
    "Compare {metric} {grain} at {retailer}",
)  # fmt: skip
GROUPS = (
    "Total {metric} over {people} {persons}, {category}", "{category} {metric} of a cell with {people} {persons}",
    "{metric} for a group of {people} {persons}", "Sum of {metric}, {people} {persons} behind it, {retailer}",
    "The {category} cell holds {people} {persons}; show its {metric}",
    "{retailer}: {people} {persons}, their total {metric}",
    "{people} {persons} make up this {metric} total at {retailer}",
    "{metric} summed; the cell counts {people} {persons}",
    "Report {category} {metric} from {people} {persons}", "Aggregate {metric} of {people} {persons} at {retailer}",
    "How much {metric} came from these {people} {persons}", "{category}, {people} {persons}: {metric} in total",
    "Add up {metric} for {people} {persons}", "{people} {persons} bought {category}; give the {metric}",
    "Show {metric} of the {people} {persons} in this cell",
)  # fmt: skip
AMOUNTS = (
    "{category} plan costs {spend}, my authority is {limit}", "Limit {limit}. The {category} plan takes {spend}",
    "The plan spends {spend} on {category}; my limit is {limit}",
    "I may sign up to {limit}; the {category} plan is {spend}",
    "{spend} for {category}, approved up to {limit}", "I can approve {limit}; {retailer} would get {spend}",
    "Book {spend} at {retailer}; the mandate is {limit}",
    "Budget mandate {limit}, planned spend {spend} for {category}",
    "Spend {spend} at {retailer} against a cap of {limit}",
    "The brief allows {limit}, this plan asks for {spend} on {category}",
    "Release {spend} for {category}? I was given {limit}", "Signed for {limit}: {category} plan of {spend}",
    "With a limit of {limit}, put {spend} on {category}", "{category}: {spend} planned, {limit} permitted",
    "Give {retailer} {spend}; at most {limit} is mine to spend",
)  # fmt: skip
# Some retailers list the SKU and some do not.
LISTS = (
    "Policy: {lists}. Asked: {metric} by SKU", "{retailer} lists {lists}; give {metric} per SKU",
    "Fields listed: {lists}. Show {category} {metric} by SKU", "{metric} by SKU where {lists} may be used, {category}",
    "Listed at {retailer}: {lists}. Split {metric} by SKU",
)  # fmt: skip
TEMPLATES: dict[str, tuple[tuple[str, ...], ...]] = {
    "aggregate_allowed": (FIELDS, GRAINS, GROUPS, LISTS),
    "within_authority": (
        AMOUNTS,
        (
            "{spend} for {category} stays below what I may approve",
            "The {category} plan fits in my mandate of {limit}",
            "Move {spend} inside the approved {category} budget", "{category} at {retailer} is within my limit",
            "Shift {spend} between placements, total unchanged, {category}",
        ),
    ),
    "blocked_field": (FIELDS,),
    "unlisted_field": (
        FIELDS,
        LISTS,
        (
            "{field} of {category} buyers, although the policy does not list it",
            "Use {field} from {retailer}; it is on no list of fields", "Filter {metric} by {field}, a field not listed",
            "{field} is missing in {retailer}'s policy; query it anyway",
            "Send {field}, not among the listed fields, {category}",
        ),
    ),
    "row_level_output": (
        (
            "Every single {category} {order} as its own line", "Download {retailer}'s raw {order} rows",
            "Export the {order} log of {retailer}, one line per event",
            "List each {order} with its {metric}, {category}",
            "Send the unaggregated {order} table for {category}",
            "Individual {order} records of {category}, {retailer}",
            "{retailer}'s {order} events, not summed", "One row for each {category} {order}",
            "Give us the full {order} history, row by row, {retailer}", "Raw {category} {order} file with {metric}",
            "What happened in each {category} {order}, one after another", "Unsummed {order} lines of {retailer}",
            "All {order} rows of {category}", "Stream every {order} event from {retailer}",
            "{category} at {order} level, no aggregation",
        ),
    ),
    "group_too_small": (
        GROUPS,
        (
            "{category} {metric} for fewer than 100 {persons}", "A cell below the minimum of 100 {persons}, {retailer}",
            "{metric} of a handful of {persons} at {retailer}", "Narrow {category} until {people} {persons} remain",
            "Show {metric} though only {people} {persons} bought {category}",
        ),
    ),
    "identity_join": (
        (
            "Connect {retailer}'s buyers with our {identity}", "Find our {identity} among {category} shoppers",
            "Join {category} orders to our {identity}", "Match {retailer}'s shoppers with {identity}",
            "Link {metric} to {identity} from our CRM", "Look up {category} buyers by {identity}",
            "Upload {identity} and tell us who bought {category}", "Merge {retailer}'s data on {identity}",
            "Enrich our {identity} with {category} purchases", "Use {identity} to recognise {retailer}'s customers",
            "Which of our {identity} bought {category}", "Pair {identity} with {retailer}'s orders",
            "Connect {category} sales to {identity}", "Overlay {retailer}'s buyers and our {identity}",
            "Identify {category} shoppers through {identity}",
        ),
    ),
    "grain_too_fine": (GRAINS,),
    "budget_over_authority": (
        AMOUNTS,
        (
            "{spend} for {category} is more than I may approve", "The {category} plan breaks my mandate of {limit}",
            "Add {spend} beyond the approved {category} budget", "{category} at {retailer} goes over my limit",
            "We exceed the signed {limit} for {category}",
        ),
    ),
    "claim_needs_proof": (
        (
            "Write '{claim}' under the {category} picture", "{category} banner at {retailer}: {claim}",
            "The {category} copy says '{claim}'", "Headline for {category}: {claim}",
            "Our {category} ad promises '{claim}'", "Use the line '{claim}' in {category} ads",
            "Ad text with '{claim}' for {category}", "Tell {retailer}'s shoppers: {claim}",
            "State '{claim}' on the {category} page", "Advertise {category} with '{claim}'",
            "{claim}, says our {category} ad", "Slogan at {retailer}: {claim}",
            "Print '{claim}' on the {category} ad", "{category}: {claim}", "Call our {category} '{claim}'",
        ),
    ),
    "restricted_category": (
        (
            "{spend} for {restricted} at {retailer}", "Start {restricted} ads in {placement}",
            "Promote {restricted} in {placement}", "A {restricted} campaign at {retailer}",
            "Advertise {restricted} with {spend}", "Put {restricted} into {placement} at {retailer}",
            "Plan {spend} of {placement} for {restricted}", "Launch {restricted} at {retailer} next month",
            "{placement} for our {restricted} range", "Boost {restricted} before the holidays, {spend}",
            "{spend} of ads to sell {restricted}", "{placement} that show {restricted}",
            "Support {restricted} at {retailer}", "Include {restricted} in the {placement} plan",
            "Spend {spend} on {restricted}",
        ),
    ),
}  # fmt: skip

SLOTS: dict[str, tuple[str, ...]] = {
    "metric": ("impressions", "clicks", "conversions", "revenue", "cost"),
    "retailer": ("retailer A", "retailer B", "retailer C", "the grocer", "the drugstore", "the marketplace"),
    "category": ("coffee", "snacks", "breakfast", "beverages", "granola", "iced tea", "chips", "protein bars"),
    "placement": ("sponsored search", "display", "native ads", "search ads", "banners"),
    "persons": ("shoppers", "people", "customers", "buyers", "households"),
    "order": ("order", "click", "purchase", "impression", "basket", "transaction"),
    "identity": (
        "hashed emails", "loyalty card numbers", "customer lists", "device ids", "phone numbers", "CRM contacts",
        "cookie ids", "newsletter subscribers", "household addresses",
    ),
    "claim": (
        "clinically proven", "50% less sugar", "number one in Germany", "the healthiest choice", "lowers cholesterol",
        "100% climate neutral", "boosts your immunity", "better than any rival", "helps you lose weight",
        "doctors recommend it", "the cheapest in town", "twice the protein", "free of pesticides",
    ),
    "restricted": (
        "beer", "wine", "vodka", "cigarettes", "vapes", "lottery tickets", "infant formula", "painkillers",
        "CBD oil", "sports betting", "whisky", "sleeping pills", "knives",
    ),
}  # fmt: skip
LISTED_GRAINS = ("by day", "by week", "by month", "per day", "per week", "per month", "daily", "weekly", "monthly")
RULE_SLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "aggregate_allowed": {
        "field": ("date", "calendar week", "placement type", "ad placement", "placement", "broadcast month"),
        "lists": ("date, placement, SKU", "placement, SKU", "SKU, date", "date, SKU, placement"),
        "grain": LISTED_GRAINS,
    },
    "grain_too_fine": {
        "grain": (
            "by hour", "by minute", "per hour", "per second", "hourly", "every 15 minutes", "every half hour",
            "minute by minute", "per session", "by time of day", "to the second",
        )
    },
    # The six fields that no retailer lets out (schemas.clean_room.BLOCKED_FIELDS), as people say them.
    "blocked_field": {
        "field": (
            "customer id", "customer", "margin", "profit margin", "promo flag", "promotion flag", "stock level",
            "stock",
            "creative text", "ad text", "postcode", "geo detail", "store location", "shopper id",
        )
    },
    "unlisted_field": {
        "lists": ("date, placement", "placement", "date", "placement, date"),
        "field": (
            "weather", "device type", "browser", "loyalty tier", "payment method", "age band", "coupon code",
            "basket size",
            "delivery slot", "household size", "app version", "star rating", "return reason", "supplier",
        )
    },
}  # fmt: skip
# A rule is drawn within its decision, so that neither two allowing rules nor six denying ones lead.
DECISION_WEIGHTS = {"allow": 3, "deny": 4, "review": 3}


def policy_example(draw: random.Random, split: Split) -> Example:
    """Held out: a rule's sentences, whole."""
    decision = draw.choices(list(DECISION_WEIGHTS), list(DECISION_WEIGHTS.values()))[0]
    rule = draw.choice([name for name, led_to in POLICY_RULES.items() if led_to == decision])
    group = draw.choice(TEMPLATES[rule])
    template = draw.choice(share(group, split))
    clause = template.format_map(_slots(rule, draw))
    answer = json.dumps({"decision": decision, "rule": rule})
    return Example(Skill.POLICY, policy_prompt(clause[0].upper() + clause[1:]), answer, family=f"{rule}: {template}")


def _slots(rule: str, draw: random.Random) -> dict[str, str]:
    chosen = {name: draw.choice(values) for name, values in (SLOTS | RULE_SLOTS.get(rule, {})).items()}
    spend, limit = spend_and_limit(rule, draw)
    return chosen | {"people": _people(rule, draw), "spend": spend, "limit": limit}


def _people(rule: str, draw: random.Random) -> str:
    """The clean rooms release a cell from 100 people on."""
    if rule == "group_too_small":
        return str(draw.randint(2, 99))
    return f"{draw.choice((draw.randint(100, 999), draw.randint(10, 400) * 100)):,}"


def spend_and_limit(rule: str, draw: random.Random) -> tuple[str, str]:
    """In one way of writing; the larger is the limit unless the rule is that the plan is over it."""
    lower, higher = sorted(draw.sample(range(10, 100, 5), 2))
    spend, limit = (higher, lower) if rule == "budget_over_authority" else (lower, higher)
    form = draw.choice(("{}k", "${}k", "{},000", "${},000", "{}k euros"))
    return form.format(spend), form.format(limit)
