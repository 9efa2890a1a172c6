"""What was said about a case: notes of ours, messages to the customer and the links in them."""

from datetime import datetime

import streamlit as st

from dashboard import clock
from dashboard.actions.cases import noting
from dashboard.queries import case as queries
from dashboard.queries import links as connecting
from dashboard.queries.case import Detail
from dashboard.queries.frames import records
from dashboard.roles import Permission, Staff
from dashboard.ui import case_acts, case_words, link_list, looks, times
from dashboard.ui.read import moment, read

LINKS = 2
"""Newest links that are shown; the account's page has more."""


def show(staff: Staff, case: Detail) -> None:
    """Show notes and messages, and let one be added."""
    now = clock.now()
    _messages(case, staff, now)
    if staff.can(Permission.NOTE):
        with st.form(f"note_{case.id}", border=False, clear_on_submit=True):
            text = st.text_area(
                "Note", key=f"note_text_{case.id}", height=68, max_chars=noting.LONGEST,
                placeholder="A note in Markdown; @ana.berg tells Ana Berg by mail",
                label_visibility="collapsed",
            )  # fmt: skip
            send = st.form_submit_button("Add note", key=f"note_send_{case.id}")
        if send:
            _write(case, text)
    for note in records(read(queries.notes, case.id)):
        with st.container(border=True, key=f"note_{note.id}", gap=None):
            st.caption(f"{looks.plain(str(note.who))}, {times.ago(note.at, now)}",
                       help=looks.plain(times.exact(note.at)))  # fmt: skip
            st.markdown(str(note.text))


def _messages(case: Detail, staff: Staff, now: datetime) -> None:
    """What the customer was written, and how far the links of the account have come."""
    written = read(queries.messages, case.account_id)
    made = read(connecting.of_account, case.account_id, moment(), LINKS)
    if written.empty and made.empty:
        return
    for row in records(written):
        if row.failure:
            became = f"not delivered: {row.failure}"
        elif not case_words.is_missing(row.sent_at):
            became = f"delivered {times.ago(row.sent_at, now)}"
        else:
            became = "waiting to be delivered"
        st.caption(
            f":material/mail: {looks.plain(str(row.subject))}, to {looks.plain(str(row.email))}: "
            f"{looks.plain(became)}"
        )
    if not made.empty:
        link_list.show(made, staff, case_acts.PLACE, now)


def _write(case: Detail, text: str) -> None:
    def do(staff: Staff) -> str:
        told = noting.note(staff, case.id, text)
        return f"Noted; {' and '.join(told)} told by mail." if told else "Noted."

    case_acts.act(do, Permission.NOTE)
