"""What happens to an account while a customer or a worker is at it shows without a reload."""

from datetime import timedelta
from typing import Final

import streamlit as st
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.db.engine import reading
from dashboard.queries import arrived, links
from dashboard.queries.arrived import Work
from dashboard.queries.links import Pulse
from dashboard.ui.frame import acting
from dashboard.ui.read import fresh

EVERY: Final = timedelta(seconds=3)
SEEN: Final = "pulse_seen"


def account(account_id: int) -> None:
    """Have this page drawn anew once something happens, while a customer or worker may be at it."""
    with reading() as session:
        pulse, work = seen = _look(session, account_id)
    if pulse is not None and (pulse.open_links or work.streams):
        _listen(account_id, seen)


@st.fragment(run_every=EVERY)
def _listen(account_id: int, seen: tuple[Pulse | None, Work]) -> None:
    """Ask, past what is kept of earlier answers, whether all is as it was when the page was drawn.

    A closed link, too, changes the pulse, so the page that is then drawn listens no more.
    """
    with acting(), reading() as session:
        if _look(session, account_id) != seen:
            fresh()
            st.rerun()


def _look(session: Session, account_id: int) -> tuple[Pulse | None, Work]:
    now = clock.now()
    return links.pulse(session, account_id, now), arrived.work(session, account_id, now)
