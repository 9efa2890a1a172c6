"""Before a link is made: why, what it touches, what the customer will be asked."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, NoReturn

import streamlit as st

from dashboard.actions.connecting import links as actions
from dashboard.actions.connecting import messages
from dashboard.actions.connecting.links import RENEWED, WELL
from dashboard.actions.connecting.making import NewLink
from dashboard.actions.connecting.messages import Text
from dashboard.diagnosis import Channel, playbook
from dashboard.flow import FlowStep, LinkKind, steps
from dashboard.queries import links, organization
from dashboard.queries.account import COUNTED, NAMED
from dashboard.queries.links import Choosable, Part, Plan
from dashboard.roles import Staff
from dashboard.status import WAITING, ChannelStatus
from dashboard.ui import asking, looks
from dashboard.ui.asking import Ask
from dashboard.ui.read import fresh, moment, read

ASKS: Final[Mapping[FlowStep, str]] = MappingProxyType(
    {
        FlowStep.ORGANIZATION: "Name their organization",
        FlowStep.ACCOUNT: "Say whether they sell as seller or vendor, in which region, and name it",
        FlowStep.ADVERTISING: "Sign in to Amazon Advertising and allow access",
        FlowStep.MARKETPLACES: "Choose the merchant and its marketplaces",
        FlowStep.SELLING_PARTNER: "Confirm access in Seller Central, or Vendor Central for vendors",
        FlowStep.SYNCING: "See that it worked: their data syncs within 48 hours",
    }
)
"""What each step asks of the customer."""


def of_account(staff: Staff, ask: Ask) -> None:
    """Plan a relaunch, or more marketplaces, of one account."""
    plan = read(links.plan, ask.account_id or 0, moment())
    ask = replace(ask, organization_id=plan.organization_id)
    st.markdown(f"**{looks.plain(plan.name)}**, {looks.plain(plan.organization)}")
    if ask.kind is LinkKind.ADD_MARKETPLACE:
        st.markdown(
            f"Now in {' '.join(plan.marketplaces) or 'no marketplace'}. What Amazon has allowed "
            "covers its whole region, so the customer only chooses."
        )
        ill = [each for each in plan.parts if _is_ill(each)]
        channels = [each.channel for each in ill if each.status is not ChannelStatus.NOT_REQUIRED]
        _asked(channels, marketplaces=True)
        if st.button("Make the link", type="primary", key="make"):
            _made(
                ask,
                actions.add_marketplace(staff, plan.account_id),
                messages.invitation_text(),
            )
        return
    if plan.reason is not None:
        why = playbook()[plan.reason]
        st.markdown(f"{looks.text(plan.headline)}: **{looks.plain(why.title)}.**")
        st.markdown(f"**What to do:** {looks.plain(why.fix)}")
    if plan.headline in WAITING:
        st.info(
            "It waits for Amazon or for us: what that concerns is left alone, and mail about the "
            "rest waits until it is over.",
            icon=":material/hourglass_top:",
        )
    chosen = _channels(plan)
    if not chosen:
        st.caption("Choose what is to be connected again.")
        return
    _touched(plan, chosen)
    _asked(chosen, marketplaces=not plan.marketplaces)
    if st.button("Make the link", type="primary", key="make"):
        text = messages.relaunch_text(plan.name, plan.reason)
        _made(ask, actions.relaunch(staff, plan.account_id, chosen), text)


def another_account(staff: Staff, ask: Ask) -> None:
    """Plan another account of an organization."""
    customer = read(organization.customer, ask.organization_id or 0)
    st.markdown(
        f"For **{looks.plain(customer.name)}**: another merchant, or a region that no account of "
        "theirs is in. In a region they have, add a marketplace instead."
    )
    _asked([*Channel], account=True, marketplaces=True)
    if st.button("Make the link", type="primary", key="make"):
        _made(ask, actions.add_account(staff, customer.id), messages.invitation_text())


def invitation(staff: Staff, ask: Ask) -> None:
    """Invite a customer we do not know yet."""
    st.markdown("Someone new: they create their organization and connect their first account.")
    with st.form("invite", border=False):
        email = st.text_input("Their e-mail address", max_chars=254, key="invite_email")
        _asked([*Channel], organization=True, account=True, marketplaces=True)
        send = st.form_submit_button("Send the invitation", type="primary", key="invite_send")
    if send:
        _made(ask, actions.invite(staff, email), messages.invitation_text(), email.strip().lower())


def _made(ask: Ask, link: NewLink, text: Text, *sent_to: str) -> NoReturn:
    asking.made(ask, link, text, *sent_to)
    fresh()
    st.rerun()


def ill(account: Choosable, *, early: bool = False) -> list[Channel]:
    """The channels of an account that a link would connect again without being asked for.

    Args:
        account: the account.
        early: SP-API is one of them also while its consent still works.
    """
    leave = {*WELL, ChannelStatus.NOT_REQUIRED}
    return [
        channel
        for channel, status in zip(Channel, account.statuses, strict=True)
        if status not in leave or (early and channel is Channel.SP_API and status in RENEWED)
    ]


def _is_ill(part: Part) -> bool:
    return part.status not in WELL


def _channels(plan: Plan) -> list[Channel]:
    """Let the channels be chosen; those that work cannot be."""
    chosen = []
    for part in plan.parts:
        optional = part.status is ChannelStatus.NOT_REQUIRED
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.checkbox(
                part.channel.value,
                value=_is_ill(part) and not optional,
                key=f"relaunch_{plan.account_id}_{part.channel.name}",
                disabled=not _is_ill(part),
                help=None if _is_ill(part) else _why_not(part),
                width="content",
            ):
                chosen.append(part.channel)
            looks.badge(part.status)
            if part.title:
                st.caption(looks.plain(part.title), width="content")
    return chosen


def _why_not(part: Part) -> str:
    if part.status is ChannelStatus.UNKNOWN:
        return "Nothing is known against its consent, so it is left alone."
    return "It works, so it is left alone."


def _touched(plan: Plan, chosen: Collection[Channel]) -> None:
    """Name the marketplaces and the other accounts that hang on the same consents."""
    places = " ".join(plan.marketplaces) or "no marketplace yet"
    st.markdown(f"**Touches** {places} of this account.")
    for part in plan.parts:
        if part.channel not in chosen or not part.shared:
            continue
        many = "more than " if part.shared == COUNTED else ""
        noun = "account" if part.shared == 1 else "accounts"
        st.warning(
            f"The same {part.channel} login carries {many}{part.shared:,} other {noun}. If the "
            "new one reaches all their marketplaces, they are reconnected together.",
            icon=":material/hub:",
        )
        with st.expander("Which ones"):
            st.markdown(
                "\n".join(
                    f"- {looks.plain(each.name)}, {looks.plain(each.organization)} "
                    f"({' '.join(each.marketplaces) or 'no marketplace'})"
                    for each in part.others
                )
            )
            if part.shared > NAMED:
                st.caption(f"and {part.shared - NAMED:,} more")


def _asked(channels: Collection[Channel], **what: bool) -> None:
    """Say what the customer will be asked."""
    wanted = {"organization": False, "account": False} | what
    walk = steps(channels=channels, **wanted)
    st.markdown("**The customer will be asked to**")
    st.markdown("\n".join(f"{place}. {ASKS[each]}" for place, each in enumerate(walk, 1)))
