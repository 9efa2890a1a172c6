"""Sending what stands in the outbox: each message once, also where several workers try.

A worker takes a message by moving its due time on, sends it outside any transaction, and then says
what became of it. One that dies on the way leaves a message that comes due again: a customer may
then be written twice, but never not at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock, mail, vault
from dashboard.actions.connecting.messages import PLACE
from dashboard.actions.events import record
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import transaction
from dashboard.db.models import Account
from dashboard.diagnosis import Channel
from dashboard.errors import MailFailed, SealBroken
from dashboard.flow import LinkKind
from dashboard.mail import Mail
from dashboard.roles import SWITCHBOARD
from dashboard.settings import settings
from dashboard.status import WAITING, ChannelStatus

LEASE: Final = timedelta(minutes=5)
"""How long a worker may take to send one message before others may try."""
WAITS: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 4 * 60, 12 * 60))
"""Waits before each further try; after the last, a message is given up."""
OLDEST: Final = timedelta(days=3)
"""A message older than this would only confuse: it is given up."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that this worker alone is sending."""

    id: int
    email: str
    subject: str
    body: str
    sealed_link: str | None
    tries: int
    leased_until: datetime
    hopeless: str


def deliver(now: datetime | None = None) -> int:
    """Send what is due; without a mail server in the settings, nothing is.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        How many messages the mail server took.

    Raises:
        ConfigurationError: the settings name a mail server that cannot be one.
    """
    if not settings().smtp_url.get_secret_value():
        return 0
    mail.address()
    sent = 0
    while (taken := _take(now or clock.now())) is not None:
        at = now or clock.now()
        if taken.hopeless:
            _give_up(taken, taken.hopeless, at)
            continue
        try:
            mail.send(_mail(taken))
        except (MailFailed, SealBroken) as error:
            _failed(taken, error, at)
            continue
        _sent(taken, at)
        sent += 1
    return sent


def _mail(taken: _Taken) -> Mail:
    if taken.sealed_link is None:
        return Mail(taken.email, taken.subject, taken.body)
    url = vault.open_sealed(taken.sealed_link).get_secret_value()
    return Mail(taken.email, taken.subject, taken.body.replace(PLACE, url))


def _take(now: datetime) -> _Taken | None:
    """Take the message that has been due longest, if any, so that no other worker does."""
    with transaction() as session:
        message = session.scalar(
            sa.select(Message)
            .where(Message.sent_at.is_(None), Message.due_at <= now, ~_waits())
            .order_by(Message.due_at, Message.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if message is None:
            return None
        message.due_at, message.tries = now + LEASE, message.tries + 1
        return _Taken(
            message.id, message.email, message.subject, message.body, message.sealed_link,
            message.tries, message.due_at, _hopeless(session, message, now),
        )  # fmt: skip


def _waits() -> sa.ColumnElement[bool]:
    """Whether a message asks a customer to reconnect an account that waits for Amazon or for us.

    It is sent when the account no longer does: the incident is over by then.
    """
    return sa.exists().where(
        Link.id == Message.link_id,
        Link.kind == LinkKind.RELAUNCH.value,
        Account.id == Link.account_id,
        Account.headline.in_([each.value for each in WAITING]),
    )


def _hopeless(session: Session, message: Message, now: datetime) -> str:
    """Why a message should not be sent any more; empty if it should."""
    link = session.get(Link, message.link_id) if message.link_id and message.sealed_link else None
    if link is not None and link.revoked_at is not None:
        return "Its link was withdrawn before it could be sent."
    if link is not None and link.expires_at <= now:
        return "Its link expired before it could be sent."
    if link is not None and _is_well(session, link):
        return "The account works again: its customer need not be asked for anything."
    if message.created_at <= now - OLDEST:
        return "It could not be sent for too long."
    if message.tries > len(WAITS) + 1:
        return message.failure or "Sending it was begun too often without an end."
    return ""


def _is_well(session: Session, link: Link) -> bool:
    """Whether all that a link was to connect again is connected, as after an incident."""
    account = session.get(Account, link.account_id) if link.account_id else None
    if account is None or link.kind != LinkKind.RELAUNCH.value:
        return False
    stands = {Channel.AAA: account.aaa_status, Channel.SP_API: account.sp_api_status}
    return all(stands[Channel(each)] == ChannelStatus.CONNECTED for each in link.channels)


def _sent(taken: _Taken, now: datetime) -> None:
    with transaction() as session:
        message = _held(session, taken)
        if message is not None:
            message.sent_at, message.sealed_link, message.failure = now, None, None
            _record(session, "mail_sent", message, now)


def _failed(taken: _Taken, error: MailFailed | SealBroken, now: datetime) -> None:
    """Try again later, as long as that is of use."""
    final = isinstance(error, SealBroken) or error.for_good
    if final or taken.tries > len(WAITS):
        _give_up(taken, str(error), now)
        return
    with transaction() as session:
        message = _held(session, taken)
        if message is not None:
            message.due_at, message.failure = now + WAITS[taken.tries - 1], str(error)


def _give_up(taken: _Taken, why: str, now: datetime) -> None:
    with transaction() as session:
        message = _held(session, taken)
        if message is not None:
            message.due_at, message.sealed_link, message.failure = None, None, why
            _record(session, "mail_failed", message, now, why=why)


def _held(session: Session, taken: _Taken) -> Message | None:
    """The message, if it is still this worker's: its lease may have run out meanwhile."""
    return session.scalar(
        sa.select(Message)
        .where(
            Message.id == taken.id, Message.sent_at.is_(None), Message.due_at == taken.leased_until
        )
        .with_for_update()
    )


def _record(session: Session, kind: str, message: Message, now: datetime, **more: str) -> None:
    record(
        session, SWITCHBOARD, kind, now, organization_id=message.organization_id,
        account_id=message.account_id, to=message.email, subject=message.subject, **more,
    )  # fmt: skip
