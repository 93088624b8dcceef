"""Prompts of every kind the agents send, for comparing servers word by word."""

from adapters.prompts import Message, column_prompt, copy_prompt, messages, plan_prompt, reading_prompt
from schemas.tasks import PlacementType

PRODUCTS = ("Dark Roast 500 g", "Ground Coffee 250 g", "Oat Drink 1 l", "Herbal Tea 20 bags")
COLUMNS = (("Clicks", "12, 3, 0"), ("Ad Spend (EUR)", "4.20, 0.00"), ("Day", "2026-03-01, 2026-03-02"))
BRIEFS = (
    "Grow new buyers of Xando in March, steady spend, search first.",
    "Defend share for Xando before Easter, spend early, display leads.",
)

PROMPTS: tuple[list[Message], ...] = (
    *(messages(copy_prompt(placement, "Xando", product)) for placement in PlacementType for product in PRODUCTS),
    *(messages(column_prompt(column, values.split(", "))) for column, values in COLUMNS),
    *(messages(plan_prompt(brief)) for brief in BRIEFS),
    messages(reading_prompt("optimize", {"moved": "search to display", "binds": "the budget"})),
    [{"role": "user", "content": "Write one sentence about coffee."}],
    [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is retail media?"}],
)
