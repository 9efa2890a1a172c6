"""Writing to the customer about a case: the playbook's words, to be looked over and sent."""

from collections.abc import Sequence

import streamlit as st

from dashboard.actions.cases import sending
from dashboard.actions.connecting import messages
from dashboard.actions.connecting.messages import PLACE, Text
from dashboard.diagnosis import Actor, Channel, Reason, playbook
from dashboard.queries import links
from dashboard.queries.case import Detail
from dashboard.queries.links import Choosable
from dashboard.roles import Permission, Staff
from dashboard.ui import case_acts, looks, made, planning
from dashboard.ui.read import read


def composed(account: Choosable, reason: Reason) -> tuple[Text, list[Channel]]:
    """What the customer would read about a reason, and the channels of the link that goes with it.

    Without channels there is no link: the customer has nothing to do.
    """
    remedy = playbook()[reason]
    # Some of what customers must do is not done by a link, and the playbook's words say so.
    helps = remedy.actor is Actor.CUSTOMER and "link" in remedy.customer
    channels = planning.ill(account) if helps else []
    if channels:
        return messages.relaunch_text(account.name, reason), channels
    return messages.news_text(account.name, reason), []


def show(case: Detail) -> None:
    """Show the message as it would be sent, to be changed and sent: the body of a dialog."""
    account = read(links.several, (case.account_id,))[0]
    emails = read(links.contacts, (case.organization_id,))[case.organization_id]
    text, channels = composed(account, Reason(case.reason))
    st.markdown(f"**{looks.plain(account.name)}**, {looks.plain(account.organization)}")
    if not emails:
        st.info(
            "No contact of this organization is known: relaunch it and copy the link instead.",
            icon=":material/person_off:",
        )
        return
    with st.form("case_message", border=False):
        to = st.multiselect("To", emails, default=emails, key=f"message_to_{case.id}")
        subject = st.text_input(
            "Subject", text.subject, max_chars=messages.LONGEST_SUBJECT,
            key=f"message_subject_{case.id}",
        )  # fmt: skip
        body = st.text_area(
            "Message", text.body, max_chars=messages.LONGEST_BODY, height=280,
            key=f"message_body_{case.id}",
            help=f"The address of the link goes where {PLACE} stands." if channels else None,
        )  # fmt: skip
        st.caption(_about(channels))
        send = st.form_submit_button("Send", type="primary", key="message_send",
                                     shortcut="Ctrl+Enter")  # fmt: skip
    if send:
        _send(case, to, subject, body, channels)


def _about(channels: Sequence[Channel]) -> str:
    if not channels:
        return "It holds no link: there is nothing for the customer to do."
    return (
        f"It holds a fresh link to connect {' and '.join(channels)} again, which takes the place "
        f"of older ones. {made.delivery()}"
    )


def _send(
    case: Detail, to: Sequence[str], subject: str, body: str, channels: Sequence[Channel]
) -> None:
    def do(staff: Staff) -> str:
        sending.send(
            staff, case.id, case.version, emails=to, subject=subject, body=body, channels=channels
        )
        case_acts.forget()
        return f"Written to {', '.join(to)}."

    case_acts.act(do, Permission.RELAUNCH)
