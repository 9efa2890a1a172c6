"""The daily digest of a strategist's accounts: one mail a day, if there is anything to say."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.alerts.digest import EXPIRE, NEWLY, RECOVERED, Part, write
from dashboard.alerts.wording import NAMED
from dashboard.db.alerting import Digest
from dashboard.db.connecting import Message
from dashboard.db.counts import Tally
from dashboard.db.dialects import through_index
from dashboard.db.engine import reading, transaction
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, AccountChannel, Grant, Organization, StaffMember
from dashboard.settings import settings
from dashboard.status import BROKEN, SEVERITY, Headline

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
PROBLEMS: Final = BROKEN | {Headline.LATE}
"""What an account recovers from."""
INDEX: Final = "ix_accounts_by_strategist_id_severity_headline_since"

_Accounts = sa.Select[int, str, int]
"""A query of accounts: their id, name and organization's id."""


def write_due(now: datetime | None = None) -> int:
    """Write today's digests into the outbox, once their hour has come.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        How many mails were written.
    """
    moment = now or clock.now()
    local = moment.astimezone(ZoneInfo(settings().time_zone))
    if local.hour < settings().digest_hour:
        return 0
    today = local.date()
    looked_after = sa.select(Tally.strategist_id).where(
        Tally.marketplace_id == "", Tally.strategist_id > 0, Tally.accounts > 0
    )
    with reading() as session:
        waiting = session.scalars(
            sa.select(StaffMember.id)
            .where(StaffMember.id.in_(looked_after), *_wants(), ~_written(today))
            .order_by(StaffMember.id)
        ).all()
    return sum(_write(each, today, moment) for each in waiting)


def _wants() -> tuple[Any, ...]:
    return StaffMember.active, StaffMember.digest


def _written(today: date) -> sa.Exists:
    return sa.exists().where(Digest.staff_id == StaffMember.id, Digest.day == today)


def _write(staff_id: int, today: date, now: datetime) -> int:
    with transaction() as session:
        member = session.scalar(
            sa.select(StaffMember)
            .where(StaffMember.id == staff_id, *_wants())
            .with_for_update(skip_locked=True)
        )
        # Once it is locked, nobody else writes it; but somebody may have just before.
        if member is None or session.get(Digest, (staff_id, today)) is not None:
            return 0
        said = write(_parts(session, member, now), settings().web_base)
        message = None
        if said is not None:
            message = Message(
                kind="digest", email=member.email, subject=said[0], body=said[1], created_at=now,
                due_at=now,
            )  # fmt: skip
            session.add(message)
            session.flush()
        message_id = message.id if message is not None else None
        session.add(Digest(staff_id=staff_id, day=today, message_id=message_id))
        return int(message is not None)


def _parts(session: Session, member: StaffMember, now: datetime) -> list[Part]:
    """What there is to say of a strategist's accounts."""
    label = _label(session, member)
    since = now - DAY
    found = [
        _part(session, said, _mine(member, headline, since), label, headline)
        for headline, said in NEWLY.items()
    ]
    before = sa.exists().where(
        StatusSpell.account_id == Account.id, StatusSpell.ended_at == Account.headline_since,
        StatusSpell.headline.in_(PROBLEMS),
    )  # fmt: skip
    recovered = _mine(member, Headline.HEALTHY, since).where(before)
    found.append(_part(session, RECOVERED, recovered, label, Headline.HEALTHY))
    ends = sa.exists().where(
        AccountChannel.account_id == Account.id, Grant.id == AccountChannel.grant_id,
        Grant.expires_at <= now + WEEK,
    )  # fmt: skip
    expiring = _mine(member, Headline.EXPIRING, None).where(ends)
    return [*found, _part(session, EXPIRE, expiring, label, Headline.EXPIRING)]


def _mine(member: StaffMember, headline: Headline, since: datetime | None) -> _Accounts:
    """A strategist's accounts of a headline, of those that got it since a moment."""
    mine = sa.select(Account.id, Account.name, Account.organization_id).where(
        Account.strategist_id == member.id, Account.severity == SEVERITY[headline]
    )
    if since is not None:
        mine = mine.where(Account.headline_since >= since)
    return through_index(mine, Account, INDEX)


def _part(session: Session, said: str, which: _Accounts, label: str, headline: Headline) -> Part:
    count = session.scalar(sa.select(sa.func.count()).select_from(which.subquery())) or 0
    some = which.order_by(Account.headline_since.desc(), Account.id).limit(NAMED).subquery()
    named = session.execute(
        sa.select(some.c.name, Organization.name).join(
            Organization, Organization.id == some.c.organization_id
        )
    ).all()
    filters = {"strategist": label, "headline": headline.value, "sort": "changed"}
    return Part(said, count, [(name, organization) for name, organization in named], filters)


def _label(session: Session, member: StaffMember) -> str:
    """How the filter of the list calls a strategist: namesakes by their number, too."""
    others = sa.select(sa.func.count()).where(StaffMember.name == member.name)
    shared = (session.scalar(others) or 0) > 1
    return f"{member.name} ({member.id})" if shared else member.name
