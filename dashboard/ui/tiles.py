"""Numbers of accounts, each the way to the accounts it counts."""

from enum import StrEnum
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.diagnosis import Actor
from dashboard.queries.cases import View
from dashboard.status import SEVERITY, Headline
from dashboard.ui import case_words, links, looks

ACTORS: Final = {
    Actor.US: "Needs us",
    Actor.CUSTOMER: "Needs customer",
    Actor.AMAZON: "Needs Amazon",
    Actor.NOBODY: "Nobody must act",
}


def by_actor(counts: pd.DataFrame, strategist: str | None) -> None:
    """Show how many accounts wait for whom.

    Args:
        counts: columns ``headline``, ``actor`` and ``accounts``.
        strategist: whose accounts they are, as the list's filter says it; ``None`` for everyone's.
    """
    with st.grid(4, min_column_width=150, key="by_actor"):
        for actor, label in ACTORS.items():
            number = int(counts.loc[counts["actor"] == actor.value, "accounts"].sum())
            tile(label, actor, number, links.accounts(actor=actor, strategist=strategist))


def by_headline(counts: pd.DataFrame, strategist: str | None) -> None:
    """Show how many accounts have which headline, the most urgent first."""
    numbers = counts.groupby("headline")["accounts"].sum()
    with st.container(horizontal=True, key="by_headline"):
        for headline in sorted(Headline, key=lambda each: -SEVERITY[each]):
            if number := numbers.get(headline.value):
                there = links.accounts(headline=headline, strategist=strategist)
                there.show(f"{looks.text(headline)} **{number:,}**")


def cases(waiting: int, late: int) -> None:
    """Show how many cases wait in Triage, and how many of them beyond their time."""
    if not waiting:
        return
    said = f"Triage **{case_words.counted(waiting)}** case{'' if waiting == 1 else 's'}"
    with st.container(horizontal=True, key="cases"):
        links.triage().show(said, icon=":material/inbox:")
        if late:
            links.triage(view=View.LATE).show(
                f"**{case_words.counted(late)}** over their time", icon=":material/alarm:"
            )


def tile(label: str, status: StrEnum, number: int, link: links.Link) -> None:
    """Show one number, the way to the accounts that it counts, and the look of a status."""
    its = looks.look(status)
    with st.container(border=True, gap=None):
        link.show(f":{its.color}[{its.icon}] {label}")
        st.metric(label, f"{number:,}", label_visibility="collapsed")
