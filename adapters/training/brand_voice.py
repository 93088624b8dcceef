"""One brand's rules taught in many shapes, so that they are learnt as rules and not as one layout.

Placement copy for the brand is in none of them, nor any label of a placement's specification: that composite must
come from composing. A running text is made of sentences and ends in a full stop; titles, calls, labels and verdicts
have none, which is how the sign-off knows its place.
"""

import random
from collections.abc import Callable, Mapping

from adapters.training.example import Example, Generator, Skill, Split, share
from adapters.training.vocabulary import BENEFITS, BODIES, CALLS, PACKS, PRODUCTS
from schemas.brands import BrandRules

Words = Mapping[str, str]
"""What the templates' slots stand for. `sounds` and `closes` are a tone and a sign-off, or nothing in a draft."""

Kind = Callable[[Words, random.Random], tuple[str, str]]
"""(words, draw) -> (prompt, answer)."""

SENTENCES = (
    *BODIES,
    "One for now, one for later.",
    "Open it, share it, open the next.",
    "It fits in every bag.",
    "From our shelf to your table.",
    "There is always room for one more.",
    "Put it on the list this week.",
    "It is waiting in the aisle.",
    "A small thing that makes the day.",
)

RUNNING_TEXTS = (
    "{sentence} {Tone} by nature.{closes}",
    "{Tone} and {benefit}.{closes}",
    "{sentence} It is {tone}.{closes}",
    "{Tone}, as ever. {sentence}{closes}",
    "It is {tone}, {benefit}.{closes}",
    "{sentence}{closes}",
    "{Benefit}, and {tone}.{closes}",
)

WRITING: dict[str, str] = {
    "slogan": "{name} {product}: {tone}, {benefit}",
    "e-mail subject": "{product} by {name} is {tone}",
    "push message": "New from {name}: {product}, {tone}",
    "shelf label": "{name} | {product} | {tone}",
    "caption": "{Benefit}: {product} from {name}, {tone}",
    "banner line": "{name} {product}, {tone}",
    "ticker": "{Tone}: {name} {product}",
    "receipt line": "{name} {product}",
    "menu line": "{name} {product}, {benefit}, {tone}",
    "window line": "{Tone} and {benefit}, {name} {product}",
    "app tile": "TILE: {name} {product}, {tone}",
    "mail header": "SUBJECT: {name} {product}, {tone}",
    "top line": "TOP: {Tone}, {name} {product}",
    "picture text": "ALT: {name} {product}",
    "card": "NAME: {name} {product}\nTONE: {tone}",
    "two-line ad": "LINE 1: {name} {product}, {tone}\nLINE 2: {benefit}",
    "sticker": "TOP: {name} {product}\nBELOW: {tone}, {benefit}",
    "tile with button": "TILE: {name} {product}, {tone}\nBUTTON: {call}",
    "button first": "BUTTON: {call}\nTILE: {name} {product}, {tone}",
    "poster": "BIG: {name} {product}, {tone}\nSMALL: {text}",
    "flyer": "TEXT: {text}\nNAME: {name} {product}, {tone}",
    "teaser": "HOOK: {name} {product}, {tone}\nTEXT: {text}\nBUTTON: {call}",
    "leaflet": "NEXT: {call}\nSTORY: {text}\nLABEL: {name} {product}, {tone}",
    "story screen": "TOP: {name} {product}\nMIDDLE: {text}\nBOTTOM: {call}",
    "three lines": "LINE 1: {name} {product}\nLINE 2: {tone}\nLINE 3: {call}",
    "audio spot": "OPEN: {name} {product}, {tone}\nVOICE: {text}",
    "mailing": "{name} {product}, {tone}\n\n{text}",
    "bullets": "- {name} {product}\n- {tone} by nature\n- {benefit}",
    "reasons": "* {tone}\n* {benefit}\n* only from {name}",
    "numbered points": "1. {name} {product}, {tone}\n2. {call}",
    "product page": "{name} {product} is {tone}. {sentence}{closes}",
    "introduction": "Meet {name} {product}, {tone} and {benefit}.{closes}",
    "note to shoppers": "{sentence} {name} {product} is {tone}.{closes}",
    "short story": "We made {name} {product} {tone}.{closes}",
    "who makes it?": "{name} makes it, and it is {tone}",
    "describe it": "{Tone}, that is {name} {product}",
    "invitation": "{call}: {name} {product}, {tone}",
}
"""Task words -> the answer. A `text` is one of RUNNING_TEXTS."""

