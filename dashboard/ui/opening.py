"""Names in tables that open, in this tab, what they stand for."""

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from dashboard.ui.links import Link

WANTED: Final = "opening"


def column(label: str, key: str, opens: Sequence[Link | None], **options: Any) -> Any:
    """A table column of names that open something; ``follow`` must run on the same page.

    Args:
        label: the heading.
        key: unique on the page.
        opens: what each row opens, in the order of the rows.
        options: more for ``ButtonColumn``.
    """
    # A click tells only the row, and the table may be another by the time it is heard of.
    st.session_state[_shown(key)] = list(opens)
    return st.column_config.ButtonColumn(
        label,
        type="tertiary",
        alignment="left",
        key=key,
        on_click=_remember,
        args=(key,),
        **options,
    )


def follow() -> None:
    """Go where a click asked for; a callback cannot go anywhere itself."""
    link = st.session_state.pop(WANTED, None)
    if link is not None:
        link.go()


def _remember(key: str) -> None:
    row = st.session_state[key]["row"]
    opens: Sequence[Link | None] = st.session_state.get(_shown(key), [])
    if row < len(opens):
        st.session_state[WANTED] = opens[row]


def _shown(key: str) -> str:
    return f"{key}_opens"
