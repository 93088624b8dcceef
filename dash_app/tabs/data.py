"""Data: what the run was fed, how it was read, and what the clean room would and would not say."""

from datetime import date
from typing import Any

import dash_mantine_components as dmc

from dash_app.components import card, grid, kpi, kpi_row, not_reached, notice, table
from dash_app.formatting import WITHHELD, count, day, money, words
from dash_app.run_view import RunView
from dash_app.theme import Scheme
from schemas.clean_room import RefusalCode
from schemas.run import CleanRoomQuery, DataProfile, FileMapping

PREVIEW_COLUMNS = (
    "date", "retailer_id", "sku_id", "placement_type", "impressions", "clicks", "conversions", "revenue", "cost",
)  # fmt: skip
MICROS_COLUMNS = {"revenue", "cost"}

REFUSALS = {
    RefusalCode.REQUEST_INVALID: "refused: the request is not well formed",
    RefusalCode.REQUEST_TOO_LARGE: "refused: the request asks for too much at once",
    RefusalCode.FIELD_NOT_PERMITTED: "refused: a field the retailer does not permit",
    RefusalCode.NOT_AUTHORISED: "refused: this tenant may not ask",
    RefusalCode.NOT_ANSWERABLE: "refused: not answerable",
}


def draw(view: RunView, scheme: Scheme) -> list[Any]:
    profile = view.record.data
    if profile is None:
        return [not_reached("data", view.record.failure)]
    return [
        _kpis_clean(profile, view) if view.clean_room else _kpis_full(profile),
        grid(
            card("Files and how they were read", *_files(profile), hint=_FILES_HINT, span=7),
            card("What the clean rooms give out", _access(profile), hint="Everything unlisted is refused.", span=5),
            card("Questions this run put to the clean rooms", _queries(profile, view), hint=_queries_hint(view)),
            card("Harmonised rows", _preview(profile, view)),
        ),
    ]


_FILES_HINT = (
    "Each network's own report is mapped to one shared format. A column is placed by the network's known report "
    "layout, by a table of aliases, or proposed by the model; code converts and checks every value."
)


def _kpis_full(profile: DataProfile) -> dmc.SimpleGrid:
    return kpi_row(
        kpi("Rows harmonised", count(profile.rows), f"{count(profile.rejected)} rejected, kept with their reasons"),
        kpi("SKUs", count(profile.skus)),
        kpi("Period", f"{_days(profile)} days", f"{day(profile.first_day)} to {day(profile.last_day)}"),
        kpi("Ad spend", money(profile.spend_micros, profile.currency), profile.currency),
        kpi(
            "Attributed revenue",
            money(profile.attributed_revenue_micros, profile.currency),
            "as the networks credit it",
        ),
    )


def _kpis_clean(profile: DataProfile, view: RunView) -> dmc.SimpleGrid:
    queries = profile.clean_room_queries
    answered = [query for query in queries if query.status == "ok"]
    return kpi_row(
        kpi("Questions asked", count(len(queries)), f"{count(len(queries) - len(answered))} refused"),
        kpi("Released rows", count(sum(query.rows for query in answered)), "sums only"),
        kpi("Cells withheld", *_withheld(view)),
        kpi(
            "SKUs actionable",
            count(view.result.metrics.skus_actionable) if view.result else "n/a",
            "with evidence of their own",
        ),
        kpi("Period", f"{_days(profile)} days", f"{day(profile.first_day)} to {day(profile.last_day)}"),
    )


def _withheld(view: RunView) -> tuple[str, str]:
    cells = view.result.cells if view.result else ()
    withheld = sum(cell.withheld for cell in cells)
    return count(withheld), f"of {count(len(cells))}: {WITHHELD} rows or people"


def _days(profile: DataProfile) -> str:
    return count((date.fromisoformat(profile.last_day) - date.fromisoformat(profile.first_day)).days + 1)


