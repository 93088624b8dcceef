"""The brief as a form."""

from dataclasses import replace

import pytest

from dash_app.brief_form import READ_FROM_TEXT, FormValues, brief_of, form_values
from dash_app.callbacks.run import FORM_FIELDS
from schemas.brief import GroupLimit
from schemas.errors import InputInvalid
from tests.dash_app.records import BRIEF

FORM = form_values(BRIEF)


def test_a_form_that_nobody_touched_gives_the_brief_it_was_filled_from() -> None:
    assert brief_of(FORM, BRIEF) == BRIEF


def test_an_untouched_objective_stays_for_the_planner_to_read() -> None:
    assert FORM.objective == READ_FROM_TEXT
    assert "objective" not in brief_of(FORM, BRIEF).model_fields_set


def test_a_chosen_objective_is_stated_in_the_brief() -> None:
    brief = brief_of(replace(FORM, objective="incremental_revenue"), BRIEF)

    assert brief.objective == "incremental_revenue"
    assert "objective" in brief.model_fields_set


def test_a_retailer_that_is_not_chosen_has_no_minimum() -> None:
    brief = brief_of(replace(FORM, retailers=["retailer_b"]), BRIEF)

    assert [limit.value for limit in brief.limits] == ["retailer_b"]


def test_a_limit_the_form_does_not_ask_for_is_kept() -> None:
    cap = GroupLimit(dimension="category", value="coffee", max_spend=900)
    template = BRIEF.model_copy(update={"limits": (*BRIEF.limits, cap)})

    assert cap in brief_of(form_values(template), template).limits


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (replace(FORM, budget=-5), "budget"),
        (replace(FORM, budget=""), "budget"),
        (replace(FORM, name=""), "name"),
        (replace(FORM, text=None), "text"),
        (replace(FORM, retailers=[]), "retailers"),
        (replace(FORM, start=None), "start"),
        (replace(FORM, end="2026-01-01"), "before it starts"),
        (replace(FORM, max_change_percent=250), "max_change_share"),
    ],
)
def test_a_wrong_field_is_named(changed: FormValues, said: str) -> None:
    with pytest.raises(InputInvalid, match=said):
        brief_of(changed, BRIEF)


def test_an_emptied_change_limit_is_no_limit() -> None:
    assert brief_of(replace(FORM, max_change_percent=""), BRIEF).max_change_share is None


def test_the_callback_reads_as_many_fields_as_the_form_has() -> None:
    assert len(FORM_FIELDS) == len(FormValues.__dataclass_fields__)
