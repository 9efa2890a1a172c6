"""What customers are written, and putting it into the outbox.

Mail is written in the transaction that causes it and sent by ``actions.outbox`` afterwards, so that
none is sent for what did not happen, and none is lost for what did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock, vault
from dashboard.db.connecting import Link, Message
from dashboard.db.models import Account, Contact
from dashboard.diagnosis import Reason, playbook
from dashboard.errors import BadInput
from dashboard.settings import settings

PLACE: Final = "{link}"
"""Where the link's address goes in a body."""
LONGEST_SUBJECT: Final = 150
LONGEST_BODY: Final = 5000
MOST_CONTACTS: Final = 5
"""How many of a customer's contacts are written to where nobody in particular holds the link."""


@dataclass(frozen=True, slots=True)
class Text:
    """A mail's words. ``{company}``, ``{support}`` and ``{days}`` are filled in from settings."""

    kind: str
    subject: str
    body: str

    def filled(self, **values: str) -> "Text":
        """The text with its names filled in; the link's place stays."""
        chosen = settings()
        known = {
            "company": chosen.company, "support": chosen.customer_support,
            "days": str(chosen.link_days), "link": PLACE,
        } | {name: _plain(value) for name, value in values.items()}  # fmt: skip
        return Text(self.kind, self.subject.format(**known), self.body.format(**known))


def _plain(text: str) -> str:
    """A name from outside, which is not to pass for one of ours."""
    return text.replace("{", "(").replace("}", ")")


_END: Final = "\n\nQuestions? Write to {support}.\n\n{company}"
CONFIRM: Final = Text(
    "confirm",
    "Confirm your e-mail address",
    "Hello,\n\nyou asked to connect your Amazon account with {company}. Open this link to confirm "
    "your e-mail address and go on:\n\n{link}\n\nIt works for {days} days. If you did not ask for "
    "this, you need not do anything." + _END,
)
INVITATION: Final = Text(
    "invitation",
    "Connect your Amazon account with {company}",
    "Hello,\n\n{company} needs your permission to work with your Amazon account. It takes about "
    "ten minutes; you need a login with Admin rights on the account. Open this link to begin:"
    "\n\n{link}\n\nIt works for {days} days, and you can stop and go on later." + _END,
)
RELAUNCH: Final = Text(
    "relaunch",
    "Please reconnect {account} with Amazon",
    "Hello,\n\n{why}\n\nOpen this link to put it right:\n\n{link}\n\nIt works for {days} days. "
    "Before you begin, please sign out of any other Amazon account." + _END,
)
RENEWAL: Final = Text(
    "renewal",
    "Renew the Selling Partner access of {account}",
    "Hello,\n\nAmazon has sent you to {company} to renew the access to {account}. Open this link "
    "in the same browser, and confirm:\n\n{link}\n\nIt works for {days} days. If you did not ask "
    "for this, you need not do anything." + _END,
)
CONNECTED: Final = Text(
    "connected",
    "{account} is connected",
    "Hello,\n\nthank you: {account} is connected. Its data is now on its way to us, which takes "
    "up to {hours} hours. There is nothing more for you to do." + _END,
)
STILL_SYNCING: Final = Text(
    "still_syncing",
    "{account} is still syncing",
    "Hello,\n\nthe first data of {account} takes longer than the {hours} hours we told you, and we "
    "are sorry. We have noticed and are working on it: there is nothing for you to do, and you "
    "need not connect again. Your Data Strategist can tell you more." + _END,
)
NEWS: Final = Text(
    "news",
    "About your Amazon data for {account}",
    "Hello,\n\n{why}" + _END,
)
HELP: Final = Text(
    "help_needed",
    "Connecting {account} did not work yet",
    "Hello,\n\nwe could not connect {account} yet. {why}\n\nYou can try again at any time with the "
    "link we sent you. If it does not work, write to us and we will help." + _END,
)


def relaunch_text(account: str, reason: Reason | None) -> Text:
    """What staff may send with a relaunch link, to be looked over by them first."""
    why = playbook()[reason].customer if reason else ""
    return RELAUNCH.filled(
        account=account, why=why or f"The connection of {account} with Amazon needs to be renewed."
    )


def news_text(account: str, reason: Reason | None) -> Text:
    """What staff may write to a customer who has nothing to do, to be looked over by them first."""
    why = playbook()[reason].customer if reason else ""
    return NEWS.filled(account=account, why=why or f"We are looking into {account}.")


def invitation_text() -> Text:
    """What staff may send with a link to add an account or a marketplace."""
    return INVITATION.filled()


def edited(subject: str, body: str, *, linked: bool = True) -> Text:
    """A mail as staff have edited it.

    Args:
        subject: one line.
        body: the text.
        linked: a link goes with it, for which it must have exactly one place; else it has none.

    Raises:
        BadInput: it has no subject, too much text, or a wrong number of places for the link.
    """
    line = " ".join(subject.split())
    if not line or len(line) > LONGEST_SUBJECT:
        raise BadInput(f"Give the message a subject of at most {LONGEST_SUBJECT} characters.")
    if len(body) > LONGEST_BODY:
        raise BadInput(f"The message is too long: at most {LONGEST_BODY:,} characters.")
    if not linked and PLACE in body:
        raise BadInput(f"There is no link to send with this message: take {PLACE} out.")
    if linked and body.count(PLACE) != 1:
        raise BadInput(f"The message must hold {PLACE} exactly once: the link goes there.")
    return Text("edited", line, body)


def write(
    session: Session,
    text: Text,
    emails: Sequence[str],
    link: Link,
    url: SecretStr | None = None,
    *,
    case_id: int | None = None,
) -> None:
    """Put a mail, its names filled in, to each of these addresses into the outbox."""
    now = clock.now()
    sealed = vault.seal(url).text if url is not None else None
    for email in emails:
        session.add(
            Message(
                kind=text.kind, email=email, subject=text.subject, body=text.body,
                sealed_link=sealed, link_id=link.id, organization_id=link.organization_id,
                account_id=link.account_id, case_id=case_id, created_at=now, due_at=now,
            )
        )  # fmt: skip


def write_of_account(
    session: Session, link: Link, text: Text, *, once: bool = False, **values: str
) -> list[str]:
    """Write a customer news of the account that a link is about; nothing if it has none yet.

    Args:
        session: the open transaction.
        link: whoever was sent it is written to, else the organization's first contacts.
        text: its ``{account}`` is filled in here.
        once: not if a message of this kind was written about the link before.
        values: what else the text names.

    Returns:
        To whom.
    """
    account = session.get(Account, link.account_id) if link.account_id else None
    same = sa.select(Message.id).where(Message.link_id == link.id, Message.kind == text.kind)
    if account is None or (once and session.scalar(same.limit(1)) is not None):
        return []
    contacts = sa.select(Contact.email).where(Contact.organization_id == account.organization_id)
    first = contacts.order_by(Contact.id).limit(MOST_CONTACTS)
    emails = [link.email] if link.email else list(session.scalars(first))
    write(session, text.filled(account=account.name, **values), emails, link)
    return emails
