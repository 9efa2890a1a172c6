"""A link that was just made: its address to copy, to mail, or to open here."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import streamlit as st

from dashboard.actions.connecting import links as actions
from dashboard.flow import LinkKind, LinkState
from dashboard.queries import links, organization
from dashboard.roles import Permission
from dashboard.settings import Mode, settings
from dashboard.status import WAITING
from dashboard.ui import asking, link_list, looks, times
from dashboard.ui.asking import Ask
from dashboard.ui.frame import acting
from dashboard.ui.read import fresh, moment, read

CLOSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        LinkState.DONE: "The customer has come to the end: what this link was made for is done.",
        LinkState.REVOKED: "This link was withdrawn: whoever opens it is told to ask for another.",
        LinkState.EXPIRED: "This link has expired: whoever opens it is told to ask for another.",
    }
)


WAITS: Final = (
    "The account waits for Amazon or for us: the mail goes out when that is over, if it is still "
    "needed then."
)


def show(ask: Ask) -> None:
    """Show a link that was made, for as long as its dialog is open."""
    link = ask.link
    if link is None:
        return
    state = read(links.one, link.id, moment())["state"]
    with st.container(horizontal=True, vertical_alignment="center"):
        link_list.badge(state)
        if state not in CLOSED:
            until = times.short(link.expires_at)
            st.badge(f"works until {until}", color="gray", help=times.exact(link.expires_at))
    if state in CLOSED:
        st.markdown(CLOSED[state])
        return
    url = link.url.get_secret_value()
    st.code(url, language=None, wrap_lines=True)
    st.caption(
        "Whoever has this address can connect the account: give it to nobody else. It is not "
        "shown again."
    )
    st.link_button(
        "Open here", url, icon=":material/open_in_new:", help="In a new tab, as the customer"
    )
    if settings().mode is Mode.DEMO and ask.account_id is not None:
        _rehearse(ask.account_id)
    if ask.sent_to:
        to = looks.plain(", ".join(ask.sent_to))
        told = WAITS if _waits(ask) else delivery()
        st.success(f"Written to {to}. {told}", icon=":material/mark_email_read:")
    elif ask.text is not None and ask.organization_id is not None:
        with st.expander("Send by e-mail", icon=":material/mail:"):
            _mail(ask)


def _rehearse(account_id: int) -> None:
    """In a demo: as whom to sign in at the practice Amazon to be this account's owner."""
    plan = read(links.plan, account_id, moment())
    if plan.merchant_id and plan.marketplaces:
        login = "-".join(["any", plan.merchant_id, plan.type, *plan.marketplaces])
        st.caption(f"At the practice Amazon, its owner signs in as `{login}`.")
    else:
        st.caption("At the practice Amazon, sign in as anybody who is offered.")


def _waits(ask: Ask) -> bool:
    """Whether the account waits for Amazon or for us, and mail to its customer with it."""
    return (
        ask.kind is LinkKind.RELAUNCH
        and ask.account_id is not None
        and (read(links.plan, ask.account_id, moment()).headline in WAITING)
    )


def delivery() -> str:
    """What happens to mail from here."""
    if settings().smtp_url.get_secret_value():
        return "Mail is on its way; Activity, Messages shows what became of it."
    return "No mail server is set, so mail only shows under Activity, Messages."


def _mail(ask: Ask) -> None:
    """The message as it would be sent, to be changed and sent."""
    known = read(organization.contacts, ask.organization_id or 0)
    if known.empty:
        st.caption("No contact of this organization is known: copy the link instead.")
        return
    if ask.text is None or ask.link is None:
        return
    with st.form("mail", border=False):
        emails = st.multiselect(
            "To", known["email"].tolist(), default=known["email"].tolist(), key="mail_to"
        )
        subject = st.text_input("Subject", ask.text.subject, max_chars=150, key="mail_subject")
        body = st.text_area(
            "Message",
            ask.text.body,
            max_chars=5000,
            height=300,
            key="mail_body",
            help="The address of the link goes where {link} stands.",
        )
        send = st.form_submit_button("Send", type="primary", key="mail_send")
    if send:
        with acting(Permission.RELAUNCH) as staff:
            actions.send(staff, ask.link.url, emails, subject, body)
            asking.begin(replace(ask, sent_to=tuple(emails)))
            fresh()
            st.rerun()
