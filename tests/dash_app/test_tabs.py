"""What each tab says about a run, in both modes."""

from typing import Any

import pytest

from dash_app.adapter_cards import evaluation_rows, privacy_rows
from dash_app.components import change
from dash_app.formatting import WITHHELD
from dash_app.run_view import RunView
from dash_app.tabs import creative, data, measure, ops, optimize, plan
from orchestrator.federation import Catalogue, ServerStatus
from schemas.adapters import AdapterSignature, SignatureState
from schemas.run import RunRecord
from tests.dash_app.reading import all_ids, all_text, figures
from tests.dash_app.records import make_record
from tests.dash_app.test_federation_graph import CARDS

DRAWS = {
    "data": data.draw,
    "plan": plan.draw,
    "optimize": optimize.draw,
    "measure": measure.draw,
    "creative": creative.draw,
}
CATALOGUE = Catalogue(
    CARDS,
    {
        CARDS[0].adapter_id: AdapterSignature(state=SignatureState.SIGNED, owner="tests", key_sha256="c" * 64),
        CARDS[1].adapter_id: AdapterSignature(state=SignatureState.UNVERIFIED, key_sha256="d" * 64),
        CARDS[2].adapter_id: AdapterSignature(state=SignatureState.UNSIGNED),
    },
    {"manufacturer_brand_r": "adapter 'manufacturer_brand_r' was altered after it was signed"},
)
SERVER = ServerStatus("http://127.0.0.1:9/v1", False, "no model server")


def view_of(record: RunRecord, clean_room: bool = False) -> RunView:
    """With the words of the record itself in its own mode, and none in the other."""
    return RunView(record, clean_room, record if record.clean_room is clean_room else None)


FULL, CLEAN_ROOM = view_of(make_record()), view_of(make_record(), clean_room=True)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_the_switch_changes_what_every_tab_says(draw: Any) -> None:
    assert all_text(draw(FULL, "light")) != all_text(draw(CLEAN_ROOM, "light"))


@pytest.mark.parametrize("name", ["plan", "optimize", "measure", "creative"])
def test_words_that_were_never_written_in_a_mode_are_not_borrowed(name: str) -> None:
    drawn = DRAWS[name](CLEAN_ROOM, "light")

    text = all_text(drawn)
    assert "Written in full mode; run again in clean-room mode" in text
    assert f"{name} in full words" not in text
    assert {"type": "run-again", "tab": name} in all_ids(drawn)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_run_that_failed_says_why(draw: Any) -> None:
    failed = make_record(
        data=None, plan=None, drafts=(), verdict=None, steps=(), comparison=None, failure="harmonize: no export of 'r'"
    )

    assert "no export of 'r'" in all_text(draw(view_of(failed), "light"))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_run_that_was_cut_off_still_opens(draw: Any) -> None:
    whole = make_record()
    cut = whole.model_copy(
        update={"steps": whole.steps[:1], "plan": None, "comparison": None, "drafts": (), "verdict": None}
    )

    assert all_text(draw(view_of(cut), "light"))


def test_rows_are_shown_in_full_mode_and_withheld_with_a_reason_in_clean_room_mode() -> None:
    full, clean = all_text(data.draw(FULL, "light")), all_text(data.draw(CLEAN_ROOM, "light"))

    assert "2026-01-05" in full
    assert "2026-01-05" not in clean
    assert "No rows in clean-room mode" in clean


def test_the_brands_own_totals_are_not_shown_in_clean_room_mode() -> None:
    assert "$90,000" in all_text(data.draw(FULL, "light"))
    assert "$90,000" not in all_text(data.draw(CLEAN_ROOM, "light"))


def test_a_withheld_cell_reads_less_than_100_and_a_refusal_says_its_reason() -> None:
    text = all_text(data.draw(FULL, "light"))

    assert WITHHELD in text
    assert "a field the retailer does not permit" in text


def test_the_mapping_says_how_sure_it_is_and_who_placed_the_column() -> None:
    text = all_text(data.draw(FULL, "light"))

    assert "advertisedSku Sku id 1.00 schema" in text
    assert "cost Cost 0.50 model" in text


def test_the_comparison_says_in_words_who_is_better() -> None:
    text = all_text(optimize.draw(FULL, "light"))

    assert "Realised iROAS 2.50x 2.00x +0.50x +25.0% ▲ full data better" in text
    assert "Wasted spend $900 $800 +$100 +12.5% ▼ clean room better" in text
    assert "SKUs actionable 2 2 0 0.0% no difference" in text


def test_the_plan_is_compared_with_todays_spend() -> None:
    text = all_text(optimize.draw(FULL, "light"))

    assert "Incremental margin, before spend $5,000 ▲ +$1,000 (+25.0%) better" in text
    assert "stock cover XAN-001" in text
    assert "within 0.02% of a proven bound" in text


