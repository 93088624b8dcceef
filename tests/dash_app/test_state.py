"""The view and its link."""

from hypothesis import given
from hypothesis import strategies as st

from dash_app.state import Tab, ViewState, from_store, query_of, state_of, to_store

VIEWS = st.builds(
    ViewState,
    tab=st.sampled_from(Tab),
    clean_room=st.booleans(),
    run_id=st.none() | st.text(min_size=1).filter(lambda text: text.encode(errors="ignore").decode() == text),
)


@given(VIEWS)
def test_a_link_opens_the_view_it_was_made_from(view: ViewState) -> None:
    assert state_of(query_of(view)) == view


@given(VIEWS)
def test_a_stored_view_is_read_back(view: ViewState) -> None:
    assert from_store(to_store(view)) == view


@given(st.text())
def test_any_text_after_the_question_mark_opens_some_view(text: str) -> None:
    assert state_of("?" + text).tab in set(Tab)


def test_an_address_without_a_query_opens_the_data_tab_with_full_data() -> None:
    assert state_of("") == state_of(None) == ViewState()
