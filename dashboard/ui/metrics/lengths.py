"""How long coming aboard took: percentiles by cohort, and how sure they are."""

import pandas as pd
import streamlit as st

from dashboard import funnel_charts
from dashboard.funnel_charts import FEW
from dashboard.queries.metrics import funnel
from dashboard.settings import settings
from dashboard.ui import clicks, looks
from dashboard.ui.metrics.choosing import Chosen
from dashboard.ui.metrics.joining import invited, said
from dashboard.ui.read import read


def show(chosen: Chosen) -> None:
    """Show the view."""
    known = read(funnel.cohorts, chosen.scope, chosen.period, chosen.grain)
    found = funnel.lengths(known)
    if found.empty:
        st.info(
            f"Of those invited {said(invited(chosen))}, nobody whom these filters count has "
            "connected.",
            icon=":material/timer_off:",
        )
        return
    hours = settings().promise_hours
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("From the invitation to connected", anchor=False)
        _chart(chosen, found, "connect", None)
    with right:
        st.subheader("From connected to live", anchor=False)
        _chart(chosen, found, "live", hours)
    st.caption(
        f"Grey marks stand for fewer than {FEW} customers: such percentiles say little. Each is "
        "less than 3 % off."
    )
    _table(chosen, found)


def _chart(chosen: Chosen, found: pd.DataFrame, measure: str, promise: int | None) -> None:
    own = found[found["measure"] == measure]
    if own.empty:
        st.caption("Nobody has come that far.")
        return
    colors = looks.palette()
    names = [chosen.grain.named(each) for each in own["cohort"]]
    figure = clicks.drawn(
        funnel_charts.lengths, own, names, colors["blue"], colors["gray"], promise
    )
    what = "connect" if measure == "connect" else "be live"
    clicks.chart(figure, f"lengths_{measure}", f"Hours it took to {what}, percentiles by cohort")


def _table(chosen: Chosen, found: pd.DataFrame) -> None:
    titles = {"connect": "Invitation to connected", "live": "Connected to live"}
    shown = pd.DataFrame(
        {
            "cohort": [chosen.grain.named(each) for each in found["cohort"]],
            "measure": found["measure"].map(titles),
            "samples": found["samples"],
            **{name: found[name].astype("float64") / 3600 for name in funnel.PERCENTILES},
        }
    )
    gray = f"color: {looks.palette()['gray']}; opacity: 0.6"
    few = shown.style.apply(lambda row: [gray if row["samples"] < FEW else ""] * len(row), axis=1)
    st.dataframe(
        few,
        hide_index=True,
        height="content" if len(found) < 12 else 430,
        column_config={
            "cohort": st.column_config.TextColumn("Invited", width=110),
            "measure": st.column_config.TextColumn("From - to", width=200),
            "samples": st.column_config.NumberColumn("Customers", format="localized", width=100),
            **{
                name: st.column_config.NumberColumn(name, format="%.1f h", width=90)
                for name in funnel.PERCENTILES
            },
        },
    )
