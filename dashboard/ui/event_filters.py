"""Choosing from the history: filters in the address, and the place in the pages."""

from datetime import date, datetime, time, timedelta
from typing import Final

import streamlit as st

from dashboard.errors import BadInput
from dashboard.queries import activity
from dashboard.queries.activity import Page, Wanted
from dashboard.ui import timeline, times
from dashboard.ui.chosen import chosen_id, number
from dashboard.ui.read import read

WIDGETS: Final = ("kind", "by", "since", "until")
ROWS: Final = ("account", "organization")
"""Parameters that other pages link with; there is no widget for them."""
CURSORS: Final = ("before", "after")


def choose() -> Wanted:
    """Show the filters; what they, and the address, say.

    Raises:
        BadInput: the period ends before it begins.
        NotFound: the address names an account or organization by something else than a number.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "What", read(activity.kinds), index=None, format_func=timeline.name, key="kind",
            bind="query-params", on_change=forget, placeholder="Anything", width=200,
        )  # fmt: skip
        who = st.selectbox(
            "Who", read(activity.people), index=None, key="by",
            bind="query-params", on_change=forget, placeholder="Anybody", width=200,
        )  # fmt: skip
        since = st.date_input(
            "From", None, key="since", bind="query-params", on_change=forget, width=150
        )
        until = st.date_input(
            "Until", None, key="until", bind="query-params", on_change=forget, width=150
        )
    if since and until and since > until:
        raise BadInput("The period ends before it begins: choose another day for one of them.")
    return Wanted(
        kind=kind or "",
        who=who or "",
        account_id=chosen_id("account", "account"),
        organization_id=chosen_id("organization", "organization"),
        since=_midnight(since),
        until=_midnight(until and until + timedelta(days=1)),
        before=number("before"),
        after=number("after"),
    )


def forget(*names: str) -> None:
    """Go to the newest page, and take these parameters out of the address."""
    for each in (*CURSORS, *names):
        st.query_params.pop(each, None)


def clear() -> None:
    """Take every filter away."""
    forget(*ROWS)
    for each in WIDGETS:
        st.session_state[each] = None


def turn_pages(found: Page, wanted: Wanted) -> None:
    """Show the ways to newer and older events."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        if wanted.before is not None or wanted.after is not None:
            st.button("Newest", icon=":material/first_page:", key="newest", on_click=forget)
        for label, cursor, event_id in (
            ("Newer", "after", found.newer),
            ("Older", "before", found.older),
        ):
            if event_id is not None:
                st.button(label, key=label.lower(), on_click=_turn, args=(cursor, event_id))


def _turn(cursor: str, event_id: int) -> None:
    forget()
    st.query_params[cursor] = str(event_id)


def _midnight(day: date | None) -> datetime | None:
    """The beginning of a day on the reader's clock."""
    return datetime.combine(day, time(), times.zone()) if day else None
