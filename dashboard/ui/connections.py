"""One channel of an account as a card: its status, what to do, and what would fall with it."""

from datetime import datetime

import streamlit as st

from dashboard.diagnosis import Remedy
from dashboard.queries.account import COUNTED, NAMED, Connection
from dashboard.status import ChannelStatus
from dashboard.ui import headlines, links, looks, remedy, times


def show(connection: Connection, now: datetime, said: Remedy | None) -> None:
    """Show one channel.

    Args:
        connection: the channel.
        now: aware UTC.
        said: the remedy that stands above both channels; it is not said again.
    """
    with st.container(border=True, key=f"channel_{connection.channel.name}", height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.subheader(connection.channel, anchor=False, width="content")
            looks.badge(connection.status)
            if connection.status is not ChannelStatus.NOT_REQUIRED:
                headlines.lasting(connection.since, now)
        with st.container(horizontal=True, gap="small"):
            if connection.consented_at is not None:
                times.show_ago(connection.checked_at, now, before="checked")
                times.show_ago(connection.consented_at, now, before="consent given")
            if connection.ends_at is not None:
                ends = "ended" if connection.ends_at <= now else "ends"
                times.show_ago(connection.ends_at, now, before=ends)
        if connection.remedy is not None and connection.remedy != said:
            remedy.show(connection.remedy)
        elif connection.remedy is None:
            st.markdown(
                "Nothing to do." if connection.required else "Optional for vendors: nothing to do."
            )
        if connection.warning is not None:
            remedy.warn(connection.warning)
        if connection.shared:
            _neighbours(connection)


def _neighbours(connection: Connection) -> None:
    """The other accounts that the same consent carries."""
    many = "more than " if connection.shared == COUNTED else ""
    others = (
        "1 other account" if connection.shared == 1 else f"{connection.shared:,} other accounts"
    )
    with st.popover(f"Same login as {many}{others}", type="tertiary", icon=":material/hub:"):
        st.caption("One consent carries them all: if it ends, all of them stop.")
        for each in connection.neighbours:
            label = f"{looks.plain(each.name)}, {looks.plain(each.organization)}"
            links.account(each.id).show(label)
        if connection.shared > NAMED:
            st.caption(f"and {connection.shared - NAMED:,} more")
