"""Sync now, Pause and Resume: the buttons of an account."""

import streamlit as st

from dashboard.actions import administering
from dashboard.actions.administering import Asked
from dashboard.queries.account import Detail
from dashboard.roles import Permission, Staff
from dashboard.status import Headline
from dashboard.ui.frame import acting, done


def offer(staff: Staff, detail: Detail) -> None:
    """Show what may be done to an account that is in use; nothing to some roles."""
    if not staff.can(Permission.SYNC) or detail.headline == Headline.DISCONNECTED:
        return
    if detail.headline == Headline.PAUSED:
        if st.button("Resume", icon=":material/play_arrow:", key="resume"):
            with acting(Permission.SYNC) as person:
                administering.resume(person, detail.id)
                done("Resumed: it is synced as soon as a worker is free.")
        return
    if st.button(
        "Sync now",
        icon=":material/sync:",
        key="sync_now",
        help="Fetch all its data from Amazon, as soon as a worker is free",
    ):
        with acting(Permission.SYNC) as person:
            _tell(administering.sync_now(person, [detail.id])[0])
    if st.button(
        "Pause",
        icon=":material/pause:",
        key="pause",
        help="Neither sync nor check it until it is resumed",
    ):
        with acting(Permission.SYNC) as person:
            administering.pause(person, detail.id)
            done("Paused: it is not synced until it is resumed.")


def _tell(asked: Asked) -> None:
    if asked.why_not:
        st.toast(f"Not synced. {asked.why_not}", icon=":material/block:")
    elif asked.streams == 1:
        done("A sync waits for a worker.")
    else:
        done(f"{asked.streams} syncs wait for a worker.")