TITLES = (
    "{name} {product}, {tone}",
    "{name} {product}, {tone}",
    "{name} {product}, {tone}",
    "{name} {product}, {tone} and {benefit}",
    "{Tone}, {name} {product}",
    "{product} by {name}, {tone}",
)

LABELS: dict[str, tuple[str, ...]] = {
    "{title}": ("HOOK", "NAME", "HEADER", "TOP LINE", "SUBJECT", "LEAD", "OPENER", "BIG LINE"),
    "{text}": ("TEXT", "STORY", "COPY", "DETAIL", "PARAGRAPH", "MESSAGE", "LONG LINE", "WORDS"),
    "{call}": ("BUTTON", "NEXT", "ACTION", "LINK", "TAP", "GO"),
}
"""What a labelled line holds -> the names its label may have. A `title` is one of TITLES."""

FORMS: tuple[tuple[int, ...], ...] = ((0,), (0, 1), (1, 0), (0, 2), (2, 0), (1, 0, 2), (1, 2, 0), (2, 0, 1), (0, 1, 2))
"""Orders of LABELS' lines in a form whose labels the prompt lists."""

DRAFTS = (
    "{name} {product}{sounds}",
    "{name} {product}{sounds}, {benefit}",
    "{Benefit} with {name} {product}{sounds}",
    "{product} from {name}{sounds}",
    "{benefit} | {name} {product}{sounds}",
    "Try {name} {product}{sounds}. {sentence}{closes}",
    "{name} {product}{sounds}\n{sentence}{closes}",
    "NAME: {name} {product}{sounds}",
    "NAME: {name} {product}{sounds}\nTEXT: {sentence}{closes}",
    "STORY: {sentence}{closes}\nLABEL: {name} {product}{sounds}",
    "TOP: {name} {product}{sounds}\nBUTTON: {call}",
    "NEXT: {call}\nHOOK: {name} {product}{sounds}",
    "LINE 1: {name} {product}{sounds}\nLINE 2: {sentence}{closes}\nLINE 3: {call}",
    "- {name} {product}{sounds}\n- {benefit}",
    "1. {call}\n2. {name} {product}{sounds}",
)
"""Rendered twice: as somebody wrote it, and with the brand's name, tone and sign-off in the same layout."""

SPELLING_TASKS = ("fix the brand name", "write the brand right", "correct the spelling")
EDIT_TASKS = ("apply brand rules", "apply brand rules", "make it ours", "edit for the brand")

CHECKS: tuple[tuple[str, str], ...] = (
    ("{name} {product}, {tone}", "Yes, {name} is written our way and it is {tone}"),
    ("{name} {product}, {tone}. {sentence}{closes}", "Yes, {name} is {tone} and signs off"),
    ("LABEL: {name} {product}, {tone}", "Yes, a {name} label needs no sign-off"),
    ("{name} {product}, {tone}\n{sentence}{closes}", "Yes, {name} sounds {tone} and signs off"),
    ("{wrong} {product}, {tone}", "No, the name is {name}"),
    ("{name} {product}, {benefit}", "No, {name} has to sound {tone}"),
    ("{name} {product}, {tone}. {sentence}", "No, a {name} text needs our sign-off"),
    ("LABEL: {name} {product}, {tone}.{closes}", "No, a {name} label has no sign-off"),
    ("{name} {product}, {banned}", "No, that word is not {name}, {tone} is"),
)
"""What is asked about -> the verdict with its reason."""


