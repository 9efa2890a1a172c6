"""Incidents that hold many cases together, so that they do not flood the queue."""

import streamlit as st

from dashboard import clock
from dashboard.queries import cases
from dashboard.queries.cases import View, Wanted
from dashboard.queries.frames import records
from dashboard.ui import case_words, links, looks
from dashboard.ui.read import read


def show(wanted: Wanted) -> None:
    """Say which incidents hold cases that are not in the queue, each with the way to them."""
    if wanted.view not in {View.ALL, View.INCIDENTS}:
        return
    now = clock.now()
    for each in records(read(cases.incidents)):
        number = case_words.counted(each.cases)
        whose = "our own failure" if each.ours else "Amazon's failure"
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":red[:material/hub:] **{each.channel} in {each.region}**, {whose} "
                f"({looks.plain(str(each.outcome))}), for {clock.spoken(now - each.opened_at)}",
                width="stretch",
            )
            links.triage(view=View.INCIDENTS.value, incident=each.id).show(f"{number} cases")
