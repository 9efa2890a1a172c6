"""The newest links of all as a dense table; the chosen one can be renewed or revoked."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard.queries import links as queries
from dashboard.roles import Staff
from dashboard.ui import link_list, opening, times
from dashboard.ui.events import about
from dashboard.ui.link_list import LOOKS
from dashboard.ui.read import moment, read


def show(staff: Staff, place: str, now: datetime) -> None:
    """Show the newest links.

    Args:
        staff: the person at the screen; only some may renew and revoke.
        place: the page, as in ``asking.Ask``.
        now: aware UTC.
    """
    found = read(queries.newest, moment())
    if found.empty:
        st.caption("No link has been made yet. Relaunch an account, or invite a customer.")
        return
    head = st.container()
    row = _table(found, now)
    with head:
        if row is None:
            st.caption("Choose a link to see its life, renew or revoke it.")
        else:
            link_list.show(found.iloc[[row]], staff, place, now)
    if len(found) == queries.MOST_LINKS:
        st.caption(f"The newest {queries.MOST_LINKS} links.")


def _table(found: pd.DataFrame, now: datetime) -> int | None:
    labels = {state.value: f"{its.shape} {state}" for state, its in LOOKS.items()}
    named = found["account"].where(found["account"] != "", found["organization"])
    columns = st.column_config
    event = st.dataframe(
        pd.DataFrame(
            {
                "ago": [times.ago(each, now) for each in found["created_at"]],
                "state": [[labels[each]] for each in found["state"]],
                "what": [link_list.what(each) for each in found.itertuples(index=False)],
                "about": named.where(named != "", found["email"]),
                "who": found["who"],
                "sent": _ago(found["sent_at"], now),
                "opened": _ago(found["opened_at"], now),
                "amazon": _ago(found["at_amazon_at"], now),
                "done": _ago(found["done_at"], now),
                "expires": [times.ago(each, now) for each in found["expires_at"]],
            }
        ),
        # A new link moves the rows: a choice must never slip to another one.
        key=f"links_{found['id'][0]}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height="content" if len(found) <= 20 else 620,
        row_height=30,
        alt="Links, newest first",
        column_config={
            "ago": columns.TextColumn("Made", width=74),
            "state": columns.MultiselectColumn(
                "State",
                options=list(labels.values()),
                color=[its.color for its in LOOKS.values()],
                width=108,
            ),
            "what": columns.TextColumn("For", width=150),
            "about": opening.column("About", "link_about", about(found), width=170),
            "who": columns.TextColumn("By", width=110),
            "sent": columns.TextColumn("Sent", width=74),
            "opened": columns.TextColumn("Opened", width=74),
            "amazon": columns.TextColumn("At Amazon", width=80),
            "done": columns.TextColumn("Done", width=74),
            "expires": columns.TextColumn("Expires", width=74),
        },
    )
    rows = event.selection.rows
    return rows[0] if rows and rows[0] < len(found) else None


def _ago(moments: "pd.Series[datetime]", now: datetime) -> list[str]:
    return ["" if pd.isna(each) else times.ago(each, now) for each in moments]
