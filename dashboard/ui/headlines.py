"""The headline of an account: the status, who must act, since when, and why."""

from datetime import datetime
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.diagnosis import Actor, Reason, playbook
from dashboard.queries.account import Detail
from dashboard.ui import looks, times

ACTS: Final = {
    Actor.US: "We must act.",
    Actor.CUSTOMER: "The customer must act.",
    Actor.AMAZON: "Amazon must act; we can only wait.",
    Actor.NOBODY: "Nobody needs to act.",
}
UNKNOWN: Final = "none known"


def show(detail: Detail, now: datetime) -> None:
    """Show the headline as a sentence, and behind a button what decided it."""
    with st.container(horizontal=True, vertical_alignment="center", key="headline"):
        looks.badge(detail.headline)
        st.markdown(f"**{ACTS[Actor(detail.actor)]}**", width="content")
        lasting(detail.since, now)
        with st.popover("Why this status?", type="tertiary", icon=":material/rule:"):
            _why(detail, now)


def lasting(since: datetime | None, now: datetime) -> None:
    """Show for how long a status has lasted, with its beginning on hover."""
    if since is not None:
        st.badge(f"for {clock.spoken(now - since)}", color="gray", help=times.exact(since))


def _why(detail: Detail, now: datetime) -> None:
    """The rule that decided, then the values it looked at."""
    values = dict(detail.why)
    st.markdown(f"**{looks.plain(str(values.pop('Rule')))}**")
    rows = [
        {"Fact": looks.plain(name), "Value": _value(each, now)} for name, each in values.items()
    ]
    if rows:
        st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, hide_header=True)


def _value(value: datetime | str | None, now: datetime) -> str:
    if value is None:
        return f":gray[{UNKNOWN}]"
    if isinstance(value, datetime):
        return f"{looks.plain(times.exact(value))} ({times.ago(value, now)})"
    if isinstance(value, Reason):
        return looks.plain(playbook()[value].title)
    return looks.plain(value.replace("_", " "))
