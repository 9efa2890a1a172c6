"""How a customer's trip to Amazon ends: well, for a reason, or by nobody coming back.

Amazon's error pages never call back (SP-API documentation, "Authorization errors"), so a trip that
is unanswered after a while is abandoned.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.actions.connecting import messages
from dashboard.actions.connecting.attempts import USED, Return
from dashboard.actions.events import record
from dashboard.db.connecting import Attempt, Link
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, AccountChannel
from dashboard.diagnosis import Reason, playbook
from dashboard.errors import AttemptRefused
from dashboard.roles import CUSTOMER
from dashboard.status import Step

BATCH: Final = 200
BUSY: Final = timedelta(minutes=5)
"""A trip that was come back from is being dealt with for so long at most."""

ENDING: Final = (
    sa.update(Attempt)
    .where(Attempt.id == sa.bindparam("attempt"), Attempt.outcome == "")
    .values(outcome=sa.bindparam("became"), reason=sa.bindparam("why"))
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trip led to nothing.

    ``places`` are the country codes it is about; for staff only, ``elsewhere`` are the ids of
    accounts in the way, and ``said`` is Amazon's own error code and request id.
    """

    reason: Reason
    places: tuple[str, ...] = ()
    elsewhere: tuple[int, ...] = ()
    said: str = ""


def fail(back: Return, failure: Failure) -> None:
    """End a trip that led to nothing; the account's present consent, if any, is untouched."""
    with transaction() as session, tallies.tallied(session):
        if _end(session, back.attempt_id, "failed", failure.reason):
            _blame(session, session.get_one(Attempt, back.attempt_id), failure)


def abandon(now: datetime | None = None) -> int:
    """End the trips that nobody came back from in time.

    Returns:
        How many there were.
    """
    now, done = now or clock.now(), 0
    while overdue := _overdue(now):
        for attempt_id in overdue:
            # One at a time: accounts are locked in one order by whoever locks several.
            with transaction() as session, tallies.tallied(session):
                if not _end(session, attempt_id, "abandoned", Reason.ABANDONED):
                    continue
                done += 1
                attempt = session.get_one(Attempt, attempt_id)
                if _is_newest(session, attempt):
                    _blame(session, attempt, Failure(Reason.ABANDONED))
                    _offer_help(session, attempt)
    return done


def _overdue(now: datetime) -> list[int]:
    """Some of the trips that nobody came back from in time."""
    with reading() as session:
        return list(
            session.scalars(
                sa.select(Attempt.id)
                .where(
                    Attempt.outcome == "", Attempt.expires_at <= now,
                    sa.or_(Attempt.spent_at.is_(None), Attempt.spent_at <= now - BUSY),
                )
                .order_by(Attempt.expires_at)
                .limit(BATCH)
            )
        )  # fmt: skip


def _end(session: Session, attempt_id: int, outcome: str, reason: Reason | None) -> bool:
    """End a trip once: whether it was not somebody else who did."""
    why = reason.value if reason else None
    ended = {"attempt": attempt_id, "became": outcome, "why": why}
    return session.connection().execute(ENDING, ended).rowcount == 1


def succeed(session: Session, back: Return) -> None:
    """End a trip well, in the transaction that stores the consent.

    Raises:
        AttemptRefused: it has ended already.
    """
    if not _end(session, back.attempt_id, "connected", None):
        raise AttemptRefused(USED, "used")


def _is_newest(session: Session, attempt: Attempt) -> bool:
    later = sa.select(Attempt.id).where(Attempt.link_id == attempt.link_id, Attempt.id > attempt.id)
    link = session.get_one(Link, attempt.link_id)
    return link.done_at is None and session.scalar(later.limit(1)) is None


def _offer_help(session: Session, attempt: Attempt) -> None:
    """Write once to a customer who is away: all others see on our page what went wrong."""
    link = session.get_one(Link, attempt.link_id)
    why = playbook()[Reason.ABANDONED].customer
    messages.write_of_account(session, link, messages.HELP, once=True, why=why)


def _blame(session: Session, attempt: Attempt, failure: Failure) -> None:
    """Say on the link, the channel without consent, and in history, why a trip failed."""
    now, reason = clock.now(), failure.reason.value
    link = session.scalars(
        sa.select(Link).where(Link.id == attempt.link_id).with_for_update()
    ).one()
    link.problem, link.problem_channel = reason, attempt.channel
    link.problem_places = list(failure.places)
    if link.account_id is None:
        return
    ids = [link.account_id]
    with tallies.tallied(session) as deltas, assess.changing(session, deltas, ids, now):
        session.execute(
            sa.update(AccountChannel)
            .where(
                AccountChannel.account_id == link.account_id,
                AccountChannel.channel == attempt.channel,
                AccountChannel.grant_id.is_(None),
            )
            .values(problem=reason, problem_since=now, step=Step.OPENED.value)
        )
    others = session.scalars(
        sa.select(Account.external_id).where(Account.id.in_(failure.elsewhere))
    )
    record(
        session, CUSTOMER, "attempt_failed", now, organization_id=link.organization_id,
        account_id=link.account_id, channel=attempt.channel, reason=reason,
        marketplaces=", ".join(failure.places), stands_in_the_way=", ".join(others),
        amazon_said=failure.said,
    )  # fmt: skip
