"""A page of history as a dense table."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard.ui import links, opening, timeline, times


def show(events: pd.DataFrame, now: datetime) -> None:
    """Show some events; a click on an account or organization opens it.

    Args:
        events: with the columns of ``queries.activity.EVENTS``.
        now: aware UTC.
    """
    accounts = [None if pd.isna(each) else links.account(each) for each in events["account_id"]]
    organizations = [
        None if pd.isna(each) else links.organization(each) for each in events["organization_id"]
    ]
    columns = st.column_config
    st.dataframe(
        pd.DataFrame(
            {
                "ago": [times.ago(each, now) for each in events["at"]],
                "kind": [timeline.name(each) for each in events["kind"]],
                "told": [timeline.told(each) for each in events["details"]],
                "organization": events["organization"],
                "account": events["account"],
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
            "kind": columns.TextColumn("What", width=138),
            "told": columns.TextColumn("Details", width=190),
            "organization": opening.column(
                "Organization", "of_organization", organizations, width=118
            ),
            "account": opening.column("Account", "of_account", accounts, width=118),
            "who": columns.TextColumn("Who", width=95),
            "at": times.exact_column("Exactly", width=144),
        },
    )
