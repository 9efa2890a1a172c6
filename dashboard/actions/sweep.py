"""What time alone changes: headlines whose time has come, sync ages, what lapses, empty counts."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import assess, renewals, tallies
from dashboard.clock import now as present
from dashboard.db.bulk import upsert
from dashboard.db.counts import EVERYONE, DailyAge, Tally
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Account
from dashboard.db.syncing import Round

BATCH: Final = 1000
NOTING: Final = "note_ages"
NOTED_EVERY: Final = timedelta(hours=1)
"""How often the day's sync ages are noted: its last note is as good as the day's end."""


def sweep(
    now: datetime | None = None, on_progress: Callable[[int], None] = lambda _done: None
) -> int:
    """Rewrite the status of every account whose time has come.

    Safe to run twice at once: each account is taken by one of the two. Sweeping is the clock's
    work, not a person's, so it asks for no role; every change is kept as a spell.

    Args:
        now: aware UTC; the present unless given.
        on_progress: called with the number of accounts done so far.

    Returns:
        How many accounts were looked at.
    """
    moment = now or present()
    done = 0
    while ids := _batch(moment):
        done += len(ids)
        on_progress(done)
    # Apart, so that nothing is held while waiting for anything.
    with transaction() as session:
        _forget_empty(session)
    _note_ages(moment)
    renewals.keep_counted(moment)
    return done


def _batch(now: datetime) -> list[int]:
    """Rewrite some accounts in one transaction; the ids of none when all are done."""
    with transaction() as session, tallies.tallied(session) as deltas:
        due = sa.select(Account.id).where(Account.changes_at <= now).order_by(Account.changes_at)
        # Accounts that somebody else is changing are rewritten by them.
        free = due.limit(BATCH).with_for_update(skip_locked=True, key_share=True)
        ids = list(session.scalars(free))
        assess.catch_up(session, deltas, ids, now)
    return ids


def _forget_empty(session: Session) -> None:
    """Throw away counts of nothing, but for those that somebody is just counting up."""
    key = sa.tuple_(*(Tally.__table__.c[name] for name in tallies.KEY))
    empty = sa.select(*(Tally.__table__.c[name] for name in tallies.KEY)).where(Tally.accounts == 0)
    free = empty.with_for_update(skip_locked=True)
    session.execute(sa.delete(Tally).where(key.in_(free), Tally.accounts == 0))


def _note_ages(now: datetime) -> None:
    """Keep today's median and 90th percentile of sync age, for everyone and each strategist.

    Once an hour: it looks at every account, and without holding anything meanwhile.
    """
    with reading() as session:
        noted_at = session.scalar(sa.select(Round.began_at).where(Round.name == NOTING))
        if noted_at is not None and noted_at <= now < noted_at + NOTED_EVERY:
            return
        began = time.monotonic()
        rows = _ages(session, now)
        seconds = time.monotonic() - began
    noted = {"name": NOTING, "began_at": now, "seconds": seconds, "number": len(rows)}
    with transaction() as session:
        upsert(session, Round, [noted])
        upsert(session, DailyAge, rows)


def _ages(session: Session, now: datetime) -> list[dict[str, Any]]:
    scopes = session.scalars(
        sa.select(Tally.strategist_id)
        .where(Tally.marketplace_id == "")
        .distinct()
        .order_by(Tally.strategist_id)
    ).all()
    rows = []
    for scope in scopes:
        synced: list[sa.ColumnElement[bool]] = [Account.oldest_sync_at.is_not(None)]
        if scope > EVERYONE:
            synced.append(Account.strategist_id == scope)
        elif scope < EVERYONE:
            synced.append(Account.strategist_id.is_(None))
        count = session.scalar(sa.select(sa.func.count()).select_from(Account).where(*synced)) or 0
        if not count:
            continue
        ages = {
            name: _age_at(session, now, synced, round(share * (count - 1)))
            for name, share in (("median", 0.5), ("p90", 0.9))
        }
        rows.append({"day": now.date(), "strategist_id": scope, "accounts": count} | ages)
    return rows


def _age_at(
    session: Session, now: datetime, synced: list[sa.ColumnElement[bool]], place: int
) -> int:
    """The sync age in seconds of the account at this place, youngest first."""
    oldest = session.scalar(
        sa.select(Account.oldest_sync_at)
        .where(*synced)
        .order_by(Account.oldest_sync_at.desc())
        .offset(place)
        .limit(1)
    )
    return int(max(now - oldest, timedelta()).total_seconds()) if oldest else 0
