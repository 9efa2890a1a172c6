"""The dialogs of the queue, of which one at most is open: message, many at once, search, keys."""

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from dashboard.queries.case import Detail
from dashboard.ui import case_acts, case_bulk, case_message
from dashboard.ui.frame import acting, just_arrived

KEYS: Final = (
    ("J", "Next case"),
    ("K", "Previous case"),
    ("A", "Assign it to me"),
    ("S", "Snooze it, or wake it up"),
    ("M", "Message to the customer; Ctrl+Enter sends it"),
    ("L", "Relaunch: make a link"),
    ("Y", "Sync now"),
    ("X", "Check now"),
    ("U", "Undo my last action"),
    ("F", "Search"),
    ("H", "These keys"),
    ("Esc", "Close a dialog"),
)


def show(case: Detail | None) -> None:
    """Open the dialog that was asked for, if any; what was asked for before coming is forgotten."""
    if just_arrived():
        case_acts.forget()
    asked = str(st.session_state.get(case_acts.ASKED))
    bodies: dict[str, tuple[str, Callable[[], None]]] = {
        "find": ("Search the queue", _find),
        "keys": ("Keys", _keys),
        "bulk": ("Many cases at once", case_bulk.show),
    }
    if case is not None:
        bodies["message"] = ("Message to the customer", partial(case_message.show, case))
    if asked not in bodies:
        return
    title, body = bodies[asked]
    opened = st.dialog(title, width="medium", on_dismiss=case_acts.forget)
    opened(_framed)(body)


def _framed(body: Callable[[], None]) -> None:
    with acting():
        body()


def _find() -> None:
    with st.form("find_form", border=False):
        words = st.text_input(
            "Search", key="find_words", placeholder="Name, id, e-mail",
            label_visibility="collapsed",
        )  # fmt: skip
        if st.form_submit_button("Search", type="primary", key="find_go"):
            case_acts.forget()
            # The widget of the page is drawn already: its words are for the next run.
            st.session_state[case_acts.FIND] = words
            st.rerun()


def _keys() -> None:
    st.markdown("\n".join(f"- `{key}` {what}" for key, what in KEYS))
