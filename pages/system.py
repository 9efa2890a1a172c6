"""System: the workers, what waits for them, what they have done, and what failed."""

import streamlit as st

from dashboard.queries import system as queries
from dashboard.queries.incidents import history
from dashboard.ui import incidents, system
from dashboard.ui.frame import page
from dashboard.ui.read import moment, read

with page("System"):
    now = moment()
    workers = read(queries.workers, now)
    outcomes = read(queries.outcomes, now)
    if not (workers["state"] == "working").any():
        st.info(
            "No worker tells that it is at work. Nothing is checked or synced until one is: start "
            "it with `dashboard worker`, on any machine that reaches the database.",
            icon=":material/bedtime:",
        )
    system.numbers(workers, read(queries.backlog, now), outcomes, now)
    st.subheader("Done in the last six hours", anchor=False)
    system.throughput(read(queries.throughput, now))
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("What the last hour's work came to", anchor=False)
        system.outcomes(outcomes)
    with right:
        st.subheader("Every minute", anchor=False)
        system.rounds(read(queries.rounds), now)
    st.subheader("Workers of the last day", anchor=False)
    if workers.empty:
        st.caption("None has reported.")
    else:
        system.workers(workers, now)
    st.subheader("Incidents", anchor=False)
    incidents.history(read(history))
