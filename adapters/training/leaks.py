"""Does a test set ask again, in almost the same words, what was taught?"""

import re
from collections import defaultdict
from collections.abc import Iterable

from adapters.training.example import Example

GRAM = 8
"""Words in a row, as in the overlap checks of GPT-3 (arXiv 2005.14165, appendix C) on a scale of short prompts."""

MOST_SHARED = 0.8
"""A prompt is a near duplicate above this share of its 8-grams: templates share their fixed words, and must."""


def near_duplicates(taught: Iterable[Example], asked: Iterable[Example]) -> list[tuple[str, str, float]]:
    """(asked prompt, taught prompt, share of the asked prompt's 8-grams that the taught one holds), worst first."""
    holders: dict[str, set[str]] = defaultdict(set)
    for example in taught:
        for gram in _grams(example.prompt):
            holders[gram].add(example.prompt)
    found = [worst for example in asked if (worst := _worst(example.prompt, holders)) is not None]
    return sorted(found, key=lambda pair: -pair[2])


def _worst(prompt: str, holders: dict[str, set[str]]) -> tuple[str, str, float] | None:
    grams = _grams(prompt)
    shared: dict[str, int] = defaultdict(int)
    for gram in grams:
        for holder in holders.get(gram, ()):
            shared[holder] += 1
    if not shared:
        return None
    holder = max(shared, key=lambda text: (shared[text], text))
    share = shared[holder] / len(grams)
    return (prompt, holder, share) if share > MOST_SHARED else None


def _grams(prompt: str) -> set[str]:
    """A prompt shorter than a gram is one gram, so that only its twin matches."""
    words = re.findall(r"\w+", prompt.lower())
    return {" ".join(words[start : start + GRAM]) for start in range(max(1, len(words) - GRAM + 1))}