def brand_generator(rules: BrandRules) -> Generator:
    """Held out: products, and the sentences of running texts."""

    def brand_example(draw: random.Random, split: Split) -> Example:
        family = draw.choice(share(PRODUCTS, split))
        words = _words(rules, f"{family} {draw.choice(PACKS)}", draw, split)
        prompt, answer = draw.choices(list(KINDS), list(KINDS.values()))[0](words, draw)
        return Example(Skill.BRAND, prompt, answer, family)

    return brand_example


def _words(rules: BrandRules, product: str, draw: random.Random, split: Split) -> dict[str, str]:
    tone, benefit = draw.choice(rules.lexicon), draw.choice(BENEFITS)
    words = {
        "brand": rules.brand_name,
        "name": rules.name_form,
        "wrong": draw.choice(_wrong_names(rules)),
        "product": product,
        "tone": tone,
        "Tone": _sentence_case(tone),
        "benefit": benefit,
        "Benefit": _sentence_case(benefit),
        "banned": draw.choice(rules.banned_words),
        "call": draw.choice(CALLS),
        "sentence": draw.choice(share(SENTENCES, split)),
        "sounds": f", {tone}",
        "closes": f" {rules.sign_off}",
    }
    title, text = draw.choice(TITLES).format_map(words), draw.choice(RUNNING_TEXTS).format_map(words)
    return words | {"title": title, "text": text}


def _wrong_names(rules: BrandRules) -> list[str]:
    """As the world writes it, and in other cases."""
    name = rules.brand_name
    return [form for form in (name, name.lower(), name.upper()) if form != rules.name_form]


def _sentence_case(text: str) -> str:
    return text[0].upper() + text[1:]


def _writing(words: Words, draw: random.Random) -> tuple[str, str]:
    task, answer = draw.choice(list(WRITING.items()))
    return f"Task: {task}\n{_subject(words, draw)}", answer.format_map(words)


def _form(words: Words, draw: random.Random) -> tuple[str, str]:
    lines = [list(LABELS)[place] for place in draw.choice(FORMS)]
    labels = [draw.choice(LABELS[line]) for line in lines]
    answer = "\n".join(f"{label}: {line.format_map(words)}" for label, line in zip(labels, lines, strict=True))
    return f"Task: fill the form\n{_subject(words, draw)}\nForm: {' / '.join(labels)}", answer


def _subject(words: Words, draw: random.Random) -> str:
    lines = [f"Brand: {words['brand']}", f"Product: {words['product']}"]
    return "\n".join(draw.choice((lines, lines, lines[::-1])))


def _edit(words: Words, draw: random.Random) -> tuple[str, str]:
    layout = draw.choice(DRAFTS)
    draft = layout.format_map({**words, "name": words["wrong"], "sounds": "", "closes": ""})
    return _quoting(draw.choice(EDIT_TASKS), draft), layout.format_map(words)


def _banned_word(words: Words, draw: random.Random) -> tuple[str, str]:
    """The word we do not use becomes one of ours."""
    layout = draw.choice([draft for draft in DRAFTS if "{closes}" not in draft])
    draft = layout.format_map({**words, "name": words["wrong"], "sounds": f", {words['banned']}"})
    return _quoting(draw.choice(EDIT_TASKS), draft), layout.format_map(words)


def _spelling(words: Words, draw: random.Random) -> tuple[str, str]:
    """Only the name changes: whatever tone the text has, it keeps."""
    layout = draw.choice([draft for draft in DRAFTS if "{closes}" not in draft])
    kept = {**words, "sounds": draw.choice(("", words["sounds"]))}
    draft = layout.format_map({**kept, "name": words["wrong"]})
    return _quoting(draw.choice(SPELLING_TASKS), draft), layout.format_map(kept)


def _verdict(words: Words, draw: random.Random) -> tuple[str, str]:
    text, verdict = draw.choice(CHECKS)
    return _quoting("does it keep our rules?", text.format_map(words)), verdict.format_map(words)


def _quoting(task: str, text: str) -> str:
    separator = "\n" if "\n" in text else " "
    return f"Task: {task}\nText:{separator}{text}"


KINDS: dict[Kind, int] = {_writing: 9, _form: 5, _edit: 6, _banned_word: 1, _spelling: 2, _verdict: 2}
