"""One case on the desk: why it is there, what to do about it, and the buttons that do it."""

from datetime import datetime, timedelta
from typing import Final

import streamlit as st

from dashboard import clock
from dashboard.actions import administering
from dashboard.cases import State
from dashboard.diagnosis import Actor, Reason, playbook
from dashboard.flow import LinkKind
from dashboard.queries import account as accounts
from dashboard.queries.account import Detail as Account
from dashboard.queries.case import Detail
from dashboard.roles import Permission, Staff
from dashboard.ui import asking, case_acts, case_list, case_words, links, looks, remedy, times
from dashboard.ui.asking import Ask
from dashboard.ui.frame import acting, done
from dashboard.ui.read import moment, read

DAY: Final = timedelta(days=1)


def show(staff: Staff, case: Detail) -> None:
    """Show a case with all that is needed to deal with it."""
    now = clock.now()
    account = read(accounts.detail, case.account_id, moment())
    with st.container(border=True, key="desk"):
        case_acts.tell_refusal()
        _head(case, account, staff, now)
        if case.state is not State.CLOSED:
            _work(case, staff)
            _mend(account, staff)
        with st.container(key="case_reason"):
            remedy.show(playbook()[Reason(case.reason)], message=False)


def tools() -> None:
    """Show the buttons that search, and that say what the keys are."""
    st.button("Search", key="find", shortcut="F", type="tertiary", on_click=case_acts.ask,
              args=("find",))  # fmt: skip
    st.button("Keys", key="keys", shortcut="H", type="tertiary", on_click=case_acts.ask,
              args=("keys",), help="What can be done by keyboard")  # fmt: skip


def steps() -> None:
    """Show the buttons that go from case to case."""
    st.button("Previous", key="previous", shortcut="K", on_click=case_list.step, args=(-1,))
    st.button("Next", key="next", shortcut="J", on_click=case_list.step, args=(1,))


def _head(case: Detail, account: Account, staff: Staff, now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        links.account(account.id).show(
            f"**{looks.plain(account.name)}**", icon=":material/storefront:",
            help="All there is to know of the account",
        )  # fmt: skip
        links.organization(account.organization_id).show(looks.plain(account.organization))
        looks.badge(account.headline)
    said = [
        case_words.why(case, now),
        f"open {clock.spoken(now - case.opened_at)}" if case.opened_at else "",
        f"{case.times} times so far" if case.times > 1 else "",
        " ".join(account.marketplaces),
        f"strategist {account.strategist}" if account.strategist else "",
    ]
    st.caption(
        " \N{MIDDLE DOT} ".join(looks.plain(each) for each in said if each),
        help=looks.plain(case_words.in_full(case, account.organization, now)),
    )
    owner = case_words.whose(case, staff.key)
    aside = case_words.snoozed(case)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(
            owner or "nobody's yet", icon=":material/person:", color="blue" if owner else "gray"
        )
        if aside:
            st.badge(f"snoozed {aside}", icon=":material/snooze:", color="gray")
        if case.messaged_at is not None:
            times.show_ago(case.messaged_at, now, before="written to")
        if case.undo_by == staff.key and staff.can(Permission.TRIAGE) and st.button(
            f"Undo: {case.undoable}", key="undo", shortcut="U", type="tertiary",
            icon=":material/undo:",
        ):  # fmt: skip
            case_acts.undo(case)


def _work(case: Detail, staff: Staff) -> None:
    """The buttons that say whose the case is and when it is to come back."""
    if not staff.can(Permission.TRIAGE):
        return
    with st.container(horizontal=True, gap="xsmall", key="case_work"):
        if st.button("Assign to me", key="take", shortcut="A",
                     disabled=case.owner == staff.key):  # fmt: skip
            case_acts.take(case)
        if case.snoozed_until is not None:
            if st.button("Wake up", key="wake", shortcut="S"):
                case_acts.wake(case)
        elif st.button(
            "Snooze", key="snooze", shortcut="S",
            help="Until something happens to the account, for a day at most",
        ):  # fmt: skip
            case_acts.snooze(case, clock.now() + DAY, until_change=True)
        chosen = st.menu_button("Until", list(case_acts.moments()), key="snooze_until")
        if chosen:
            until = case_acts.moments()[chosen]
            case_acts.snooze(case, until, until_change=until is None)
        heir = st.menu_button(
            "Hand over", case_acts.heirs(), key="hand_over", format_func=case_acts.heir_name
        )
        if heir is not None:
            case_acts.hand_over(case, heir)


def _mend(account: Account, staff: Staff) -> None:
    """The buttons that mend the account."""
    with st.container(horizontal=True, gap="xsmall", key="case_mend"):
        if staff.can(Permission.RELAUNCH):
            urgent = account.actor == Actor.CUSTOMER
            st.button(
                "Message", key="message", shortcut="M",
                type="primary" if urgent else "secondary", on_click=case_acts.ask,
                args=("message",), help="Write to the customer, with a fresh link where one helps",
            )  # fmt: skip
            ask = Ask(case_acts.PLACE, LinkKind.RELAUNCH, account.id, account.organization_id)
            st.button("Relaunch", key="relaunch", shortcut="L",
                      on_click=asking.begin, args=(ask,))  # fmt: skip
        if staff.can(Permission.SYNC):
            if st.button("Sync now", key="sync_now", shortcut="Y"):
                with acting(Permission.SYNC) as person:
                    _synced(administering.sync_now(person, [account.id])[0])
            if st.button("Check now", key="check_now", shortcut="X"):
                with acting(Permission.SYNC) as person:
                    _checked(administering.check_now(person, account.id))


def _synced(asked: administering.Asked) -> None:
    if asked.why_not:
        st.toast(f"Not synced. {asked.why_not}", icon=":material/block:")
        return
    done(f"{asked.streams} sync{'' if asked.streams == 1 else 's'} wait for a worker.")


def _checked(consents: int) -> None:
    if not consents:
        st.toast("Not checked. It has no consent that could be.", icon=":material/block:")
        return
    done("Checked as soon as a worker is free.")
