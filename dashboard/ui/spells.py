"""An account's status over time, as a strip."""

from datetime import timedelta

import pandas as pd
import streamlit as st

from dashboard import clock, history_charts
from dashboard.queries import history
from dashboard.ui import looks, times


def strip(spells: pd.DataFrame) -> None:
    """Show which status the account had when.

    Args:
        spells: with the columns of ``queries.history.SPELLS``.
    """
    st.subheader(f"Status over {history.DAYS} days", anchor=False)
    if spells.empty:
        st.caption("Its status has not been recorded yet.")
        return
    st.plotly_chart(
        history_charts.headline_strip(
            spells,
            clock.now() - timedelta(days=history.DAYS),
            clock.now(),
            looks.hexes(spells["headline"]),
            times.zone(),
        ),
        key="strip",
        config={"displayModeBar": False},
        alt=f"Which status the account had over the last {history.DAYS} days",
    )
    if len(spells) == history.MOST_SPELLS:
        st.caption(f"Only its newest {history.MOST_SPELLS} changes are shown.")
