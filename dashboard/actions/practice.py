"""Setting up practice: what is to go wrong at the stand-in Amazon of a demo."""

from typing import Any

from dashboard import clock
from dashboard.actions.events import record
from dashboard.amazon import practice
from dashboard.db.engine import transaction
from dashboard.diagnosis import Channel
from dashboard.roles import Permission, Staff


def behave(staff: Staff, member: str, behaviour: str) -> None:
    """Have something go wrong, or well again, for a member or for everybody.

    Raises:
        NotAllowed: the role may not set up practice.
        BadInput: this is no demo, or there is no such member or behaviour.
        AmazonDown: the practice Amazon is not running.
    """
    staff.require(Permission.PRACTISE)
    practice.behave(member, behaviour)
    _record(staff, whom=member, what=behaviour)


def revoke(staff: Staff, member: str, channel: Channel) -> None:
    """Take back all consents of a member for a channel, as the customer would.

    Raises:
        NotAllowed: the role may not set up practice.
        BadInput: this is no demo, or there is no such member.
        AmazonDown: the practice Amazon is not running.
    """
    staff.require(Permission.PRACTISE)
    practice.revoke(member, channel)
    _record(staff, whom=member, what="consents revoked", channel=channel.value)


def reset(staff: Staff) -> None:
    """Make all well again at the stand-in Amazon.

    Raises:
        NotAllowed: the role may not set up practice.
        BadInput: this is no demo.
        AmazonDown: the practice Amazon is not running.
    """
    staff.require(Permission.PRACTISE)
    practice.reset()
    _record(staff, what="all well again")


def _record(staff: Staff, **details: Any) -> None:
    with transaction() as session:
        record(session, staff, "practice_set", clock.now(), **details)
