"""The funnel: how customers came aboard, where they stopped, and who waits there."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import charts, clock, funnel_charts, funnels
from dashboard.cohorts import Period
from dashboard.funnels import Stage
from dashboard.milestones import Milestone
from dashboard.queries.metrics import funnel
from dashboard.queries.metrics.funnel import Joined
from dashboard.settings import settings
from dashboard.ui import clicks, links, looks, opening, times
from dashboard.ui.metrics.choosing import Chosen
from dashboard.ui.read import moment, read

STEP: Final = "step"


def show(chosen: Chosen) -> None:
    """Show the view."""
    known = read(funnel.joined, chosen.scope, chosen.period, chosen.grain)
    days = invited(chosen)
    if not known.apart:
        st.info(
            f"Nobody was invited {said(days)} whom these filters count.",
            icon=":material/person_search:",
        )
        return
    today, now = moment().date(), known.whole
    was = read(funnel.before, chosen.scope, chosen.period, chosen.grain)
    stages = funnels.stages(now, today)
    old = funnels.stages(was, today) if was else []
    worst = funnels.worst(stages)
    _verdict(stages, worst, days)
    _tiles(stages, old, now, was)
    _funnel(stages, old, worst)
    _who(chosen, days, stages, worst)
    if len(known.apart) > 1:
        _cohorts(chosen, known)


def invited(chosen: Chosen) -> Period:
    """The days on which the customers of the chosen cohorts were invited."""
    first = chosen.period.cohorts(chosen.grain)
    return Period(first[0], chosen.grain.after(first[-1]))


def said(days: Period) -> str:
    """A period in words: ``from 1 Oct to 31 Oct 2026``."""
    last = date.fromordinal(days.end.toordinal() - 1)
    return f"from {days.first.day} {days.first:%b} to {last.day} {last:%b %Y}"


def named(milestone: Milestone) -> str:
    """A step in words."""
    return funnel_charts.words(milestone, settings().promise_hours)


def _verdict(stages: Sequence[Stage], worst: Stage | None, days: Period) -> None:
    """The answer a manager came for, in one sentence."""
    whole = f"{stages[0].reached:,} customers were invited {said(days)}."
    if worst is None:
        st.success(f"{whole} Nobody has stopped on the way.", icon=":material/check_circle:")
        return
    what = (
        f"**Worst step: {named(worst.milestone)}.** {worst.stopped:,} of the {worst.arrived:,} who "
        f"came this far have stopped here ({worst.lost * 100:.0f} %)"
    )
    if worst.waited is not None:
        what += f", half of them for {worst.waited} days or more"
    st.warning(f"{what}. {whole}", icon=":material/trending_down:")


def _tiles(
    stages: Sequence[Stage], old: Sequence[Stage], now: Mapping[str, Any], was: Mapping[str, Any]
) -> None:
    with st.grid(4, min_column_width=170, key="joined"):
        count, less = stages[0].reached, old[0].reached if old else 0
        st.metric(
            "Invited", f"{count:,}", f"{count - less:+,}" if less else None, border=True,
            delta_color="off", help="Invited by us, or asked to get started. Beside each number: "
            "the difference to the period before.",
        )  # fmt: skip
        share = stages[-1].share
        st.metric(
            "Live in time", f"{share * 100:.1f} %", border=True,
            delta=f"{(share - old[-1].share) * 100:+.1f} points" if less else None,
            help="Of all who were invited: first data complete within what is promised.",
        )  # fmt: skip
        for label, measure, meaning in (
            ("Time to connect", "connect", "Half were connected this soon after the invitation."),
            ("Time to live", "live", "Half had their first data this soon after they connected."),
        ):
            mine, theirs = (funnels.half(each, measure) for each in (now, was))
            delta = None
            if mine is not None and theirs is not None and mine != theirs:
                delta = f"{'-' if mine < theirs else '+'}{clock.spoken(abs(mine - theirs))}"
            st.metric(
                label, clock.spoken(mine) if mine is not None else "\N{EN DASH}", delta,
                border=True, delta_color="inverse", help=meaning,
            )  # fmt: skip


def _funnel(stages: Sequence[Stage], old: Sequence[Stage], worst: Stage | None) -> None:
    colors = looks.palette()
    shades = {
        "reached": colors["blue"], "moving": charts.tinted(colors["blue"], 0.35),
        "stopped": charts.tinted(colors["gray"], 0.3), "worst": colors["red"],
        "before": looks.ink(), "ink": colors["gray"],
    }  # fmt: skip
    at = worst.milestone if worst else None
    figure = clicks.drawn(funnel_charts.funnel, stages, old, shades, at, settings().promise_hours)
    clicked = clicks.clickable(figure, "funnel", "Customers who reached each step, and who stopped")
    if clicked:
        st.session_state[STEP] = named(Milestone(str(clicked)))
    st.caption(
        f"Blue: took the step. Light blue: got there less than {funnels.MOVING.days} days ago, and "
        "may be on the way. Grey, and red at the worst step: stopped. Upright line: the share in "
        "the period before. Nobody is lost at a step that they did not have to take."
    )


def _who(chosen: Chosen, days: Period, stages: Sequence[Stage], worst: Stage | None) -> None:
    """The accounts behind a step: of the worst, unless another is chosen."""
    open_ = {named(each.milestone): each.milestone for each in stages if each.left}
    if not open_:
        return
    st.subheader("Who has not come further", anchor=False)
    if st.session_state.get(STEP, "") not in open_:
        st.session_state.pop(STEP, None)
    step = st.segmented_control(
        "Step", list(open_), key=STEP, bind="query-params", required=True,
        default=named(worst.milestone) if worst else next(iter(open_)),
        label_visibility="collapsed",
    )  # fmt: skip
    found = read(funnel.waiting, chosen.scope, days, open_[str(step)])
    if len(found) == funnel.MOST:
        st.caption(f"The newest {funnel.MOST:,}: narrow the filters for others.")
    _table(found)


def _table(found: pd.DataFrame) -> None:
    now = clock.now()
    accounts = [None if pd.isna(each) else links.account(int(each)) for each in found["account_id"]]
    customers = [
        None if pd.isna(each) else links.organization(int(each))
        for each in found["organization_id"]
    ]
    st.dataframe(
        pd.DataFrame(
            {
                "account": found["account"].where(found["account"] != "", "no account yet"),
                "organization": found["organization"].where(
                    found["organization"] != "", found["email"]
                ),
                "kind": (found["region"] + " " + found["type"]).str.strip(),
                "since": [times.ago(each, now) for each in found["since"]],
                "invited": times.local(found["invited_at"]),
            }
        ),
        hide_index=True,
        height="content" if len(found) < 12 else 430,
        column_config={
            "account": opening.column("Account", "waiting_account", accounts),
            "organization": opening.column("Customer", "waiting_customer", customers),
            "kind": st.column_config.TextColumn("Kind", width=110),
            "since": st.column_config.TextColumn("Last step", width=100),
            "invited": times.exact_column("Invited", width=170),
        },
        key=f"waiting_{len(found)}",
    )  # fmt: skip


def _cohorts(chosen: Chosen, known: Joined) -> None:
    st.subheader(f"Share of the invited, by {chosen.grain}", anchor=False)
    shares = pd.DataFrame(
        {f"{chosen.grain.named(day)} ({count:,})": reached for day, count, reached in known.apart},
        index=[named(each) for each in Milestone],
    )
    figure = clicks.drawn(funnel_charts.cohorts, shares, looks.palette()["blue"], looks.ink())
    clicks.chart(figure, "cohorts", "Share of each cohort's invited who reached each step")
