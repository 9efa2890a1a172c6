"""The outbox: what customers were written, and in a demo the way to open what they would."""

from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.actions.connecting.messages import PLACE
from dashboard.db.engine import reading
from dashboard.queries import outbox
from dashboard.queries.outbox import MessageState, Written
from dashboard.roles import Permission, Staff
from dashboard.settings import settings
from dashboard.ui import looks, opening, times
from dashboard.ui.events import about
from dashboard.ui.read import read

SHAPES: Final = {
    MessageState.WAITING: ("…", "blue"),
    MessageState.SENT: ("✓", "green"),
    MessageState.FAILED: ("✕", "red"),
}


def show(staff: Staff) -> None:
    """Show the newest messages, and the chosen one in full."""
    if not settings().smtp_url.get_secret_value():
        st.info(
            "No mail server is set (DASHBOARD_SMTP_URL), so nothing is delivered: here is what "
            "would be.",
            icon=":material/unsubscribe:",
        )
    found = read(outbox.listing)
    if found.empty:
        st.caption("Nobody has been written to yet.")
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        row = _table(found)
    with right, st.container(border=True, key="message"):
        if row is None:
            st.caption("Choose a message to read it.")
        else:
            _message(read(outbox.message, int(found["id"][row])), staff)
    if len(found) == outbox.MOST_MESSAGES:
        st.caption(f"The newest {outbox.MOST_MESSAGES} messages.")


def _table(found: pd.DataFrame) -> int | None:
    now = clock.now()
    labels = {state: f"{shape} {state}" for state, (shape, _) in SHAPES.items()}
    columns = st.column_config
    event = st.dataframe(
        pd.DataFrame(
            {
                "ago": [times.ago(each, now) for each in found["created_at"]],
                "state": [[labels[MessageState(each)]] for each in found["state"]],
                "email": found["email"],
                "subject": found["subject"],
                "about": found["account"].where(found["account"] != "", found["organization"]),
            }
        ),
        # A new message moves the rows: a choice must never slip to another one.
        key=f"messages_{found['id'][0]}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height="content" if len(found) <= 20 else 620,
        row_height=30,
        alt="Messages to customers, newest first",
        column_config={
            "ago": columns.TextColumn("When", width=74),
            "state": columns.MultiselectColumn(
                "State",
                options=list(labels.values()),
                color=[color for _, color in SHAPES.values()],
                width=108,
            ),
            "email": columns.TextColumn("To", width=150),
            "subject": columns.TextColumn("Subject", width=190),
            "about": opening.column("About", "message_about", about(found), width=140),
        },
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(found) else None


def _message(written: Written, staff: Staff) -> None:
    st.markdown(f"**{looks.plain(written.subject)}**")
    st.caption(f"To {looks.plain(written.email)}, {times.exact(written.created_at)}")
    if written.failure:
        st.warning(looks.plain(written.failure), icon=":material/error:")
    st.text(written.body.replace(PLACE, "[the link]"))
    if staff.can(Permission.RELAUNCH):
        # Read past the cache: an address that connects accounts is kept nowhere.
        with reading() as session:
            url = outbox.link(session, staff, written.id)
        if url is not None:
            st.link_button(
                "Open the link", url.get_secret_value(), icon=":material/open_in_new:",
                help="In a new tab, as the customer",
            )  # fmt: skip
