"""How an account syncs: a table of its marketplaces and channels, and a chart of their runs."""

from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import clock, history_charts
from dashboard.ui import looks, times
from dashboard.ui.pills import pills


def show(streams: pd.DataFrame, runs: pd.DataFrame, now: datetime) -> None:
    """Show the streams, and below them when each ran and how that ended.

    Args:
        streams: with the columns of ``queries.history.STREAMS``.
        runs: with the columns of ``queries.history.RUNS``.
        now: aware UTC.
    """
    statuses, status = pills("Status", ([each] for each in streams["status"]), width=130)
    outcomes, outcome = pills(
        "Last run", ([each] if each else [] for each in streams["last_outcome"]), width=100
    )
    columns = st.column_config
    st.dataframe(
        pd.DataFrame(
            {
                "country": streams["country"],
                "channel": streams["channel"],
                "status": statuses,
                "actor": [looks.cell(each) for each in streams["actor"]],
                "age": [_age(each, now) for each in streams["last_success_at"]],
                "outcome": outcomes,
                "run_at": times.local(streams["last_run_at"]),
                "success_at": times.local(streams["last_success_at"]),
            }
        ),
        hide_index=True,
        height="content",
        row_height=30,
        placeholder="never",
        alt="Each marketplace and channel with its sync age and last run",
        column_config={
            "country": columns.TextColumn("Marketplace", width=130, pinned=True),
            "channel": columns.TextColumn("Channel", width=70),
            "status": status,
            "actor": columns.TextColumn("Who acts", width=92),
            "age": columns.TextColumn("Sync age", alignment="right", width=70),
            "outcome": outcome,
            "run_at": times.exact_column("Last run began", width=145),
            "success_at": times.exact_column("Last success", width=145),
        },
    )
    if runs.empty:
        st.caption("No sync has run yet.")
        return
    st.plotly_chart(
        history_charts.sync_runs(
            runs, streams, now, looks.hexes(history_charts.OUTCOMES), times.zone()
        ),
        key="sync_runs",
        config={"displayModeBar": False},
        alt="The newest runs of each marketplace and channel: when, and how they ended",
    )


def _age(moment: datetime, now: datetime) -> str:
    return times.NEVER if pd.isna(moment) else clock.spoken(now - moment)
