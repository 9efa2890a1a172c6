"""How the connections fared: headlines over time, what went wrong, how soon it was put right."""

from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard import clock, past_charts
from dashboard.diagnosis import playbook
from dashboard.queries.metrics import health
from dashboard.queries.metrics.health import Sums
from dashboard.status import SEVERITY, Headline
from dashboard.ui import clicks, looks
from dashboard.ui.metrics.choosing import Chosen
from dashboard.ui.read import read

MOST: Final = 10
"""Reasons that have a row of their own."""
OTHER: Final = "Other reasons"


def show(chosen: Chosen) -> None:
    """Show the view."""
    known = read(health.headlines, chosen.scope, chosen.period)
    if known.empty:
        st.info(
            "Nothing is kept of these days for these accounts. What is past is counted by the "
            "workers, some days a minute: choose another period, or look again soon.",
            icon=":material/history_toggle_off:",
        )
        return
    earlier = read(health.headlines, chosen.scope, chosen.before)
    now, before = (read(health.sums, chosen.scope, each) for each in (chosen.period, chosen.before))
    _tiles(known, earlier, now, before)
    st.subheader("Accounts that were not healthy", anchor=False)
    colors = looks.hexes(Headline)
    clicks.chart(
        clicks.drawn(past_charts.headlines, known, colors, looks.paper()),
        "headlines",
        "Accounts that were not healthy, by status and day, the most urgent on top",
    )
    _legend(known)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _share(known, earlier)
    with right:
        _reasons(chosen)


def _tiles(known: pd.DataFrame, earlier: pd.DataFrame, now: Sums, before: Sums) -> None:
    share, was = (_last(health.healthy(each)) for each in (known, earlier))
    with st.grid(4, min_column_width=170, key="sums"):
        st.metric(
            "Healthy", _percent(share), _points(share, was), border=True,
            help="Of the accounts that are in use, at the end of the period; beside it, the "
            "difference to the end of the period before.",
        )  # fmt: skip
        _length(
            "Mean time to detect", now.to_detect, before.to_detect, now.detected,
            "From the last sync that worked to the moment when we said that the connection is "
            "lost. The loss itself lies somewhere between, so this is the longest it can be.",
        )  # fmt: skip
        _length(
            "Mean time to reconnect", now.to_reconnect, before.to_reconnect, now.reconnected,
            "From Needs reconnect until the connection worked again. Connections that were given "
            "up, or have not come back, are not in it.",
        )  # fmt: skip
        done = f"{now.made:,} \N{RIGHTWARDS ARROW} {now.opened:,} \N{RIGHTWARDS ARROW} {now.done:,}"
        st.metric(
            "Reconnect links", done, _change(now.made, before.made), border=True,
            delta_color="off", help="Made in the period; how many of those were opened, and how "
            "many led to a connection that works again.",
        )  # fmt: skip


def _length(
    label: str, now: timedelta | None, before: timedelta | None, times: int, meaning: str
) -> None:
    delta = None
    if now is not None and before is not None:
        sign = "-" if now < before else "+"
        delta = f"{sign}{clock.spoken(abs(now - before))}"
    st.metric(
        label, clock.spoken(now) if now is not None else "\N{EN DASH}", delta, border=True,
        delta_color="inverse", help=f"{meaning} {times:,} times in this period.",
    )  # fmt: skip


def _legend(known: pd.DataFrame) -> None:
    """The words of the bands, from the top down, with the numbers of the last day."""
    last = known[known["day"] == known["day"].max()].set_index("headline")["accounts"]
    words = [
        f"{looks.text(each)} **{last[each.value]:,}**"
        for each in sorted(Headline, key=lambda each: -SEVERITY[each])
        if each.value in last
    ]
    st.caption(" \N{MIDDLE DOT} ".join(words))


def _share(known: pd.DataFrame, earlier: pd.DataFrame) -> None:
    st.subheader("Share healthy", anchor=False)
    colors = looks.palette()
    figure = clicks.drawn(
        past_charts.share,
        health.healthy(known),
        colors["green"],
        _last(health.healthy(earlier)),
        colors["gray"],
    )
    clicks.chart(figure, "share", "Share of healthy accounts, day by day")


def _reasons(chosen: Chosen) -> None:
    st.subheader("What went wrong, by week", anchor=False)
    found = read(health.troubles, chosen.scope, chosen.period)
    if found.empty:
        st.caption("Nothing went wrong.")
        return
    titles = {reason.value: each.title for reason, each in playbook().items()}
    most = set(found.groupby("reason")["accounts"].sum().nlargest(MOST).index)
    said = (
        found["reason"].where(found["reason"].isin(most)).map(lambda each: titles.get(each, each))
    )
    figure = clicks.drawn(
        past_charts.reasons,
        found.assign(reason=said.fillna(OTHER)),
        looks.palette()["gray"],
        looks.ink(),
    )
    clicks.chart(figure, "reasons", "How often which trouble began, by week")


def _last(known: pd.DataFrame) -> float | None:
    return float(known["share"].iloc[-1]) if len(known) else None


def _percent(share: float | None) -> str:
    return f"{share:.1%}".replace("%", " %") if share is not None else "\N{EN DASH}"


def _points(now: float | None, before: float | None) -> str | None:
    if now is None or before is None:
        return None
    return f"{(now - before) * 100:+.1f} points"


def _change(now: int, before: int) -> str | None:
    return f"{now - before:+,} to the period before" if before else None
