"""That no worker reports, said on every page while it is so."""

import streamlit as st

from dashboard import clock
from dashboard.queries import silence
from dashboard.ui import looks, times
from dashboard.ui.read import read


def warn() -> None:
    """Say since when no worker has reported, and what that means for what is shown."""
    since = read(silence.since)
    if since is None:
        return
    lasting = clock.spoken(clock.now() - since)
    st.error(
        f"**No worker has reported for {lasting}**, since {looks.plain(times.exact(since))}. "
        "What rests on their reports shows as Unknown; nothing is checked, synced or mailed. "
        "It comes back by itself once a worker runs again: `dashboard worker`.",
        icon=":material/heart_broken:",
    )