def _files(profile: DataProfile) -> list[Any]:
    overview = table(
        ("File", "Network", "Retailer", "Rows", "Rejected"),
        [
            (file.file, words(file.network), words(file.retailer_id), count(file.rows), count(file.rejected))
            for file in profile.files
        ],
        caption="Files that were read",
        numeric=(3, 4),
    )
    mappings = dmc.Accordion(
        [
            dmc.AccordionItem(
                [
                    dmc.AccordionControl(f"{words(file.network)}: {len(file.fields)} columns", h=40),
                    dmc.AccordionPanel(_mapping(file)),
                ],
                value=file.file,
            )
            for file in profile.files
        ],
        variant="contained",
        mt="md",
    )
    return [overview, mappings]


def _mapping(file: FileMapping) -> Any:
    return table(
        ("Column in the file", "Read as", "Confidence", "Placed by"),
        [
            (
                column,
                words(str(entry.get("field", "unmapped"))),
                f"{float(entry.get('confidence', 0)):.2f}",
                str(entry.get("by", "n/a")),
            )
            for column, entry in file.fields.items()
        ],
        caption=f"Columns of {file.file}",
        numeric=(2,),
        scroll_height=280,
    )


def _access(profile: DataProfile) -> dmc.Stack:
    retailers = sorted({row.retailer_id for row in profile.field_access})
    groups: list[Any] = []
    for retailer in retailers:
        groups.append(dmc.Text(words(retailer), fw=600))
        for access, colour, mark in (("allowed", "green", "✓"), ("blocked", "red", "✕")):
            fields = [row.field for row in profile.field_access if (row.retailer_id, row.access) == (retailer, access)]
            badges = [
                dmc.Badge(f"{mark} {field}", color=colour, variant="light", className="field") for field in fields
            ]
            groups.append(dmc.Group([dmc.Text(access.capitalize(), size="sm", w=60), *badges], gap=6))
    return dmc.Stack(groups, gap="xs")


def _queries_hint(view: RunView) -> str:
    seen = (
        "This is all the shown plan knows."
        if view.clean_room
        else "The clean-room arm of the comparison knows only this."
    )
    rule = f"Answers are sums over at least 100 rows and 100 people; a smaller cell reads {WITHHELD} and is withheld."
    return f"{rule} {seen}"


def _queries(profile: DataProfile, view: RunView) -> Any:
    if not profile.clean_room_queries:
        return dmc.Text("The run stopped before it asked a clean room.")
    return table(
        ("Retailer", "Sums of", "Grouped by", "Per", "Outcome", "Rows", "Latency"),
        [_query(query) for query in profile.clean_room_queries],
        caption="Clean-room questions and outcomes",
        numeric=(5, 6),
    )


def _query(query: CleanRoomQuery) -> tuple[Any, ...]:
    request = query.request
    if query.status == "ok":
        outcome: Any = dmc.Text(f"answered; cells {WITHHELD} withheld", size="sm")
    else:
        text = REFUSALS.get(query.code, "refused") if query.code else "refused"
        outcome = dmc.Group(
            [dmc.Badge("refused", color="red", variant="light"), dmc.Text(text.removeprefix("refused: "), size="sm")],
            gap="xs",
        )
    return (
        words(str(request.get("retailer_id", ""))),
        ", ".join(request.get("metrics", ())),
        ", ".join(words(str(name)) for name in request.get("group_by", ())) or "nothing",
        str(request.get("period", {}).get("grain", "")),
        outcome,
        count(query.rows) if query.status == "ok" else "none",
        f"{query.latency_ms} ms",
    )


def _preview(profile: DataProfile, view: RunView) -> Any:
    if view.clean_room:
        return notice(
            "A clean room releases sums over at least 100 rows and 100 people, never rows. "
            f"Turn the switch off to see the first {len(profile.preview)} rows of the brand's own reports.",
            title="No rows in clean-room mode",
        )
    return table(
        [words(column) for column in PREVIEW_COLUMNS],
        [
            [_preview_cell(column, str(row.get(column, "")), profile.currency) for column in PREVIEW_COLUMNS]
            for row in profile.preview
        ],
        caption="First harmonised rows",
        numeric=(4, 5, 6, 7, 8),
        scroll_height=320,
    )


def _preview_cell(column: str, value: str, currency: str) -> str:
    if column in MICROS_COLUMNS and value.lstrip("-").isdigit():
        return money(int(value), currency)
    if column in {"retailer_id", "placement_type"}:
        return words(value)
    return value.removesuffix(" 00:00:00")
