"""History in words: what each kind of event is called, and what its details say."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard.diagnosis import Reason, playbook
from dashboard.queries.history import TURNED
from dashboard.ui import looks, times

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account_changed": "Account changed",
        "account_created": "Account entered",
        "account_link_made": "Link to add an account made",
        "alert_failed": "Alert not delivered",
        "assigned": "Strategist assigned",
        "attempt_failed": "Connecting failed",
        "case_handed_over": "Case handed over",
        "case_message": "Customer written to",
        "case_noted": "Note",
        "case_snoozed": "Case snoozed",
        "case_taken": "Case taken",
        "case_undone": "Case: taken back",
        "case_woken": "Case woken up",
        "check_asked": "Check asked for",
        "connected": "Connected",
        "digest_begun": "Daily digest begun",
        "digest_stopped": "Daily digest stopped",
        "disconnected": "Disconnected",
        "exported": "Exported",
        "file_imported": "File imported",
        "first_sync_overdue": "First sync overdue",
        "imported": "Imported",
        "incident_closed": "Incident over",
        "incident_opened": "Incident begun",
        "invited": "Customer invited",
        "left_for_amazon": "Went to Amazon",
        "link_mailed": "Link sent by e-mail",
        "link_opened": "Link opened",
        "link_renewed": "Link renewed",
        "link_revoked": "Link withdrawn",
        "mail_failed": "Message not delivered",
        "mail_sent": "Message delivered",
        "marketplace_link_made": "Link to add a marketplace made",
        "marketplaces_instead": "Marketplaces to be added instead of an account",
        "noted": "Note",
        "organization_created": "Organization entered",
        "paused": "Paused",
        "practice_set": "Practice set up",
        "problem_found": "Problem found",
        "problem_solved": "Problem solved",
        "reconnected": "Reconnected",
        "return_refused": "Return from Amazon not accepted",
        "relaunched": "Link to reconnect made",
        "resumed": "Resumed",
        "route_added": "Alert route added",
        "route_changed": "Alert route changed",
        "route_deactivated": "Alert route switched off",
        "route_reactivated": "Alert route switched on",
        "route_tested": "Alert route tested",
        "selling_partner_skipped": "Selling Partner skipped",
        "setup_completed": "Setup completed",
        "signed_in_at_amazon": "Signed in at Amazon",
        "signed_up": "Asked to get started",
        "staff_added": "Staff added",
        "staff_deactivated": "Staff deactivated",
        "staff_reactivated": "Staff reactivated",
        "staff_role_changed": "Role changed",
        "sync_asked": "Sync asked for",
        "sync_restarted": "Sync restarted",
        TURNED: "Status",
        "warning_found": "Warning found",
    }
)
"""What each kind of event is called; the others by their own words."""

LONGEST: Final = 300
"""Characters of details that are shown."""
BARE: Final = frozenset(
    {"channel", "channels", "file", "member", "name", "note", "reason", "result", "strategist"}
    | {"text", "type", "what"}
)
"""Details whose value says enough without its name."""


def name(kind: str) -> str:
    """What a kind of event is called on screen."""
    return KINDS.get(kind) or kind.replace("_", " ").strip().capitalize()


def told(details: Mapping[str, Any], longest: int | None = LONGEST) -> str:
    """The details of an event in words, as plain text; what is empty or zero is left out."""
    rest = dict(details)
    change = [_value(each) for each in (rest.pop("before", None), rest.pop("after", None)) if each]
    said = [" \N{RIGHTWARDS ARROW} ".join(change)]
    said += [_item(key, value) for key, value in rest.items() if value]
    words = ", ".join(each for each in said if each)
    if longest is None or len(words) <= longest:
        return words
    return f"{words[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def show(events: pd.DataFrame, now: datetime, empty: str, *, of_several: bool = False) -> None:
    """Show some events, newest first, as text that wraps.

    Args:
        events: with the columns of ``queries.activity.EVENTS``.
        now: aware UTC.
        empty: what to say where there are none.
        of_several: name the account of each.
    """
    if events.empty:
        st.caption(empty)
        return
    rows = [
        {
            "When": _when(row.at, now),
            "What": _what(row, of_several=of_several),
            "Who": looks.plain(str(row.who)),
        }
        for row in events.itertuples(index=False)
    ]
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True, alt="History, newest first")


def _when(moment: Any, now: datetime) -> str:
    """How long ago, and the exact time on a line of its own: a table has no hover."""
    local = moment.astimezone(times.zone())
    exact = looks.plain(f"{local.day} {local:%b %Y, %H:%M}")
    said = f"{times.ago(moment, now)}\n:small[:gray[{exact}]]"
    return said.replace(" ", "\N{NO-BREAK SPACE}").replace("\n", "  \n")


def _what(row: Any, *, of_several: bool) -> str:
    """One event as markdown; a change of headline with the look of the new one."""
    details = looks.plain(told(row.details))
    if row.kind == TURNED:
        its = looks.look(row.details["after"])
        return f":{its.color}[{its.icon}] {details}"
    about = f" ({looks.plain(row.account)})" if of_several and row.account else ""
    what = f"**{looks.plain(name(row.kind))}**{about}"
    return f"{what}: {details}" if details else what


def _item(key: str, value: Any) -> str:
    words = key.replace("_", " ")
    if key == "reason" and value in tuple(Reason):
        return playbook()[Reason(value)].title
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,} {words}"
    return _value(value) if key in BARE else f"{words}: {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(_item(str(key), each) for key, each in value.items() if each)
    if isinstance(value, list | tuple):
        return ", ".join(_value(each) for each in value)
    return "yes" if value is True else str(value)
