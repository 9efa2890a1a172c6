"""Sending the messages of alerts: as the outbox does, each is held by one worker.

A worker takes a message by moving its due time on, finds its words, sends it outside any
transaction, and says what became of it. One that dies on the way leaves a message that comes due
again: somebody may then be told twice, but never not at all.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock, mail, targets, vault
from dashboard.actions.alerting.composing import Composed, compose, drop, name
from dashboard.actions.alerting.routes import MAIL
from dashboard.actions.events import record
from dashboard.alerts.wording import SETTLED
from dashboard.db.alerting import Notice, Route
from dashboard.db.engine import reading, transaction
from dashboard.errors import ConfigurationError, MailFailed, SealBroken, TargetFailed
from dashboard.mail import Mail
from dashboard.roles import SWITCHBOARD
from dashboard.settings import settings
from dashboard.targets import Note

LEASE: Final = timedelta(minutes=2)
"""How long a worker may take to send one message before others may try."""
WAITS: Final = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60))
"""Waits before each further try; after the last, a message is given up."""
OLDEST: Final = timedelta(hours=12)
"""A message older than this is no news: it is given up."""
NO_MAIL: Final = "No mail server is set: DASHBOARD_SMTP_URL."


@dataclass(frozen=True, slots=True)
class _Taken:
    """A message that this worker alone is sending."""

    id: int
    name: str
    route_id: int
    service: str
    target: str = field(repr=False)
    message: Composed | None
    tries: int
    leased_until: datetime
    hopeless: str


def notify(now: datetime | None = None) -> int:
    """Send the messages that are due.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        How many were taken by mail servers, chats and webhooks.
    """
    sent = 0
    while (taken := _take(now or clock.now())) is not None:
        at = now or clock.now()
        if taken.message is None or taken.hopeless:
            _give_up(taken, taken.hopeless or SETTLED, at)
            continue
        try:
            _send(taken, taken.message)
        except (TargetFailed, MailFailed, SealBroken, ConfigurationError) as error:
            _failed(taken, error, at)
            continue
        _sent(taken, at)
        sent += 1
    return sent


def somebody_waits() -> bool:
    """Whether a test, which somebody looks at, is due."""
    due = sa.exists().where(
        Notice.sent_at.is_(None), Notice.due_at <= clock.now(), Notice.kind == "test"
    )
    with reading() as session:
        return bool(session.scalar(sa.select(due)))


def _send(taken: _Taken, message: Composed) -> None:
    target = vault.open_sealed(taken.target)
    if taken.service != MAIL:
        targets.send(target, Note(message.title, message.text, good=message.good))
        return
    if not settings().smtp_url.get_secret_value():
        raise ConfigurationError(NO_MAIL)
    mail.send(
        Mail(
            target.get_secret_value(), message.title, message.text, name=taken.name,
            follows=message.follows,
        )
    )  # fmt: skip


def _take(now: datetime) -> _Taken | None:
    """Take the message that has been due longest, if any, so that no other worker does."""
    with transaction() as session:
        notice = session.scalar(
            sa.select(Notice)
            .where(Notice.sent_at.is_(None), Notice.due_at <= now)
            .order_by(Notice.due_at, Notice.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if notice is None:
            return None
        route = session.get_one(Route, notice.route_id)
        notice.due_at, notice.tries = now + LEASE, notice.tries + 1
        # What has resolved meanwhile is a line of this message, and its end no other.
        drop(session, notice)
        message = compose(session, notice, now)
        notice.title = message.title if message else notice.title
        return _Taken(
            notice.id, name(notice), route.id, route.service, route.target, message, notice.tries,
            notice.due_at, _hopeless(notice, route, now),
        )  # fmt: skip


def _hopeless(notice: Notice, route: Route, now: datetime) -> str:
    """Why a message should not be sent any more; empty if it should."""
    if not route.active:
        return "The route was switched off before it could be sent."
    if notice.created_at <= now - OLDEST:
        return notice.failure or "It could not be sent for too long."
    if notice.tries > len(WAITS) + 1:
        return notice.failure or "Sending it was begun too often without an end."
    return ""


def _sent(taken: _Taken, now: datetime) -> None:
    with transaction() as session:
        notice = _held(session, taken)
        if notice is not None:
            notice.sent_at, notice.failure = now, None


def _failed(
    taken: _Taken, error: TargetFailed | MailFailed | SealBroken | ConfigurationError, now: datetime
) -> None:
    """Try again later, as long as that is of use."""
    final = not isinstance(error, TargetFailed | MailFailed) or error.for_good
    if final or taken.tries > len(WAITS):
        _give_up(taken, str(error), now)
        return
    with transaction() as session:
        notice = _held(session, taken)
        if notice is not None:
            notice.due_at, notice.failure = now + WAITS[taken.tries - 1], str(error)


def _give_up(taken: _Taken, why: str, now: datetime) -> None:
    with transaction() as session:
        notice = _held(session, taken)
        if notice is None:
            return
        notice.due_at, notice.failure = None, why
        drop(session, notice)
        if why != SETTLED:
            route = session.get_one(Route, taken.route_id)
            record(
                session, SWITCHBOARD, "alert_failed", now, name=route.name, to=route.shown,
                subject=notice.title, why=why,
            )  # fmt: skip


def _held(session: Session, taken: _Taken) -> Notice | None:
    """The message, if it is still this worker's: its lease may have run out meanwhile."""
    return session.scalar(
        sa.select(Notice)
        .where(Notice.id == taken.id, Notice.sent_at.is_(None), Notice.due_at == taken.leased_until)
        .with_for_update()
    )
