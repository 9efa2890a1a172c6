"""What colleagues do to the cases on the screen shows there within seconds."""

from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.db.engine import reading
from dashboard.queries import case as queries
from dashboard.queries import cases
from dashboard.queries.cases import Wanted
from dashboard.queries.frames import records
from dashboard.ui.frame import acting
from dashboard.ui.read import fresh, read

EVERY: Final = timedelta(seconds=4)

Pulse = tuple[frozenset[tuple[int, int]], int]


def queue(wanted: Wanted, listing: pd.DataFrame, case_id: int | None) -> None:
    """Have the page drawn anew once a case on it, or the one on the desk, has changed."""
    seen = {(int(row.id), int(row.version)) for row in records(listing)}
    note = 0
    if case_id is not None:
        seen = {each for each in seen if each[0] != case_id}
        seen.add((case_id, read(queries.detail, case_id).version))
        notes = read(queries.notes, case_id)
        note = int(notes["id"].iloc[0]) if len(notes) else 0
    _listen(wanted, case_id, (frozenset(seen), note))


@st.fragment(run_every=EVERY)
def _listen(wanted: Wanted, case_id: int | None, seen: Pulse) -> None:
    """Ask, past what is kept of earlier answers, whether all is as it was drawn."""
    with acting(), reading() as session:
        if cases.pulse(session, wanted, case_id) != seen:
            fresh()
            st.rerun()
