"""Work that a person waits for: workers find it within a second, before all that is merely due.

Nothing is put into the queue here. What is asked for is marked in the database, in the transaction
of whoever asks, and every worker looks for such marks each second.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import claims
from dashboard.db.engine import lock_rows
from dashboard.db.models import Account, AccountChannel, Grant, Stream


def syncs(session: Session, account_ids: Sequence[int], now: datetime) -> list[int]:
    """Have all streams of these accounts synced at once, whatever became of them before.

    What is being synced already goes on; what cannot be synced is left alone.

    Args:
        session: the open transaction, within ``assess.changing`` of the accounts.
        account_ids: the accounts.
        now: aware UTC.

    Returns:
        The accounts of the streams that now wait for a worker, once for each stream.
    """
    asked = (
        sa.update(Stream)
        .where(Stream.account_id.in_(account_ids), claims.free(now), claims.usable())
        .values(
            state="queued", progressed_at=now, due_at=now, asked_at=now, failure=None, failures=0
        )
        .returning(Stream.account_id)
    )
    return list(session.scalars(asked))


def checks(session: Session, account_ids: Sequence[int], now: datetime) -> list[int]:
    """Have all consents of these accounts checked at once, those that are known to be dead too.

    A check that is being made already goes on, and another follows it.

    Args:
        session: the open transaction, in which the accounts are locked (``assess.lock``).
        account_ids: the accounts.
        now: aware UTC.

    Returns:
        The accounts in use whose consents now wait for a check, once for each channel.
    """
    used = session.execute(
        sa.select(AccountChannel.account_id, AccountChannel.grant_id)
        .join(Account, Account.id == AccountChannel.account_id)
        .join(Grant, Grant.id == AccountChannel.grant_id)
        .where(
            Account.id.in_(account_ids), Account.paused_at.is_(None),
            Account.disconnected_at.is_(None), Grant.refresh_token.is_not(None),
        )
        .order_by(AccountChannel.account_id, AccountChannel.channel)
    ).all()  # fmt: skip
    chosen = Grant.id.in_({each.grant_id for each in used})
    lock_rows(session, sa.select(Grant.id).where(chosen).order_by(Grant.id))
    session.execute(sa.update(Grant).where(chosen).values(check_due_at=now, asked_at=now))
    return [each.account_id for each in used]
