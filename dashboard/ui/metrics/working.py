"""How much there is to do for whom."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.db.counts import UNASSIGNED
from dashboard.queries.metrics import work
from dashboard.ui import filters, links, opening
from dashboard.ui.metrics.choosing import Chosen
from dashboard.ui.read import read


def show(chosen: Chosen) -> None:
    """Show the view."""
    mine = read(work.strategists, chosen.period)
    if mine.empty:
        st.info("There are no accounts yet.", icon=":material/groups:")
        return
    st.subheader("By strategist", anchor=False)
    st.caption("Accounts and open cases are of now; what was resolved, of the period.")
    names = [
        filters.NOBODY if each == UNASSIGNED else name
        for each, name in zip(mine["strategist_id"], mine["strategist"], strict=True)
    ]
    words = [filters.strategist_label(each) or filters.NOBODY for each in mine["strategist_id"]]
    st.dataframe(
        pd.DataFrame(
            {
                "strategist": names,
                "accounts": mine["accounts"],
                "us": mine["us"],
                "customer": mine["customer"],
                "open": mine["open"],
                "closed": mine["closed"],
                "first": [spoken(each) for each in mine["first"]],
            }
        ),
        hide_index=True,
        height="content" if len(mine) < 20 else 620,
        column_config={
            "strategist": opening.column(
                "Strategist", "load", [links.accounts(strategist=each) for each in words]
            ),
            "accounts": number("Accounts"),
            "us": number("Need us"),
            "customer": number("Need customer"),
            "open": number("Open cases"),
            "closed": number("Resolved"),
            "first": st.column_config.TextColumn("First action (half)", width=130),
        },
    )
    st.subheader("Who resolved cases", anchor=False)
    people = read(work.people, chosen.period)
    if people.empty:
        st.caption("No case was closed in the period.")
        return
    st.dataframe(
        pd.DataFrame(
            {
                "name": people["name"].where(people["name"] != "", "closed by themselves"),
                "closed": people["closed"],
                "first": [spoken(each) for each in people["first"]],
                "p90": [spoken(each) for each in people["p90"]],
                "acted": people["acted"],
            }
        ),
        hide_index=True,
        height="content" if len(people) < 20 else 620,
        column_config={
            "name": st.column_config.TextColumn("Who had it", width=220),
            "closed": number("Resolved"),
            "first": st.column_config.TextColumn("First action (half)", width=130),
            "p90": st.column_config.TextColumn("First action (9 of 10)", width=150),
            "acted": number("Of so many"),
        },
    )


def number(label: str) -> Any:
    """A column of counts."""
    return st.column_config.NumberColumn(label, format="localized", width=110)


def spoken(seconds: Any) -> str:
    """A length as a person says it; nothing where there is none."""
    return "" if pd.isna(seconds) else clock.spoken(pd.Timedelta(seconds=int(seconds)))
