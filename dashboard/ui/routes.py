"""Routes of alerts: their list, what can be done to one, and what became of its test."""

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.actions.alerting import routes
from dashboard.db.engine import reading
from dashboard.queries import alerting
from dashboard.queries.alerting import NoticeState, Outcome
from dashboard.roles import Permission
from dashboard.ui import looks, route_form, times
from dashboard.ui.frame import acting, done
from dashboard.ui.read import fresh

EVERY: Final = timedelta(seconds=2)
PATIENCE: Final = timedelta(minutes=2)
"""How long a test may wait before one wonders whether any worker runs."""
TESTED: Final = "route_tests"
"""Where the notices of tests are kept, by route, while the page is open."""
SHAPES: Final = {
    NoticeState.WAITING: ("…", "blue"),
    NoticeState.SENT: ("✓", "green"),
    NoticeState.SETTLED: ("-", "gray"),
    NoticeState.FAILED: ("✕", "red"),
}
"""How what became of a message looks in tables."""


def table(found: pd.DataFrame) -> int | None:
    """Show the routes; the position of the chosen one."""
    now, columns = clock.now(), st.column_config
    options = list(dict.fromkeys(each for some in found["headlines"] for each in some))
    status = columns.MultiselectColumn(
        "Told of",
        options=[looks.cell(each) for each in options],
        color=[looks.look(each).color for each in options],
        width=300,
    )
    labels = {state: f"{shape} {state}" for state, (shape, _) in SHAPES.items()}
    event = st.dataframe(
        pd.DataFrame(
            {
                "name": found["name"],
                "shown": found["shown"],
                "headlines": [[looks.cell(each) for each in some] for some in found["headlines"]],
                "state": [
                    [labels[NoticeState(each)]] if each else [] for each in found["last_state"]
                ],
                "last": [
                    times.ago(each, now) if not pd.isna(each) else "" for each in found["last_at"]
                ],
                "open": found["open"],
                "active": found["active"].map({True: ["On"], False: ["Off"]}),
                "for": [_whose(each) for each in found.itertuples(index=False)],
                "quiet": found["quiet"],
            }
        ),
        # Another list is another table: a choice must never slip to the next route.
        key=f"routes_{hash(tuple(found['id']))}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        row_height=34,
        alt="Routes of alerts with what each is told of and its last message",
        column_config={
            "name": columns.TextColumn("Route", width=130),
            "shown": columns.TextColumn("Where to", width=150),
            "headlines": status,
            "state": columns.MultiselectColumn(
                "Last message",
                options=list(labels.values()),
                color=[color for _, color in SHAPES.values()],
                width=112,
            ),
            "last": columns.TextColumn("When", width=70),
            "open": columns.NumberColumn(
                "Open", format="localized", width=55, help="Problems told and not over"
            ),
            "active": columns.MultiselectColumn(
                "", options=["On", "Off"], color=["green", "gray"], width=52
            ),
            "for": columns.TextColumn("Of which accounts", width=140),
            "quiet": columns.TextColumn("Quiet hours", width=190),
        },
    )
    rows = event["selection"]["rows"]
    return rows[0] if rows and rows[0] < len(found) else None


def chosen(row: Any) -> None:
    """Show what can be done to a route, and what became of its test."""
    with st.container(border=True, key="route_chosen"):
        st.markdown(f"**{looks.plain(row.name)}**  \n{looks.plain(row.shown)}")
        if row.last_failure and row.last_state != NoticeState.SETTLED:
            st.warning(f"Last message: {looks.plain(row.last_failure)}", icon=":material/error:")
        with st.container(horizontal=True):
            test = st.button(
                "Send a test", icon=":material/send:", key="route_test", disabled=not row.active
            )
            st.button(
                "Change", icon=":material/edit:", key="route_edit", on_click=route_form.begin,
                args=(row.id,),
            )  # fmt: skip
            turn = st.button("Switch off" if row.active else "Switch on", key="route_turn")
        with acting(Permission.MANAGE_ALERTS) as me:
            if test:
                notice_id = routes.try_out(me, row.id)
                st.session_state[TESTED] = {**st.session_state.get(TESTED, {}), row.id: notice_id}
            if turn and row.active:
                routes.deactivate(me, row.id)
                done(f"{row.name} is told nothing more.")
            if turn:
                routes.reactivate(me, row.id)
                done(f"{row.name} is told of what happens from now on.")
        if (notice_id := st.session_state.get(TESTED, {}).get(row.id)) is not None:
            _result(notice_id)


def _result(notice_id: int) -> None:
    """Say what became of a test; while it waits, ask again."""
    with reading() as session:
        outcome = alerting.outcome(session, notice_id)
    if outcome.state is NoticeState.SENT:
        st.success("The test was taken: look whether it has arrived.", icon=":material/check:")
    elif outcome.failure:
        again = " It is tried again." if outcome.state is NoticeState.WAITING else ""
        st.error(f"{looks.plain(outcome.failure)}{again}", icon=":material/error:")
    else:
        _wait(notice_id, outcome)


@st.fragment(run_every=EVERY)
def _wait(notice_id: int, seen: Outcome) -> None:
    with acting(Permission.MANAGE_ALERTS), reading() as session:
        outcome = alerting.outcome(session, notice_id)
        if outcome != seen:
            fresh()
            st.rerun()
        late = clock.now() - outcome.created_at > PATIENCE
    if late:
        st.warning("No worker has sent it yet: is one running?", icon=":material/hourglass_top:")
    else:
        st.info("A worker sends it in a moment.", icon=":material/hourglass_top:")


def _whose(row: Any) -> str:
    return ", ".join(each for each in (row.owners, row.regions) if each) or "All"
