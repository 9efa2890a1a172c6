"""Writing to the customer about a case: the message, with a fresh link where one helps."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.actions.cases import keeping
from dashboard.actions.cases.working import held, record_about
from dashboard.actions.connecting import links, messages, opened
from dashboard.db.connecting import Message
from dashboard.db.engine import transaction
from dashboard.db.models import Account
from dashboard.db.triage import Case
from dashboard.diagnosis import Channel
from dashboard.errors import NotFound
from dashboard.roles import Permission, Staff


def send(
    staff: Staff,
    case_id: int,
    version: int,
    *,
    emails: Sequence[str],
    subject: str,
    body: str,
    channels: Collection[Channel] = (),
) -> None:
    """Write to contacts of the customer, all in one: the link, the mail, what the case knows of it.

    Args:
        staff: on whose behalf.
        case_id: the case.
        version: as it was when they looked at it.
        emails: of contacts.
        subject: one line.
        body: with ``{link}`` once, where ``channels`` are given.
        channels: to be connected again by a fresh link, which takes the place of older ones; none:
            the customer has nothing to do.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such case.
        CaseChanged: somebody has changed it since ``version``.
        BadInput: it is closed, nobody is chosen, someone is no contact, or the text will not do.
        NothingToConnect: the channels work by now.
    """
    staff.require(Permission.RELAUNCH)
    text = messages.edited(subject, body, linked=bool(channels))
    now = clock.now()
    with transaction() as session, tallies.tallied(session):
        account_id = session.scalar(sa.select(Case.account_id).where(Case.id == case_id))
        if account_id is None:
            raise NotFound(f"There is no case {case_id}: look for its account under Triage.")
        # Links, then the account, then the case: as everybody locks who changes them.
        if channels:
            opened.hold_links(session, account_id)
        assess.lock(session, Account.id == account_id)
        case = held(session, case_id, version, now)
        if channels:
            made = links.add_relaunch(session, staff, account_id, channels, now)
            links.add_mail(session, staff, made.url, emails, text, now=now, case_id=case_id)
            session.refresh(case)
        else:
            chosen = links.contacts_among(session, case.organization_id, emails)
            session.add_all(
                Message(
                    kind=text.kind, email=each, subject=text.subject, body=text.body,
                    organization_id=case.organization_id, account_id=account_id, case_id=case_id,
                    created_at=now, due_at=now,
                )
                for each in chosen
            )  # fmt: skip
            record_about(session, staff, case, "case_message", now, to=", ".join(chosen))
        case.messaged_at, case.acted_at = now, case.acted_at or now
        keeping.told(case, staff.name, "wrote to the customer", now)
