"""Words around numbers: the model says what moved and why, code adds every figure."""

import re
from collections.abc import Mapping

from adapters.prompts import reading_prompt
from orchestrator.agents.base import BaseAgent, Result, UserInput
from schemas.errors import ModelReplyInvalid
from schemas.tasks import PlacementType

Facts = Mapping[str, str]

MAX_READING_CHARACTERS = 320

_NAME = re.compile(r"retailer_\w+|" + "|".join(placement.value for placement in PlacementType))


class ReadingAgent(BaseAgent[UserInput, Facts, Result]):
    """An agent whose one question is: say these facts in a sentence or two."""

    max_tokens = 80

    def build_prompt(self, user_input: Facts) -> str:
        return reading_prompt(self.task.value, user_input)

    def parse_result(self, result: str) -> str:
        return checked_reading(result, self.question)

    def words_for(self, facts: Facts, template: str) -> str:
        words: str | None = self.ask(facts)
        return words or template


def checked_reading(text: str, facts: Facts) -> str:
    """The text when it says every fact and no more.

    Raises ModelReplyInvalid for a fact left out, a digit, a retailer or placement that the facts do not name, a flood.
    """
    reading = " ".join(text.split())
    if re.search(r"\d", reading):
        raise ModelReplyInvalid("it contains a number; numbers are added by code")
    if len(reading) > MAX_READING_CHARACTERS:
        raise ModelReplyInvalid(f"it is longer than {MAX_READING_CHARACTERS} characters")
    plain = _underscored(reading)
    left_out = [value for value in facts.values() if _underscored(value) not in plain]
    if left_out:
        raise ModelReplyInvalid(f"it leaves out {', '.join(map(repr, left_out))}")
    known = set(_NAME.findall(_underscored(" ".join(facts.values()))))
    strangers = set(_NAME.findall(plain)) - known
    if strangers:
        raise ModelReplyInvalid(f"it names {', '.join(sorted(strangers))}, which the facts do not")
    return reading


def _underscored(text: str) -> str:
    """`Sponsored search` and `retailer A` in their identifiers' spelling: one name, however written."""
    return re.sub(r"\b(sponsored|retailer) (\w+)", r"\1_\2", text.lower())
