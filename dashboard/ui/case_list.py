"""The queue on the screen: its views, its search, and the cases of one page of it."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.diagnosis import playbook
from dashboard.queries import cases
from dashboard.queries.cases import PAGE_SIZE, View, Wanted
from dashboard.queries.frames import records
from dashboard.roles import Staff
from dashboard.ui import case_acts, case_words, looks, tables
from dashboard.ui.chosen import number
from dashboard.ui.frame import just_arrived
from dashboard.ui.pills import pills
from dashboard.ui.read import read

LABELS: Final[Mapping[View, str]] = MappingProxyType(
    {
        View.ALL: "All",
        View.MINE: "Mine",
        View.UNASSIGNED: "Unassigned",
        View.CUSTOMER: "Waiting on customer",
        View.LATE: "Late",
        View.SNOOZED: "Snoozed",
        View.INCIDENTS: "By incident",
    }
)
CASE: Final = "case"
"""The case that is open on the desk, in the address."""
AFTER: Final = "after"
"""The case behind which the page begins, in the address."""
SHOWN: Final = "cases_shown"
"""The ids of the page as it was last drawn: where a case that leaves it stood."""
VIEW: Final = "view"
"""The view, in the address."""
PILLS: Final = "view_pills"
NARROWING: Final = ("view", "why", "q", "incident")
"""The parameters of the address that say which cases are shown."""
_TALL: Final = 12
"""Rows from which the list scrolls by itself, so that the desk below it stays in reach."""


def choose(staff: Staff) -> Wanted:
    """Show the views and the filters, and say what they, and the address, choose."""
    _forget_what_a_link_leaves_out()
    if (words := st.session_state.pop(case_acts.FIND, None)) is not None:
        st.session_state["q"] = words
        _begin_anew()
    view = _view(staff)
    titles = {each.title: reason.value for reason, each in playbook().items()}
    with st.container(horizontal=True, vertical_alignment="bottom", key="case_filters"):
        typed = st.text_input(
            "Search", key="q", bind="query-params", on_change=_begin_anew,
            placeholder="Search name, id, e-mail", icon=":material/search:",
            label_visibility="collapsed", width=220,
        )  # fmt: skip
        reason = st.selectbox(
            "Reason", list(titles), index=None, key="why", bind="query-params",
            on_change=_begin_anew, placeholder="Any reason", label_visibility="collapsed",
            width=240,
        )  # fmt: skip
    return Wanted(
        view=view, me=staff.key, role=staff.role.value,
        reason=titles.get(reason or "", ""), search=" ".join(typed.split())[:200],
        incident_id=number("incident"), after=number(AFTER),
    )  # fmt: skip


def is_narrowed(wanted: Wanted) -> bool:
    """Whether more than the view is chosen."""
    return bool(wanted.reason or wanted.search or wanted.incident_id)


def present(listing: pd.DataFrame) -> int | None:
    """The case that is open on the desk: the address's, or the first.

    One that has left the page since it was drawn, because it was dealt with, makes room for the
    one that has taken its place.
    """
    ids = listing["id"].tolist()[:PAGE_SIZE]
    before: Sequence[int] = st.session_state.get(SHOWN, ())
    st.session_state[SHOWN] = tuple(ids)
    asked = number(CASE)
    if asked is not None and asked not in ids and asked in before and not just_arrived():
        place = min(before.index(asked), len(ids) - 1)
        asked = ids[place] if ids else None
    chosen = asked if asked is not None else (ids[0] if ids else None)
    _open(chosen)
    return chosen


def table(listing: pd.DataFrame, current: int | None, staff: Staff, now: datetime) -> list[int]:
    """Show a page of cases; a click on a name opens the case, and rows can be selected.

    Returns:
        The ids of the selected cases.
    """
    shown = listing.iloc[:PAGE_SIZE]
    ids = shown["id"].tolist()
    rows = records(shown)
    status, column = pills("Status", ([each] for each in shown["headline"]), width=128)
    columns = st.column_config
    event = st.dataframe(
        pd.DataFrame(
            {
                "here": ["\N{BLACK RIGHT-POINTING TRIANGLE}" if each == current else ""
                         for each in ids],
                "account": shown["account"],
                "status": status,
                "why": [case_words.why(row, now) for row in rows],
                "owner": [case_words.whose(row, staff.key) for row in rows],
                "reason": [tables.why(each) for each in shown["reason"]],
                "organization": shown["organization"],
                "snoozed": [case_words.snoozed(row) for row in rows],
                "who": [looks.cell(each) for each in shown["actor"]],
                "times": shown["times"],
            }
        ),
        # Rows are selected by position: other cases are another table, with none selected.
        key=f"cases_{zlib.crc32(repr(ids).encode())}",
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        height="content" if len(ids) <= _TALL else 32 * _TALL + 36,
        row_height=32,
        alt="Cases, the most urgent first, with the reason for their place",
        column_config={
            "here": columns.TextColumn("", width=26),
            "account": columns.ButtonColumn(
                "Account", type="tertiary", alignment="left", key="case_names",
                on_click=_clicked, width=132,
            ),
            "status": column,
            "why": columns.TextColumn(
                "Why here", width=138, help="Time over its deadline x marketplaces of the customer"
            ),
            "owner": columns.TextColumn("Owner", width=84),
            "reason": columns.TextColumn("Reason", width=210),
            "organization": columns.TextColumn("Organization", width=140),
            "snoozed": columns.TextColumn("Snoozed", width=160),
            "who": columns.TextColumn("Who acts", width=90),
            "times": columns.NumberColumn("Opened", format="%d x", width=64),
        },
    )  # fmt: skip
    return [ids[row] for row in event.selection.rows if row < len(ids)]


def turn_pages(listing: pd.DataFrame) -> None:
    """Show the ways to the next page and back to the top, where there are any."""
    further = len(listing) > PAGE_SIZE
    if not further and number(AFTER) is None:
        return
    with st.container(horizontal=True):
        if number(AFTER) is not None:
            st.button("Back to the top", icon=":material/first_page:", key="top", type="tertiary",
                      on_click=_begin_anew)  # fmt: skip
        if further:
            last = int(listing["id"].iloc[PAGE_SIZE - 1])
            st.button(f"Next {PAGE_SIZE}", icon=":material/chevron_right:", key="further",
                      type="tertiary", on_click=_further, args=(last,))  # fmt: skip


def step(by: int) -> None:
    """Open the case that many places below the present one, within the page."""
    ids: Sequence[int] = st.session_state.get(SHOWN, ())
    current = number(CASE)
    if not ids:
        return
    place = ids.index(current) if current in ids else -1 if by > 0 else 0
    _open(ids[max(0, min(place + by, len(ids) - 1))])


def clear() -> None:
    """Take every filter away but the view."""
    st.session_state.update({"q": "", "why": None})
    st.query_params.pop("incident", None)
    _begin_anew()


def query() -> dict[str, str]:
    """What the address says of which cases are shown."""
    return {name: st.query_params[name] for name in NARROWING if name in st.query_params}


def _view(staff: Staff) -> View:
    """Show the views with how many cases each holds, of which the address says the present one."""
    counts = read(cases.counts, staff.key, staff.role.value)
    asked = st.query_params.get(VIEW, "")
    # The words on the pills hold counts, so they cannot stand in the address themselves.
    st.session_state[PILLS] = View(asked) if asked in tuple(View) else View.ALL
    chosen = st.pills(
        "View", list(View), key=PILLS, required=True, on_change=_turn, label_visibility="collapsed",
        format_func=lambda each: _label(each, counts[each]),
    )  # fmt: skip
    return chosen or View.ALL


def _turn() -> None:
    _begin_anew()
    st.query_params[VIEW] = View(st.session_state[PILLS]).value


def _label(view: View, count: int) -> str:
    if not count:
        return LABELS[view]
    return f"{LABELS[view]} {case_words.counted(count)}"


def _open(case_id: int | None) -> None:
    if case_id is None:
        st.query_params.pop(CASE, None)
    elif number(CASE) != case_id:
        st.query_params[CASE] = str(case_id)


def _clicked() -> None:
    row = st.session_state["case_names"]["row"]
    ids: Sequence[int] = st.session_state.get(SHOWN, ())
    if row < len(ids):
        _open(ids[row])


def _begin_anew() -> None:
    for name in (CASE, AFTER):
        st.query_params.pop(name, None)


def _further(last: int) -> None:
    st.query_params.pop(CASE, None)
    st.query_params[AFTER] = str(last)


def _forget_what_a_link_leaves_out() -> None:
    """Let a link that chooses mean only what it says: Streamlit keeps what was chosen before."""
    if just_arrived() and st.query_params:
        for name, bare in (("q", ""), ("why", None)):
            if name in st.session_state and name not in st.query_params:
                st.session_state[name] = bare
