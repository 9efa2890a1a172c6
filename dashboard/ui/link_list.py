"""The life of links: how far each has come, by whom and when, with Renew and Revoke."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.actions.connecting import links as actions
from dashboard.actions.connecting import messages
from dashboard.diagnosis import Reason, playbook
from dashboard.flow import LinkKind, LinkState
from dashboard.queries import links as queries
from dashboard.roles import Permission, Staff
from dashboard.ui import asking, looks, times
from dashboard.ui.asking import Ask
from dashboard.ui.frame import acting, done
from dashboard.ui.looks import Look
from dashboard.ui.read import fresh, moment, read

LOOKS: Final[Mapping[LinkState, Look]] = MappingProxyType(
    {
        LinkState.CREATED: Look(":material/link:", "○", "blue"),
        LinkState.SENT: Look(":material/mail:", "●", "blue"),
        LinkState.OPENED: Look(":material/drafts:", "◔", "blue"),
        LinkState.AT_AMAZON: Look(":material/hourglass_top:", "◐", "blue"),
        LinkState.DONE: Look(":material/check_circle:", "✓", "green"),
        LinkState.EXPIRED: Look(":material/timer_off:", "✕", "gray"),
        LinkState.REVOKED: Look(":material/block:", "⊘", "gray"),
    }
)
CLOSED: Final = frozenset({LinkState.DONE, LinkState.REVOKED})
HAPPENED: Final = (
    ("sent_at", "sent"),
    ("opened_at", "opened"),
    ("at_amazon_at", "last at Amazon"),
    ("done_at", "done"),
)
"""What a link went through, in order."""


def badge(state: str) -> None:
    """Show how far a link has come."""
    its = LOOKS[LinkState(state)]
    st.badge(state, icon=its.icon, color=its.color)


def show(found: pd.DataFrame, staff: Staff, place: str, now: datetime) -> None:
    """Show links, newest first.

    Args:
        found: with the columns of ``queries.links.LINKS``.
        staff: the person at the screen; only some may renew and revoke.
        place: the page, as in ``asking.Ask``.
        now: aware UTC.
    """
    for row in found.itertuples(index=False):
        with st.container(horizontal=True, vertical_alignment="center", key=f"link_{row.id}"):
            badge(str(row.state))
            st.markdown(_what(row), width="content")
            st.caption(life(row, now), width="content", help=_exactly(row))
            if staff.can(Permission.RELAUNCH):
                _buttons(row, place)
        if row.problem and row.state not in CLOSED:
            st.caption(_problem(row))


def what(row: Any) -> str:
    """What a link is for, as plain text: ``Relaunch SP-API``."""
    kind = LinkKind(row.kind)
    return " ".join([kind.words, *(row.channels if kind is LinkKind.RELAUNCH else [])])


def life(row: Any, now: datetime) -> str:
    """What a link went through, as plain text."""
    said = [f"made {times.ago(row.created_at, now)} by {looks.plain(str(row.who))}"]
    said += [
        f"{word} {times.ago(getattr(row, name), now)}"
        for name, word in HAPPENED
        if not pd.isna(getattr(row, name))
    ]
    if row.state not in CLOSED:
        ends = "expired" if row.state == LinkState.EXPIRED else "expires"
        said.append(f"{ends} {times.ago(row.expires_at, now)}")
    return " \N{MIDDLE DOT} ".join(said)


def _what(row: Any) -> str:
    about = row.account or row.email or row.organization
    return f"**{what(row)}** {looks.plain(str(about))}"


def _exactly(row: Any) -> str:
    moments = [("made", row.created_at)]
    moments += [(word, getattr(row, name)) for name, word in HAPPENED]
    moments.append(("expires", row.expires_at))
    known = [(word, each) for word, each in moments if not pd.isna(each)]
    return "  \n".join(f"{word} {looks.plain(times.exact(each))}" for word, each in known)


def _problem(row: Any) -> str:
    title = playbook()[Reason(row.problem)].title
    return f":orange[:material/warning:] {row.problem_channel}: {looks.plain(title)}"


def _buttons(row: Any, place: str) -> None:
    if row.state in CLOSED:
        return
    if st.button(
        "Renew", key=f"renew_{row.id}", type="tertiary", icon=":material/autorenew:",
        help="Withdraw it and make another that goes on where this one had come to",
    ):  # fmt: skip
        with acting(Permission.RELAUNCH) as staff:
            _renew(staff, row, place)
    if row.state != LinkState.EXPIRED and st.button(
        "Revoke", key=f"revoke_{row.id}", type="tertiary", icon=":material/block:",
        help="Whoever opens it is told to ask for a new one",
    ):  # fmt: skip
        with acting(Permission.RELAUNCH) as staff:
            actions.revoke(staff, int(row.id))
            done("The link is withdrawn.")


def _renew(staff: Staff, row: Any, place: str) -> None:
    kind = LinkKind(row.kind)
    text = messages.invitation_text()
    account_id = None if pd.isna(row.account_id) else int(row.account_id)
    if kind is LinkKind.RELAUNCH and account_id is not None:
        plan = read(queries.plan, account_id, moment())
        text = messages.relaunch_text(plan.name, plan.reason)
    ask = Ask(
        place, kind, account_id=account_id,
        organization_id=None if pd.isna(row.organization_id) else int(row.organization_id),
    )  # fmt: skip
    asking.made(ask, actions.renew(staff, int(row.id)), text)
    fresh()
    st.rerun()
