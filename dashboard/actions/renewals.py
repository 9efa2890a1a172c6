"""Counting the consents that lapse, by day: what the Renewals page adds up."""

from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.clock import now as present
from dashboard.db.bulk import upsert
from dashboard.db.connecting import RenewalDay
from dashboard.db.counts import EVERYONE, UNASSIGNED
from dashboard.db.dialects import day_of
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account, AccountChannel, Grant
from dashboard.diagnosis import Channel

EVERY: Final = timedelta(minutes=5)
"""How old the counts may become."""

Key = tuple[int, date, str]
"""Strategist, day, region."""


def keep_counted(now: datetime | None = None) -> bool:
    """Count anew if the counts are old; safe to run twice at once, since both count the same.

    Counting is the clock's work, so it asks for no role and leaves no event.

    Returns:
        Whether it was counted.
    """
    moment = now or present()
    with reading() as session:
        counted_at = session.scalar(sa.select(sa.func.max(RenewalDay.counted_at)))
    if counted_at is not None and counted_at > moment - EVERY:
        return False
    count(moment)
    return True


def count(now: datetime | None = None) -> None:
    """Count all consents, and store what has changed."""
    moment = now or present()
    with reading() as session:
        found = _by_day(session)
        stored: dict[Key, tuple[int, int]] = {
            (row.strategist_id, row.day, row.region): (row.consents, row.accounts)
            for row in session.scalars(sa.select(RenewalDay))
        }
    # Only what differs is written, and one row always, which says when it was counted.
    changed = [key for key in sorted(found) if found[key] != stored.get(key)]
    changed = changed or sorted(found)[:1]
    rows: list[dict[str, Any]] = [
        {
            "strategist_id": key[0], "day": key[1], "region": key[2], "consents": found[key][0],
            "accounts": found[key][1], "counted_at": moment,
        }
        for key in changed
    ]  # fmt: skip
    with transaction() as session:
        for key in sorted(stored.keys() - found.keys()):
            session.execute(
                sa.delete(RenewalDay).where(
                    RenewalDay.strategist_id == key[0], RenewalDay.day == key[1],
                    RenewalDay.region == key[2],
                )
            )  # fmt: skip
        upsert(session, RenewalDay, rows)


def _by_day(session: Session) -> dict[Key, tuple[int, int]]:
    """Consents and accounts by strategist, day and region; those of everyone besides."""
    day = day_of(session, Grant.expires_at)
    whose = sa.func.coalesce(Account.strategist_id, UNASSIGNED)
    counted = (
        sa.select(day, Account.region, sa.func.count(Grant.id.distinct()), sa.func.count())
        .select_from(Grant)
        .join(AccountChannel, AccountChannel.grant_id == Grant.id)
        .join(Account, Account.id == AccountChannel.account_id)
        .where(
            Grant.expires_at.is_not(None), AccountChannel.channel == Channel.SP_API.value,
            Account.disconnected_at.is_(None),
        )
        .group_by(day, Account.region)
    )  # fmt: skip
    found: dict[Key, tuple[int, int]] = {
        (EVERYONE, row[0], row[1]): (row[2], row[3]) for row in session.execute(counted)
    }
    # Not their sum: a consent may serve accounts of two strategists.
    for row in session.execute(counted.add_columns(whose).group_by(whose)):
        found[row[4], row[0], row[1]] = row[2], row[3]
    return found
