"""Relaunch, Add marketplace, Add account, Invite customer: the buttons and their dialog."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import streamlit as st

from dashboard.actions.connecting.links import WELL
from dashboard.flow import LinkKind
from dashboard.queries import links
from dashboard.roles import Permission, Staff
from dashboard.ui import asking, looks, made, planning
from dashboard.ui.asking import Ask
from dashboard.ui.frame import acting
from dashboard.ui.read import read

ICONS: Final[Mapping[LinkKind, str]] = MappingProxyType(
    {
        LinkKind.RELAUNCH: ":material/link:",
        LinkKind.ADD_MARKETPLACE: ":material/add_location_alt:",
        LinkKind.ADD_ACCOUNT: ":material/add_business:",
        LinkKind.SIGN_UP: ":material/person_add:",
    }
)


def offer(staff: Staff, ask: Ask, kinds: Sequence[LinkKind], *, urgent: bool = False) -> None:
    """Show a button for the first kind of link and a menu of the others; nothing to some roles.

    Args:
        staff: the person at the screen.
        ask: what is asked for, but for its kind.
        kinds: in this order.
        urgent: the first is what should be done now.
    """
    if not staff.can(Permission.RELAUNCH):
        return
    first, *more = kinds
    st.button(
        first.words,
        icon=ICONS[first],
        key=first.value,
        type="primary" if urgent else "secondary",
        on_click=asking.begin,
        args=(replace(ask, kind=first),),
    )
    if more:
        chosen = st.menu_button(
            "More", more, key="more_links", format_func=lambda each: f"{ICONS[each]} {each.words}"
        )
        if chosen is not None:
            asking.begin(replace(ask, kind=chosen))


def dialog(place: str) -> None:
    """Open the dialog of what is being asked for on this page, if anything is."""
    ask = asking.present(place)
    if ask is not None:
        opened = st.dialog(
            ask.kind.words, width="medium", icon=ICONS[ask.kind], on_dismiss=asking.forget
        )
        opened(_body)(ask)


def _body(ask: Ask) -> None:
    with acting(Permission.RELAUNCH) as staff:
        if ask.link is not None:
            made.show(ask)
        elif ask.kind is LinkKind.SIGN_UP:
            planning.invitation(staff, ask)
        elif ask.kind is LinkKind.ADD_ACCOUNT:
            planning.another_account(staff, ask)
        else:
            planning.of_account(staff, _with_account(ask))


def _with_account(ask: Ask) -> Ask:
    """Have the account chosen, where the dialog was opened for an organization."""
    if ask.account_id is not None:
        return ask
    known = read(links.accounts, ask.organization_id or 0)
    if ask.kind is LinkKind.RELAUNCH:
        known = tuple(each for each in known if set(each.statuses) - set(WELL))
    if not known:
        st.info("None of its accounts needs that: all connections work.", icon=":material/check:")
        st.stop()
    chosen = st.selectbox(
        "Account",
        known,
        key="link_account",
        format_func=lambda each: looks.cell(each.headline) + f" \N{EM DASH} {each.name}",
    )
    return replace(ask, account_id=chosen.id)