def test_more_waste_is_worse_although_it_is_more() -> None:
    assert "worse" in all_text(change(2, 1, "+1", less_is_better=True))
    assert "better" in all_text(change(2, 1, "+1"))
    assert "no difference" in all_text(change(1, 1, "0"))


def test_an_arm_without_an_untreated_comparison_says_so_instead_of_a_lift() -> None:
    full, clean = all_text(measure.draw(FULL, "light")), all_text(measure.draw(CLEAN_ROOM, "light"))

    assert "95% interval +5.0% to +19.0%" in full
    assert "without exposure flags" in clean
    assert "95% interval +5.0%" not in clean


def test_attribution_is_set_against_what_was_caused_in_the_runs_own_numbers() -> None:
    assert "credit 4.50x per unit of spend, and 1.80x is caused: 40.0%" in all_text(measure.draw(FULL, "light"))


def test_withheld_copy_is_never_shown_as_copy() -> None:
    text = all_text(creative.draw(FULL, "light"))

    assert "XANDO Roast, wide awake" in text
    assert "guaranteed" not in text
    assert "Banned claim: best" in text
    assert "passes" in text and "withheld" in text


def test_a_step_whose_template_stood_in_is_marked_with_the_reason() -> None:
    text = all_text(plan.draw(FULL, "light"))

    assert "template no model server at http://127.0.0.1:9/v1" in text
    assert "industry_retail_media+manufacturer_brand_x@0123456789ab" in text


def test_ops_lists_every_adapter_by_digest_and_the_servers_state() -> None:
    text = all_text(ops.draw(FULL, CATALOGUE, SERVER, "light"))

    assert "b" * 12 in text
    assert f"industry_retail_media@{'b' * 12}" in text
    assert "down" in text and "no model server" in text


def test_ops_says_who_signed_each_adapter_and_why_one_is_refused() -> None:
    text = all_text(ops.draw(FULL, CATALOGUE, SERVER, "light"))

    assert f"signed by tests, key {'c' * 12}" in text
    assert f"signed with key {'d' * 12}, owner not proven" in text
    assert "unsigned" in text
    assert "Not offered: manufacturer_brand_r" in text and "altered after it was signed" in text


def test_ops_shows_the_verdict_and_the_figures_of_a_privacy_audit() -> None:
    weights = CARDS[1].weights[0].model_copy(update={"privacy": {"auc": 0.5123, "verdict": "fail", "dp": False}})
    audited = CARDS[1].model_copy(update={"weights": (weights,)})

    text = all_text(ops.draw(FULL, Catalogue((CARDS[0], audited)), SERVER, "light"))

    assert "not audited" in text and "fail" in text
    assert "Privacy audit: 3 figures" in text
    assert privacy_rows([CARDS[0], audited]) == [
        ["Verdict", "n/a", "fail"],
        ["Auc", "n/a", "0.512"],
        ["Dp", "n/a", "no"],
    ]


def test_a_refused_adapter_says_why_where_the_graph_is_read() -> None:
    text = all_text(ops.draw_detail("manufacturer_brand_r", CATALOGUE, FULL.record))

    assert "Not offered: adapter 'manufacturer_brand_r' was altered" in text


def test_the_facts_of_an_adapter_name_everything_it_is_bound_to() -> None:
    weights = CARDS[1].weights[0].model_copy(update={"tokenizer_sha256": "e" * 64, "chat_template_sha256": "f" * 64})
    bound = CARDS[1].model_copy(update={"weights": (weights,)})

    text = all_text(ops.draw_detail(bound.adapter_id, Catalogue((bound,)), FULL.record))

    assert all(sha256 in text for sha256 in ("a" * 12, "b" * 12, "e" * 12, "f" * 12))


def test_an_evaluation_is_a_share_of_a_number_of_questions_and_absent_where_it_was_not_made() -> None:
    weights = CARDS[0].weights[0].model_copy(update={"evaluation": {"column.field": 0.8, "column.field.n": 40}})
    evaluated = CARDS[0].model_copy(update={"weights": (weights,)})

    assert evaluation_rows([evaluated, CARDS[1]]) == [["Column: field", "80.0% of 40", "n/a"]]


def test_ops_opens_without_a_run_and_without_adapters() -> None:
    text = all_text(ops.draw(None, Catalogue(), SERVER, "light"))

    assert "No run yet" in text
    assert "make train" in text


@pytest.mark.parametrize("node", ["base", "industry_retail_media", "plan", "manufacturer_brand_z", None])
def test_every_node_has_something_to_tell(node: str | None) -> None:
    assert all_text(ops.draw_detail(node, CATALOGUE, FULL.record))


def test_figures_follow_the_colour_scheme() -> None:
    for draw in (optimize.draw, measure.draw):
        light, dark = figures(draw(FULL, "light")), figures(draw(FULL, "dark"))

        assert light and [figure["layout"]["font"] for figure in light] != [figure["layout"]["font"] for figure in dark]
