"""Doing something to a case from the screen: the write, its refusal, and what to say after it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NoReturn

import streamlit as st

from dashboard import clock
from dashboard.actions.cases import working
from dashboard.errors import CaseChanged
from dashboard.queries import case as queries
from dashboard.queries.case import Colleague, Detail
from dashboard.roles import PERMISSIONS, Permission, Role, Staff
from dashboard.ui import looks, times
from dashboard.ui.frame import acting, done
from dashboard.ui.read import fresh, read

Heir = Colleague | Role
"""Whoever can be given a case: a person, or anybody who has a role."""
PLACE: Final = "triage"
"""The page, as in ``asking.Ask``."""
REFUSED: Final = "case_refused"
"""Why the last write was refused, until the page is drawn anew."""
ASKED: Final = "case_dialog"
"""Which dialog is open: a word of ``DIALOGS``."""

FIND: Final = "case_find"
"""The words that are to be looked for when the page is next drawn."""


def act(do: Callable[[Staff], str], permission: Permission = Permission.TRIAGE) -> NoReturn:
    """Write, and draw the page anew with what was written; ``do`` says in a sentence what it was.

    Where somebody was faster, nothing is written: the page is drawn with what they did, and why.
    """
    with acting(permission) as staff:
        try:
            sentence = do(staff)
        except CaseChanged as error:
            fresh()
            st.session_state[REFUSED] = str(error)
            st.rerun()
        done(sentence)
    st.stop()


def tell_refusal() -> None:
    """Say why the last write was refused, if one was."""
    if sentence := st.session_state.pop(REFUSED, None):
        st.warning(looks.plain(sentence), icon=":material/sync_problem:")


def ask(dialog: str) -> None:
    """Open a dialog with the present run, or with the next if called back."""
    st.session_state[ASKED] = dialog


def forget() -> None:
    """The dialog was closed."""
    st.session_state.pop(ASKED, None)


def take(case: Detail) -> NoReturn:
    """Take a case."""

    def do(staff: Staff) -> str:
        working.take(staff, case.id, case.version)
        return "It is yours now."

    act(do)


def heirs() -> list[Heir]:
    """Everybody a case can be handed over to: colleagues by name, then roles."""
    roles = [each for each in Role if each in PERMISSIONS[Permission.TRIAGE]]
    return [*read(queries.colleagues), *roles]


def heir_name(heir: Heir) -> str:
    """How whoever may be given a case is called."""
    return f"Any {heir}" if isinstance(heir, Role) else heir.name


def give(staff: Staff, case_id: int, version: int, to: Heir) -> str:
    """Give a case to a colleague or a role, and say to whom in a sentence."""
    if isinstance(to, Role):
        heir = working.hand_over(staff, case_id, version, role=to)
    else:
        heir = working.hand_over(staff, case_id, version, member_id=to.id)
    return f"Handed over to {heir}."


def hand_over(case: Detail, to: Heir) -> NoReturn:
    """Give a case to a colleague or a role."""
    act(lambda staff: give(staff, case.id, case.version, to))


def snooze(case: Detail, until: datetime | None, *, until_change: bool = False) -> NoReturn:
    """Put a case aside."""

    def do(staff: Staff) -> str:
        working.snooze(staff, case.id, case.version, until=until, until_change=until_change)
        return "Snoozed: it comes back by itself."

    act(do)


def wake(case: Detail) -> NoReturn:
    """Take a snoozed case back into the queue."""

    def do(staff: Staff) -> str:
        working.wake(staff, case.id, case.version)
        return "Back in the queue."

    act(do)


def undo(case: Detail) -> NoReturn:
    """Take back one's last action."""

    def do(staff: Staff) -> str:
        return f"Taken back: you {working.undo(staff, case.id, case.version)}."

    act(do)


def moments() -> dict[str, datetime | None]:
    """For how long cases are snoozed, by the words for it; ``None``: until something happens."""
    now = clock.now()
    local = now.astimezone(times.zone())
    morning = (local + timedelta(days=1)).replace(hour=9, minute=0, second=0)
    monday = morning + timedelta(days=(7 - morning.weekday()) % 7)
    return {
        "Until something happens": None,
        "4 hours": now + timedelta(hours=4),
        "Until tomorrow, 9:00": morning,
        "Until Monday, 9:00": monday,
        "2 weeks": now + timedelta(days=14),
    }
