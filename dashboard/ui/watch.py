"""What happens to an account while a link of it is open shows by itself, without a reload."""

from datetime import timedelta
from typing import Final

import streamlit as st

from dashboard import clock
from dashboard.db.engine import reading
from dashboard.queries import links
from dashboard.queries.links import Pulse
from dashboard.ui.frame import acting
from dashboard.ui.read import fresh

EVERY: Final = timedelta(seconds=3)
SEEN: Final = "pulse_seen"


def account(account_id: int) -> None:
    """Have this page drawn anew once something happens, while a customer may be at it.

    To be called before the page reads anything: what happens after is then seen as a change.
    """
    with reading() as session:
        seen = links.pulse(session, account_id, clock.now())
    if seen is None or not seen.open_links:
        return
    if st.session_state.get(SEEN) != (account_id, seen):
        # Kept answers may be of before.
        st.session_state[SEEN] = account_id, seen
        fresh()
    _listen(account_id, seen)


@st.fragment(run_every=EVERY)
def _listen(account_id: int, seen: Pulse) -> None:
    """Ask, past what is kept of earlier answers, whether all is as it was when the page was drawn.

    A closed link, too, changes the pulse, so the page that is then drawn listens no more.
    """
    with acting(), reading() as session:
        if links.pulse(session, account_id, clock.now()) != seen:
            fresh()
            st.rerun()
