"""First syncs that have broken the promise: strategist and customer are told, once.

Found by a sweep rather than told as the headline changes, because a headline changes in many
places. While an incident is open nobody is told: what began in it is Amazon's or ours to end, and
an account that is overdue when it closes is found then. A strategist is told also where Amazon
slows us down: the customer may ask all the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.connecting import messages
from dashboard.actions.events import record
from dashboard.db.connecting import Link, Message
from dashboard.db.engine import exclusive, transaction
from dashboard.db.forecasting import OverdueNotice
from dashboard.db.models import Account, Organization, StaffMember
from dashboard.diagnosis import Reason, playbook
from dashboard.roles import SWITCHBOARD
from dashboard.settings import settings
from dashboard.status import Headline

RECENT: Final = timedelta(days=7)
"""What has been overdue for longer is no news."""
WALKED: Final = timedelta(days=30)
"""The customer is written to if they walked a link of the account so recently."""
BATCH: Final = 100
NAMED: Final = 20
"""Accounts that one mail names; the others are counted."""


def tell(now: datetime | None = None) -> int:
    """Write to strategist and customer of each first sync that is newly overdue.

    Safe to run twice at once: each is told by one of the two. Several that are overdue at the same
    time are one mail to their strategist.

    Returns:
        How many first syncs were newly overdue.
    """
    moment, told = now or clock.now(), 0
    while some := _batch(moment):
        told += some
    return told


def _batch(now: datetime) -> int:
    with transaction() as session:
        # One after the other: each finds what those before it left.
        exclusive(session, "overdue first syncs")
        found = session.execute(_newly(now)).all()
        mine: dict[str, list[Any]] = {}
        for each in found:
            notice = {"account_id": each.id, "promised_by": each.promised_by, "noticed_at": now}
            session.add(OverdueNotice(**notice))
            if each.email:
                mine.setdefault(each.email, []).append(each)
            emails = _tell_customer(session, each, now)
            record(
                session, SWITCHBOARD, "first_sync_overdue", now, account_id=each.id,
                organization_id=each.organization_id, strategist=each.strategist or "",
                customer=", ".join(emails),
            )  # fmt: skip
        for email, accounts in mine.items():
            session.add(_mail(email, accounts, now))
    return len(found)


def _newly(now: datetime) -> sa.Select[*tuple[Any, ...]]:
    """Accounts whose first sync is overdue, of which nobody was told yet."""
    known = sa.exists().where(
        OverdueNotice.account_id == Account.id, OverdueNotice.promised_by == Account.promised_by
    )
    return (
        sa.select(
            Account.id, Account.name, Account.headline, Account.reason, Account.promised_by,
            Account.organization_id, Organization.name.label("organization"),
            StaffMember.name.label("strategist"), StaffMember.email,
        )
        .join(Organization, Organization.id == Account.organization_id)
        .outerjoin(
            StaffMember, (StaffMember.id == Account.strategist_id) & StaffMember.active.is_(True)
        )
        .where(
            Account.promised_by <= now, Account.promised_by > now - RECENT,
            Account.headline.in_([Headline.LATE.value, Headline.STUCK.value]), ~known,
        )
        .order_by(Account.promised_by, Account.id)
        .limit(BATCH)
    )  # fmt: skip


def _tell_customer(session: Session, account: Any, now: datetime) -> Sequence[str]:
    """Write to whoever walked the account's link; gives back to whom."""
    link = session.scalar(
        sa.select(Link)
        .where(Link.account_id == account.id, Link.done_at > now - WALKED)
        .order_by(Link.done_at.desc())
        .limit(1)
    )
    if link is None:
        return ()
    hours = str(settings().promise_hours)
    return messages.write_of_account(session, link, messages.STILL_SYNCING, hours=hours)


def _mail(email: str, accounts: Sequence[Any], now: datetime) -> Message:
    """One mail to a strategist about these accounts, the longest overdue first."""
    hours, one = settings().promise_hours, accounts[0]
    several = f"{len(accounts)} first syncs are over {hours} h"
    subject = several if len(accounts) > 1 else f"{_line(one.name)}: first sync over {hours} h"
    lines = [_told(each) for each in accounts[:NAMED]]
    if len(accounts) > NAMED:
        lines.append(f"and {len(accounts) - NAMED} more")
    body = (
        f"Hello {_line(one.strategist)},\n\nthe first sync takes longer than the {hours} hours we "
        "promise:\n\n" + "\n\n".join(lines) + "\n\nSwitchboard"
    )
    alone = len(accounts) == 1
    return Message(
        kind="first_sync_overdue", email=email, subject=subject, body=body, created_at=now,
        due_at=now, account_id=one.id if alone else None,
        organization_id=one.organization_id if alone else None,
    )  # fmt: skip


def _told(account: Any) -> str:
    why = playbook()[Reason(account.reason)].title if account.reason else ""
    return (
        f"{_line(account.name)}, {_line(account.organization)}\n{account.headline}: {why}\n"
        f"{settings().web_base}/account?id={account.id}"
    )


def _line(text: str) -> str:
    """A name from outside on one line."""
    return " ".join(text.split())
