"""Working on many cases at once: what it would do, then doing it, and what came of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
import streamlit as st

from dashboard import clock, exports
from dashboard.actions import administering
from dashboard.actions.cases import sending, working
from dashboard.diagnosis import Reason
from dashboard.errors import SwitchboardError
from dashboard.queries import cases, links
from dashboard.queries.frames import records
from dashboard.roles import Permission, Staff
from dashboard.ui import case_acts, case_message, case_words, looks, made
from dashboard.ui.case_acts import Heir
from dashboard.ui.frame import acting
from dashboard.ui.read import fresh, read

BULK: Final = "case_bulk"
RECENT: Final = timedelta(hours=20)
"""Who was written to since then is not written to again with many others."""
SHOWN: Final = 12
"""Rows of a preview before it scrolls."""


class Do(StrEnum):
    """What can be done to many cases at once, by its button."""

    MESSAGE = "Send message"
    TAKE = "Assign to me"
    GIVE = "Hand over"
    SNOOZE = "Snooze for a day"
    SYNC = "Sync now"
    CHECK = "Check now"


NEEDS: Final[Mapping[Do, Permission]] = MappingProxyType(
    {
        Do.MESSAGE: Permission.RELAUNCH,
        Do.TAKE: Permission.TRIAGE,
        Do.GIVE: Permission.TRIAGE,
        Do.SNOOZE: Permission.TRIAGE,
        Do.SYNC: Permission.SYNC,
        Do.CHECK: Permission.SYNC,
    }
)
WILL: Final[Mapping[Do, str]] = MappingProxyType(
    {
        Do.MESSAGE: "will be sent",
        Do.TAKE: "will be yours",
        Do.GIVE: "will be handed over",
        Do.SNOOZE: "will be snoozed",
        Do.SYNC: "will be synced",
        Do.CHECK: "will be checked",
    }
)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Cases that something is to be done to; ``results`` is, once done, what came of each."""

    do: Do
    ids: tuple[int, ...]
    results: tuple[tuple[str, str, str], ...] = ()


def offer(
    staff: Staff, ids: Sequence[int], matching: int, all_ids: Callable[[], Sequence[int]]
) -> None:
    """Show what can be done to the selected cases, or to all that match.

    Args:
        staff: the person at the screen.
        ids: the selected cases; if none, all that match are meant.
        matching: how many match, up to ``cases.COUNTED``.
        all_ids: reads the cases that match, at most ``cases.MOST``.
    """
    able = [each for each in Do if staff.can(NEEDS[each]) and staff.can(Permission.TRIAGE)]
    if not able or not matching:
        return
    most = min(matching, cases.MOST)
    which = f"{len(ids):,} selected" if ids else f"All {most:,}"
    if not ids and matching > cases.MOST:
        which = f"The first {most:,}"
    chosen = st.menu_button(which, able, key="bulk", icon=":material/checklist:")
    if chosen is not None:
        st.session_state[BULK] = Bulk(chosen, tuple(ids or all_ids())[: cases.MOST])
        case_acts.ask("bulk")


def show() -> None:
    """Show what would be done, then do it, and what came of it: the body of a dialog."""
    bulk: Bulk | None = st.session_state.get(BULK)
    if bulk is None:
        return
    if bulk.results:
        _results(bulk)
        return
    rows = records(read(cases.several, bulk.ids))
    with acting(NEEDS[bulk.do]) as staff:
        plans = [(row, _why_not(bulk.do, row, staff)) for row in rows]
        ready = [row for row, why_not in plans if not why_not]
        st.markdown(_summary(bulk.do, [why_not for _, why_not in plans]))
        _table(
            ["Account", "Organization", "What will be done"],
            [(row.account, row.organization, why_not or WILL[bulk.do]) for row, why_not in plans],
        )
        heir: Heir | None = None
        if bulk.do is Do.MESSAGE and ready:
            _preview(ready)
        if bulk.do is Do.GIVE:
            heir = st.selectbox("To whom", case_acts.heirs(), index=None, key="bulk_heir",
                                format_func=case_acts.heir_name)  # fmt: skip
        if st.button(
            f"{bulk.do}: {len(ready):,}", type="primary", key="bulk_go",
            disabled=not ready or (bulk.do is Do.GIVE and heir is None),
        ):  # fmt: skip
            results = tuple(_one_by_one(staff, bulk.do, plans, heir))
            st.session_state[BULK] = replace(bulk, results=results)
            fresh()
            st.rerun()


