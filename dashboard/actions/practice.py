"""Setting up practice: what is to go wrong at the stand-in Amazon of a demo."""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import asking, assess, tallies
from dashboard.actions.events import record
from dashboard.amazon import practice
from dashboard.amazon.practice import EVERYBODY
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.diagnosis import Channel
from dashboard.roles import Permission, Staff
from dashboard.status import WAITING

MOST: Final = 500
"""Accounts that are looked at at once after something was set up: a demo has fewer."""


def behave(staff: Staff, member: str, behaviour: str) -> None:
    """Have something go wrong, or well again, for a member or for everybody.

    Raises:
        NotAllowed: the role may not set up practice.
        BadInput: this is no demo, or there is no such member or behaviour.
        AmazonDown: the practice Amazon is not running.
    """
    staff.require(Permission.PRACTISE)
    practice.behave(member, behaviour)
    _record(staff, member, whom=member, what=behaviour)


def revoke(staff: Staff, member: str, channel: Channel) -> None:
    """Take back all consents of a member for a channel, as the customer would.

    Raises:
        NotAllowed: the role may not set up practice.
        BadInput: this is no demo, or there is no such member.
        AmazonDown: the practice Amazon is not running.
    """
    staff.require(Permission.PRACTISE)
    practice.revoke(member, channel)
    _record(staff, member, whom=member, what="consents revoked", channel=channel.value)


def reset(staff: Staff) -> None:
    """Make all well again at the stand-in Amazon.

    Raises:
        NotAllowed: the role may not set up practice.
        BadInput: this is no demo.
        AmazonDown: the practice Amazon is not running.
    """
    staff.require(Permission.PRACTISE)
    practice.reset()
    _record(staff, EVERYBODY, what="all well again")


def _record(staff: Staff, member: str, **details: Any) -> None:
    """Note what was set up, and have those whom it concerns looked at now, not within hours.

    Who waits for an incident to end is left to it: that is what is to be seen.
    """
    merchants, now = _merchants(member), clock.now()
    waiting = [each.value for each in WAITING]
    used = [Grant.refresh_token.is_not(None), Account.headline.not_in(waiting)]
    if merchants is not None:
        used.append(Account.merchant_id.in_(merchants))
    with transaction() as session, tallies.tallied(session) as deltas:
        found = session.scalars(
            sa.select(Account.id)
            .join(AccountChannel, AccountChannel.account_id == Account.id)
            .join(Grant, Grant.id == AccountChannel.grant_id)
            .where(*used)
            .distinct()
            .order_by(Account.id)
            .limit(MOST)
        ).all()
        with assess.changing(session, deltas, found, now):
            asking.checks(session, found, now)
            asking.syncs(session, found, now)
            _forget_tokens(session, found)
        record(session, staff, "practice_set", now, **details)


def _merchants(member: str) -> frozenset[str] | None:
    """The businesses of a member by their ids; ``None`` stands for everybody's."""
    if member == EVERYBODY:
        return None
    known = {each.id: each for each in practice.cast().members}
    return known[member].merchants if member in known else frozenset()


def _forget_tokens(session: Session, account_ids: Sequence[int]) -> None:
    """Fetch access tokens anew: Login with Amazon, too, may be what something was set up for."""
    used = sa.select(AccountChannel.grant_id).where(AccountChannel.account_id.in_(account_ids))
    forgotten = {"access_token": None, "access_ends_at": None}
    session.execute(sa.update(Grant).where(Grant.id.in_(used)).values(forgotten))
