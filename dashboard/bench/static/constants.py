"""The constants that the static pages draw."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import streamlit as st

from dashboard.status import ACTORS, Headline

MOMENT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
SOME: Final = [Headline.HEALTHY, Headline.NEEDS_RECONNECT, Headline.LATE, Headline.HEALTHY]
ROWS: Final = [
    (
        number, f"Amber Kitchens {number} EU", f"key-{number}", number, f"Amber Kitchens {number}",
        "seller", "EU", f"A{number:013}", "Connected", "Connected", SOME[number % 4], MOMENT,
        ACTORS[SOME[number % 4]], "", "", MOMENT - timedelta(hours=number), "Leo Marchand",
        ["DE", "FR", "IT"],
    )
    for number in range(50)
]  # fmt: skip


def head(title: str) -> None:
    """The frame: title, age and refresh."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(title, anchor=False)
        with st.container(horizontal=True, horizontal_alignment="right"):
            st.caption("as of 0 s ago", width="content")
            st.button("Refresh", icon=":material/refresh:", type="tertiary")


def some_filter(label: str, width: Any = "stretch") -> None:
    """One filter of the list."""
    st.multiselect(label, [each.value for each in Headline], placeholder=label, width=width,
                   label_visibility="collapsed", key=label, bind="query-params")  # fmt: skip
