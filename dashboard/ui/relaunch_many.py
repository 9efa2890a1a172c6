"""Relaunching several accounts at once: a link each, mailed with the playbook's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st

from dashboard.actions.connecting import links as actions
from dashboard.actions.connecting import messages
from dashboard.actions.connecting.messages import Text
from dashboard.diagnosis import Channel
from dashboard.errors import SwitchboardError
from dashboard.queries import links
from dashboard.queries.links import Choosable
from dashboard.roles import Staff
from dashboard.status import WAITING
from dashboard.ui import asking, looks, made, planning
from dashboard.ui.asking import Ask
from dashboard.ui.read import fresh, read


@dataclass(frozen=True, slots=True)
class Row:
    """One account: what would be connected again, and who would be written to."""

    account: Choosable
    channels: Sequence[Channel]
    emails: Sequence[str]
    early: bool = False

    @property
    def waits(self) -> bool:
        """Whether the account waits for Amazon or for us, and mail to its customer with it."""
        return self.account.headline in WAITING

    @property
    def text(self) -> Text:
        """What its contacts would read."""
        return messages.relaunch_text(self.account.name, self.account.reason)


def show(staff: Staff, ask: Ask) -> None:
    """Show who would get what; then send it, and show what came of each."""
    if ask.results:
        _table(["Account", "What came of it"], ask.results)
        st.caption(made.delivery())
        return
    rows = _rows(ask)
    _table(["Account", "Connect again", "Mail to"], [_told(row) for row in rows])
    ready = [row for row in rows if row.channels and row.emails]
    if not ready:
        st.info("None of these can be sent a link by mail.", icon=":material/block:")
        return
    with st.expander("What they will read", icon=":material/mail:"):
        chosen = st.selectbox(
            "Account", ready, key="preview", format_func=lambda row: row.account.name
        )
        st.markdown(f"**{looks.plain(chosen.text.subject)}**")
        st.code(chosen.text.body, language=None, wrap_lines=True)
    noun = "link" if len(ready) == 1 else "links"
    if st.button(f"Send {len(ready)} {noun}", type="primary", key="send_many"):
        asking.begin(replace(ask, results=tuple(_send(staff, rows))))
        fresh()
        st.rerun()


def _rows(ask: Ask) -> list[Row]:
    known = read(links.several, ask.accounts)
    ids = tuple(sorted({each.organization_id for each in known}))
    contacts: Mapping[int, tuple[str, ...]] = read(links.contacts, ids)
    return [
        Row(each, planning.ill(each, early=ask.early), contacts[each.organization_id], ask.early)
        for each in known
    ]


def _told(row: Row) -> tuple[str, str, str]:
    about = f"{row.account.name}, {row.account.organization}"
    if not row.channels:
        return about, "waits for Amazon or us: left alone" if row.waits else "works: left alone", ""
    channels = ", ".join(row.channels)
    return about, channels, ", ".join(row.emails) or "no contact known: left out"


def _send(staff: Staff, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Make and mail the links one by one; one that fails does not hold up the others."""
    bar, results = st.progress(0.0), []
    for number, row in enumerate(rows, 1):
        bar.progress(number / len(rows), text=f"{number:,} of {len(rows):,}")
        results.append((row.account.name, _relaunch(staff, row)))
    bar.empty()
    return results


def _relaunch(staff: Staff, row: Row) -> str:
    if not row.channels:
        return "Left alone: it waits for Amazon or us." if row.waits else "Left alone: it works."
    if not row.emails:
        return "Left out: no contact is known."
    try:
        link = actions.relaunch(staff, row.account.id, row.channels, early=row.early)
        actions.send(staff, link.url, row.emails, row.text.subject, row.text.body)
    except SwitchboardError as error:
        return str(error)
    to = ", ".join(row.emails)
    return (
        f"Link for {to}: its mail waits until the incident is over."
        if row.waits
        else (f"Link mailed to {to}.")
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    cells = [[looks.plain(cell) for cell in row] for row in rows]
    st.table(pd.DataFrame(cells, columns=list(headings)), border="horizontal", hide_index=True)
