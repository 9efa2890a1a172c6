"""A page of history as a dense table."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard.ui import links, opening, timeline, times
from dashboard.ui.links import Link


def show(events: pd.DataFrame, now: datetime) -> None:
    """Show some events; a click on the account or organization one is about opens it.

    Args:
        events: with the columns of ``queries.activity.EVENTS``.
        now: aware UTC.
    """
    columns = st.column_config
    st.dataframe(
        pd.DataFrame(
            {
                "ago": [times.ago(each, now) for each in events["at"]],
                "kind": [timeline.name(each) for each in events["kind"]],
                "about": events["account"].where(events["account"] != "", events["organization"]),
                "told": [timeline.told(each) for each in events["details"]],
                "who": events["who"],
                "at": times.local(events["at"]),
            }
        ),
        hide_index=True,
        height="content",
        row_height=30,
        alt="Events, newest first",
        column_config={
            "ago": columns.TextColumn("When", width=74),
            "kind": columns.TextColumn("What", width=130),
            "about": opening.column("About", "about", about(events), width=172),
            "told": columns.TextColumn("Details", width=250),
            "who": columns.TextColumn("Who", width=112),
            "at": times.exact_column("Exactly", width=144),
        },
    )


def about(events: pd.DataFrame) -> list[Link | None]:
    """What each row is about: an account, else an organization, else nothing to open."""
    return [
        links.account(account)
        if not pd.isna(account)
        else None
        if pd.isna(organization)
        else links.organization(organization)
        for account, organization in zip(
            events["account_id"], events["organization_id"], strict=True
        )
    ]