def _why_not(do: Do, row: Any, staff: Staff) -> str:
    """Why a case is to be left alone; empty if it is not."""
    if not row.place:
        return "closed meanwhile"
    if row.place == "snoozed":
        return "snoozed"
    if do is Do.TAKE and row.owner == staff.key:
        return "yours already"
    if do is Do.MESSAGE:
        if not case_words.is_missing(row.messaged_at) and clock.now() - row.messaged_at < RECENT:
            return "written to today"
        organization_id = int(row.organization_id)
        if not read(links.contacts, (organization_id,))[organization_id]:
            return "no contact"
    return ""


def _summary(do: Do, whys: Sequence[str]) -> str:
    """``37 chosen: 31 will be sent, 4 snoozed, 2 no contact.``"""
    ready = sum(not why for why in whys)
    said = [f"**{ready:,} {WILL[do]}**"]
    said += [f"{whys.count(each):,} {each}" for each in dict.fromkeys(whys) if each]
    more = f" At most {cases.MOST:,} are done at once." if len(whys) == cases.MOST else ""
    return f"{len(whys):,} chosen: {', '.join(said)}. Nothing is done yet.{more}"


def _preview(ready: Sequence[Any]) -> None:
    with st.expander("What they will read", icon=":material/mail:"):
        row = st.selectbox("Account", ready, key="bulk_preview",
                           format_func=lambda each: each.account)  # fmt: skip
        known = read(links.several, (int(row.account_id),))[0]
        text, _ = case_message.composed(known, Reason(row.reason))
        st.markdown(f"**{looks.plain(text.subject)}**")
        st.code(text.body, language=None, wrap_lines=True)
        st.caption(made.delivery())


def _one_by_one(
    staff: Staff, do: Do, plans: Sequence[tuple[Any, str]], heir: Heir | None
) -> list[tuple[str, str, str]]:
    """Do it case by case; one that fails does not hold up the others."""
    bar, results = st.progress(0.0), []
    for number, (row, why_not) in enumerate(plans, 1):
        bar.progress(number / len(plans), text=f"{number:,} of {len(plans):,}")
        became = f"Left alone: {why_not}." if why_not else _done(staff, do, row, heir)
        results.append((str(row.account), str(row.organization), became))
    bar.empty()
    return results


def _done(staff: Staff, do: Do, row: Any, heir: Heir | None) -> str:
    try:
        if do in {Do.SYNC, Do.CHECK}:
            return _mended(staff, do, int(row.account_id))
        if do is Do.MESSAGE:
            return _written(staff, row)
        return _worked(staff, do, int(row.id), int(row.version), heir)
    except SwitchboardError as error:
        return str(error)


def _mended(staff: Staff, do: Do, account_id: int) -> str:
    if do is Do.SYNC:
        asked = administering.sync_now(staff, [account_id])[0]
        return asked.why_not or f"{asked.streams} syncs wait for a worker."
    if administering.check_now(staff, account_id):
        return "Checked as soon as a worker is free."
    return "Not checked: it has no consent that could be."


def _worked(staff: Staff, do: Do, case_id: int, version: int, heir: Heir | None) -> str:
    if heir is not None:
        return case_acts.give(staff, case_id, version, heir)
    if do is Do.TAKE:
        working.take(staff, case_id, version)
        return "Yours now."
    until = clock.now() + timedelta(days=1)
    working.snooze(staff, case_id, version, until=until, until_change=True)
    return "Snoozed for a day, or until something happens."


def _written(staff: Staff, row: Any) -> str:
    account = read(links.several, (int(row.account_id),))[0]
    emails = read(links.contacts, (account.organization_id,))[account.organization_id]
    text, channels = case_message.composed(account, Reason(row.reason))
    sending.send(
        staff, int(row.id), int(row.version), emails=emails, subject=text.subject, body=text.body,
        channels=channels,
    )  # fmt: skip
    return f"Written to {', '.join(emails)}."


def _results(bulk: Bulk) -> None:
    left = sum(result.startswith("Left alone") for *_, result in bulk.results)
    st.markdown(f"{len(bulk.results) - left:,} worked on, {left:,} left alone.")
    headings = ["Account", "Organization", "What came of it"]
    _table(headings, bulk.results)
    st.download_button(
        "Download what came of it", exports.csv_text(headings, bulk.results), "cases.csv",
        "text/csv", key="bulk_download", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    st.dataframe(
        pd.DataFrame(rows, columns=list(headings)), hide_index=True, row_height=30,
        height="content" if len(rows) <= SHOWN else 30 * SHOWN + 36,
    )  # fmt: skip
