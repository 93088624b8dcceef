"""What the app says of the adapters on this disk: digests, lineage, who signed, what was measured, what is refused."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc

from dash_app.components import composition, notice, table
from dash_app.formatting import ABSENT, count, day, digest, share, words
from orchestrator.federation import Catalogue
from schemas.adapters import AdapterCard, AdapterSignature, AdapterWeights, SignatureState

PASSED = "pass"


def draw_adapters(catalogue: Catalogue) -> list[Any]:
    cards = catalogue.cards
    if not cards and not catalogue.refused:
        return [dmc.Text("No adapter is installed: train the shipped ones with `make train`.")]
    panels = [
        _folded("Evaluation", "measures", evaluation_rows(cards), cards),
        _folded("Privacy audit", "figures", privacy_rows(cards), cards),
    ]
    return [
        *(notice(reason, title=f"Not offered: {name}", colour="red") for name, reason in catalogue.refused.items()),
        _table(catalogue) if cards else None,
        dmc.Accordion([panel for panel in panels if panel], variant="contained", mt="md", multiple=True)
        if any(panels)
        else dmc.Text("Not evaluated yet.", size="sm", className="hint"),
    ]


def adapter_facts(card: AdapterCard, signature: AdapterSignature | None) -> list[tuple[str, str]]:
    """Everything but the measures; digests are shortened as they are in names."""
    facts = [
        ("Version", card.version),
        ("Owner", card.owner),
        ("Signature", signature_text(signature)),
        ("Audience", ", ".join(card.audience)),
        ("Licence", card.licence),
    ]
    if card.expires_on is not None:
        facts.append(("Expires", day(card.expires_on)))
    for weights in card.weights:
        facts += [
            ("Base", f"{weights.base_model} ({digest(weights.base_sha256)})"),
            ("Digest", digest(weights.sha256)),
            ("Strategy", weights.strategy.value),
            ("Parent", parent_text(weights)),
            ("Tokenizer", _digest_or_absent(weights.tokenizer_sha256)),
            ("Chat template", _digest_or_absent(weights.chat_template_sha256)),
            ("Privacy audit", verdict_text(weights)),
        ]
    return facts


def signature_text(signature: AdapterSignature | None) -> str:
    if signature is None or signature.key_sha256 is None:
        return "unsigned"
    if signature.state is SignatureState.UNVERIFIED:
        return f"signed with key {digest(signature.key_sha256)}, owner not proven"
    return f"signed by {signature.owner}, key {digest(signature.key_sha256)}"


def verdict_text(weights: AdapterWeights) -> str:
    return str(weights.privacy.get("verdict", "without a verdict")) if weights.privacy else "not audited"


def parent_text(weights: AdapterWeights) -> str:
    return f"{weights.parent.adapter_id}@{digest(weights.parent.sha256)}" if weights.parent else "none"


def evaluation_rows(cards: Sequence[AdapterCard]) -> list[list[str]]:
    """One row per measure, one column per adapter; `<measure>.n` is how many questions the share is of."""
    found = [{name: value for weights in card.weights for name, value in weights.evaluation.items()} for card in cards]
    measures = sorted({name for values in found for name in values if not name.endswith(".n")})
    return [[words(name.replace(".", ": ")), *(_measured(values, name) for values in found)] for name in measures]


def privacy_rows(cards: Sequence[AdapterCard]) -> list[list[str]]:
    """One row per figure of the audits, one column per adapter; the verdict first."""
    found = [{name: value for weights in card.weights for name, value in weights.privacy.items()} for card in cards]
    figures = sorted({name for values in found for name in values}, key=lambda name: (name != "verdict", name))
    return [[words(name.replace(".", ": ")), *(_figure(values.get(name)) for values in found)] for name in figures]


def _table(catalogue: Catalogue) -> Any:
    return table(
        ("Adapter", "Version", "Strategy", "Digest", "Parent", "Signature", "Privacy audit"),
        list(_rows(catalogue)),
        caption="Installed adapters",
    )


def _rows(catalogue: Catalogue) -> Iterator[tuple[Any, ...]]:
    for card in catalogue.cards:
        name = dmc.Stack(
            [dmc.Text(card.name, fw=600, size="sm"), dmc.Text(card.description, size="xs", className="hint")], gap=2
        )
        signature = _signature(catalogue.signatures.get(card.adapter_id))
        if not card.weights:
            yield name, card.version, ABSENT, "no weights", ABSENT, signature, ABSENT
        for weights in card.weights:
            yield (
                name,
                card.version,
                weights.strategy.value,
                dmc.Code(digest(weights.sha256)),
                composition(parent_text(weights)),
                signature,
                _verdict(weights),
            )


def _signature(signature: AdapterSignature | None) -> dmc.Badge:
    proven = signature is not None and signature.state is SignatureState.SIGNED
    return _badge(signature_text(signature), "green" if proven else "gray")


def _verdict(weights: AdapterWeights) -> dmc.Badge:
    text = verdict_text(weights)
    return _badge(text, "green" if text == PASSED else "red" if weights.privacy else "gray")


def _badge(text: str, colour: str) -> dmc.Badge:
    """In the words' own case: owners' names and digests are not to be shouted."""
    return dmc.Badge(
        text, color=colour, variant="light", tt="none", radius="sm", h="auto", style={"whiteSpace": "normal"}
    )


def _folded(title: str, unit: str, rows: Sequence[Sequence[str]], cards: Sequence[AdapterCard]) -> Any:
    if not rows:
        return None
    built = table(
        (title, *(card.name for card in cards)),
        rows,
        caption=f"{title} of the adapters",
        numeric=range(1, len(cards) + 1),
        scroll_height=320,
    )
    return dmc.AccordionItem(
        [dmc.AccordionControl(f"{title}: {count(len(rows))} {unit}", h=40), dmc.AccordionPanel(built)], value=title
    )


def _measured(values: Mapping[str, float], name: str) -> str:
    if name not in values:
        return ABSENT
    questions = values.get(f"{name}.n")
    return f"{values[name]:,.3g}" if questions is None else f"{share(values[name])} of {count(questions)}"


def _figure(value: str | float | bool | None) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:,.3g}"


def _digest_or_absent(sha256: str | None) -> str:
    return ABSENT if sha256 is None else digest(sha256)
