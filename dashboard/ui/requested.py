"""What was asked of workers, and how far they are: also after a reload, and in another tab."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock
from dashboard.db.engine import reading
from dashboard.db.requests import Kind, State
from dashboard.diagnosis import Reason, playbook
from dashboard.queries import requests
from dashboard.queries.requests import ROWS, Standing
from dashboard.roles import Permission, Staff
from dashboard.ui import looks, times
from dashboard.ui.administering import WORDS
from dashboard.ui.frame import acting
from dashboard.ui.pills import pills
from dashboard.ui.read import fresh, moment, read

EVERY: Final = timedelta(seconds=2)
CLOSED: Final = "requests_closed"
"""The requests whose panel the person has closed in this tab."""

AGAIN: Final = "Workers try again by themselves."
REFUSED: Final = "Amazon refused. Workers look again before that is believed."
ERRORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GrantRefused": REFUSED,
        "AccessRefused": REFUSED,
        "ClientRefused": "Amazon refuses our own client: see the settings.",
        "Throttled": f"Amazon asks us to call less often. {AGAIN}",
        "AmazonDown": f"Amazon did not answer as it should. {AGAIN}",
        "Malformed": f"Amazon's answer could not be read. {AGAIN}",
        "SealBroken": "Its token cannot be opened with our keys: see the settings.",
    }
)
"""What went wrong with a check, by the class of the error."""


def show(
    staff: Staff, *, account_id: int | None = None, organization_id: int | None = None
) -> None:
    """Show what this person has asked for last, while it goes on and for a while after.

    Args:
        staff: the person at the screen.
        account_id: only what was asked for on this account.
        organization_id: only what was asked for on this organization's accounts.
    """
    if not staff.can(Permission.SYNC):
        return
    found = read(requests.newest, staff.name, moment(), account_id, organization_id)
    if found is None or found in st.session_state.get(CLOSED, ()):
        return
    standing = read(requests.standing, found, moment())
    if standing.ended < standing.accounts:
        _follow(found)
    else:
        _panel(standing, read(requests.results, found, moment()))


@st.fragment(run_every=EVERY)
def _follow(request_id: int) -> None:
    """Show how far it is, past what is kept of earlier answers; at its end, the page anew."""
    with acting(Permission.SYNC), reading() as session:
        now = clock.now()
        standing = requests.standing(session, request_id, now)
        _panel(standing, requests.results(session, request_id, now))
        if standing.ended == standing.accounts:
            fresh()
            st.rerun()


def _panel(standing: Standing, results: pd.DataFrame) -> None:
    words = WORDS[standing.kind]
    number = f"{standing.accounts:,} accounts"
    if standing.accounts == 1:
        number = looks.plain(results["account"].iloc[0])
    with st.container(border=True, key="request"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{words.icon} **{words.label}** \N{MIDDLE DOT} {number}", width="content")
            st.caption(f"asked {times.ago(standing.asked_at, clock.now())}", width="content")
            if standing.ended == standing.accounts:
                st.button(
                    "Close", type="tertiary", icon=":material/close:", key="close_request",
                    on_click=_close, args=(standing.id,),
                )  # fmt: skip
        st.progress(standing.ended / standing.accounts, text=_far(standing))
        if standing.accounts == 1:
            for row in results.itertuples(index=False):
                st.caption(looks.plain(_said(row, standing.kind)))
            return
        with st.expander("What became of each", icon=":material/list:"):
            _table(results, standing)


def _far(standing: Standing) -> str:
    """How far it is, in words: ``40 of 120 done, 3 failed, 2 not possible``."""
    parts = [f"{standing.states[State.SUCCEEDED]:,} of {standing.accounts:,} done"]
    parts += [
        f"{standing.states[state]:,} {state.value}"
        for state in (State.FAILED, State.IMPOSSIBLE, State.RUNNING)
        if standing.states[state]
    ]
    return ", ".join(parts)


def _table(results: pd.DataFrame, standing: Standing) -> None:
    states, state = pills("Result", ([each] for each in results["state"]), width=130)
    said = [_said(row, standing.kind) for row in results.itertuples(index=False)]
    st.dataframe(
        pd.DataFrame(
            {
                "organization": results["organization"],
                "account": results["account"],
                "state": states,
                "said": said,
            }
        ),
        hide_index=True,
        height="content" if len(results) <= 10 else 330,
        row_height=30,
        alt="Each account with what came of it",
        column_config={
            "organization": st.column_config.TextColumn("Organization", width=160, pinned=True),
            "account": st.column_config.TextColumn("Account", width=170),
            "state": state,
            "said": st.column_config.TextColumn("What came of it", width=480),
        },
    )
    if standing.accounts > ROWS:
        st.caption(f"The first {ROWS}, those on which something went wrong before the others.")


def _said(row: Any, kind: Kind) -> str:
    """What came of an account in words."""
    state = State(row.state)
    if state is State.WAITING:
        return "Waits for a worker."
    if state is State.RUNNING:
        return f"{row.ended:,} of {row.parts:,} done." if row.parts else "A worker is at it."
    if state is State.SUCCEEDED and not row.why:
        well = "All is well." if kind is Kind.CHECK else "Done."
        return f"{row.rows:,} rows arrived." if kind is Kind.SYNC else well
    if row.why in tuple(Reason):
        return f"{playbook()[Reason(row.why)].title}."
    return ERRORS.get(row.why) or row.why or REFUSED


def _close(request_id: int) -> None:
    st.session_state[CLOSED] = {*st.session_state.get(CLOSED, ()), request_id}
