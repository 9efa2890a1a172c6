"""Relaunch, Add marketplace, Add account, Invite customer: the buttons and their dialog."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import pandas as pd
import streamlit as st

from dashboard.flow import LinkKind
from dashboard.queries import links
from dashboard.roles import Permission, Staff
from dashboard.ui import asking, looks, made, planning, relaunch_many
from dashboard.ui.asking import Ask
from dashboard.ui.frame import acting, just_arrived
from dashboard.ui.read import read

ICONS: Final[Mapping[LinkKind, str]] = MappingProxyType(
    {
        LinkKind.RELAUNCH: ":material/link:",
        LinkKind.ADD_MARKETPLACE: ":material/add_location_alt:",
        LinkKind.ADD_ACCOUNT: ":material/add_business:",
        LinkKind.SIGN_UP: ":material/person_add:",
    }
)
MORE: Final = "more_links"


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
        st.menu_button(
            "More",
            more,
            key=MORE,
            format_func=lambda each: f"{ICONS[each]} {each.words}",
            on_click=_chosen,
            args=(ask,),
        )


def of_selected(staff: Staff, place: str, listing: pd.DataFrame, ids: list[int]) -> None:
    """Show what can be done with the selected accounts of a list: one, or several at once."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.markdown(f"{len(ids):,} selected", width="content")
        if len(ids) > 1:
            several = Ask(place, LinkKind.RELAUNCH, accounts=tuple(ids))
            offer(staff, several, [LinkKind.RELAUNCH])
            return
        organizations = dict(zip(listing["id"], listing["organization_id"], strict=True))
        organization_id = int(organizations[ids[0]])
        ask = Ask(place, LinkKind.RELAUNCH, ids[0], organization_id)
        offer(staff, ask, [LinkKind.RELAUNCH, LinkKind.ADD_MARKETPLACE, LinkKind.ADD_ACCOUNT])


def invite(staff: Staff, place: str) -> None:
    """Show the button by which a new customer is invited."""
    offer(staff, Ask(place, LinkKind.SIGN_UP), [LinkKind.SIGN_UP])


def dialog(place: str) -> None:
    """Open the dialog of what is being asked for on this page, if anything is."""
    if just_arrived():
        asking.forget()
    ask = asking.present(place)
    if ask is not None:
        opened = st.dialog(
            ask.kind.words, width="medium", icon=ICONS[ask.kind], on_dismiss=asking.forget
        )
        opened(_body)(ask)


def _chosen(ask: Ask) -> None:
    asking.begin(replace(ask, kind=st.session_state[MORE]))


def _body(ask: Ask) -> None:
    with acting(Permission.RELAUNCH) as staff:
        if ask.link is not None:
            made.show(ask)
        elif ask.accounts:
            relaunch_many.show(staff, ask)
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
        known = tuple(each for each in known if planning.ill(each))
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
