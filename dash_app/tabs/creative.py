"""Creative: the drafts, what the policy checker found, and who wrote them."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_app.components import author, card, composition, grid, kpi, kpi_row, not_reached, notice, other_mode
from dash_app.formatting import count, placement, words
from dash_app.run_view import RunView
from dash_app.state import Tab
from dash_app.theme import Scheme
from schemas.creative import CreativeDraft
from schemas.governance import Severity, Verdict
from schemas.tasks import Task


def draw(view: RunView, scheme: Scheme) -> list[Any]:
    if view.words is None:
        return [other_mode(Tab.CREATIVE, view.clean_room)]
    step = view.step(Task.CREATIVE)
    if step is None:
        return [not_reached("copy", view.words.failure)]
    drafts = view.words.drafts
    withheld = sum(draft.withheld for draft in drafts)
    return [
        kpi_row(
            kpi("Drafts", count(len(drafts))),
            kpi("Cleared", count(len(drafts) - withheld), "every rule passes"),
            kpi("Withheld", count(withheld), "never shown as copy"),
            kpi("Revisions", count(sum(draft.revisions for draft in drafts)), "at most two per draft"),
        ),
        notice("The brief asks for no copy.") if not drafts else _cards(drafts),
        author(step) if step.fallback else None,
        html.Div(style={"height": 16}),
        grid(card("Governance", *_verdict(view.words.verdict))),
    ]


def _cards(drafts: Sequence[CreativeDraft]) -> dmc.SimpleGrid:
    return dmc.SimpleGrid([_card(draft) for draft in drafts], cols={"base": 1, "sm": 2, "lg": 3}, spacing="md")


def _card(draft: CreativeDraft) -> dmc.Card:
    state = ("withheld", "red") if draft.withheld else ("passes", "green")
    head = dmc.Group(
        [dmc.Title(draft.product_name, order=2, size="h6"), dmc.Badge(state[0], color=state[1], variant="light")],
        justify="space-between",
        wrap="nowrap",
    )
    return dmc.Card(
        [
            head,
            dmc.Text(f"{placement(draft.placement_type)}, {draft.sku_id}", size="sm", className="hint", mb="sm"),
            _withheld(draft) if draft.withheld else _copy(draft.text),
            dmc.Box(composition(draft.written_by), mt="sm"),
        ],
        withBorder=True,
        padding="md",
        className="draft",
    )


def _copy(text: str) -> html.Dl:
    """One line per part of the placement's specification, `PART: text`."""
    parts = [line.partition(":") for line in text.splitlines() if line.strip()]
    return html.Dl(
        [
            item
            for part, colon, words_ in parts
            for item in (html.Dt(_part_name(part) if colon else ""), html.Dd(words_.strip() if colon else part))
        ],
        className="copy",
    )


def _part_name(part: str) -> str:
    return part if part == "CTA" else part.capitalize()


def _withheld(draft: CreativeDraft) -> dmc.Stack:
    reasons = [dmc.ListItem(f"{words(finding.rule)}: {finding.evidence}") for finding in draft.findings]
    return dmc.Stack(
        [
            dmc.Text(f"Withheld after {draft.revisions} revisions because it breaks:", size="sm"),
            dmc.List(reasons, size="sm"),
        ],
        gap=4,
    )


def _verdict(verdict: Verdict | None) -> list[Any]:
    if verdict is None:
        return [dmc.Text("The run stopped before the rules were checked.")]
    state = ("approved", "green") if verdict.approved else ("blocked", "red")
    marks = {finding.rule: finding for finding in verdict.findings}
    rows = []
    for rule in verdict.checked:
        finding = marks.get(rule)
        if finding is None:
            rows.append(dmc.ListItem(f"✓ {words(rule)}: holds"))
        else:
            mark = "✕ blocks" if finding.severity is Severity.BLOCK else "! to review"
            rows.append(dmc.ListItem(f"{mark}: {words(finding.rule)}: {finding.evidence}"))
    return [
        dmc.Group(
            [dmc.Badge(state[0], color=state[1], variant="light"), dmc.Text(verdict.reading)], mb="xs", wrap="nowrap"
        ),
        dmc.List(rows, size="sm"),
    ]
