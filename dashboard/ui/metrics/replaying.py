"""Replay: headlines, matrix and ages of the fleet at any past hour."""

from datetime import UTC, date, datetime, time

import pandas as pd
import streamlit as st

from dashboard import charts
from dashboard.queries.metrics import replay
from dashboard.status import SEVERITY, AgeBand, Headline
from dashboard.ui import clicks, looks, times
from dashboard.ui.metrics.choosing import Chosen
from dashboard.ui.read import read
from dashboard.ui.tiles import ACTORS


def show(chosen: Chosen) -> datetime | None:
    """Show the view; the hour that it shows, if there is one."""
    known = read(replay.span)
    if known is None:
        st.info(
            "There is nothing to replay yet: the workers count each hour as it passes, and, some "
            "days a minute, what lies before.",
            icon=":material/history_toggle_off:",
        )
        return None
    moment = _choose(*known)
    then = read(replay.day, chosen.scope, moment.date()).at(moment.hour)
    if then.counts.empty:
        st.info("Of this hour nothing is known of these accounts.", icon=":material/search_off:")
        return moment
    _counts(then.counts)
    left, right = st.columns(2, gap="large")
    with left:
        _ages(then.ages)
    with right:
        _matrix(then.matrix)
    return moment


def _choose(first: datetime, last: datetime) -> datetime:
    """Let one choose a day and an hour, on the reader's clock; the hour that is meant, in UTC."""
    zone = times.zone()
    days = (first.astimezone(zone).date(), last.astimezone(zone).date())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input(
            "Day", days[1], *days, key="day", bind="query-params", width=150,
        )  # fmt: skip
        hour = st.slider(
            "Hour", 0, 23, last.astimezone(zone).hour, key="hour", bind="query-params",
            format="%02d:00",
        )  # fmt: skip
    chosen = day if isinstance(day, date) else days[1]
    asked = datetime.combine(chosen, time(hour), zone).astimezone(UTC)
    # Clocks that are half an hour off show the full hour before.
    moment = min(max(asked.replace(minute=0), first), last)
    said = times.exact(moment)
    near = "" if moment == asked.replace(minute=0) else ": the nearest hour that is known"
    st.caption(f"The fleet as it was on **{said}**{near}.")
    return moment


def _counts(counts: pd.DataFrame) -> None:
    with st.grid(4, min_column_width=150, key="then_by_actor"):
        for actor, label in ACTORS.items():
            its = looks.look(actor)
            number = int(counts.loc[counts["actor"] == actor.value, "accounts"].sum())
            with st.container(border=True, gap=None):
                st.markdown(f":{its.color}[{its.icon}] {label}")
                st.metric(label, f"{number:,}", label_visibility="collapsed")
    numbers = counts.groupby("headline")["accounts"].sum()
    words = [
        f"{looks.text(each)} **{numbers[each.value]:,}**"
        for each in sorted(Headline, key=lambda each: -SEVERITY[each])
        if each.value in numbers
    ]
    st.markdown(" \N{MIDDLE DOT} ".join(words))


def _ages(ages: pd.DataFrame) -> None:
    st.subheader("Sync age by region", anchor=False)
    if ages.empty:
        st.caption(
            "Ages are noted as the hours pass, and nobody noted those of this one: unlike "
            "statuses, they cannot be told afterwards."
        )
        return
    figure = clicks.drawn(charts.sync_ages, ages, looks.hexes(AgeBand), looks.palette()["gray"])
    clicks.chart(figure, "then_ages", "Accounts by region and sync age at that hour")


def _matrix(cells: pd.DataFrame) -> None:
    st.subheader("Share broken by region and marketplace", anchor=False)
    if cells.empty:
        st.caption("No account had joined a marketplace.")
        return
    colors = looks.palette()
    figure = clicks.drawn(charts.matrix, cells, colors["red"], colors["gray"], looks.ink())
    clicks.chart(figure, "then_matrix", "Accounts by marketplace, and the share broken, then")
