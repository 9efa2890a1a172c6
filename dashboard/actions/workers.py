"""What is known of the worker processes: when each was last heard of, and what it has done."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from dashboard.db.bulk import upsert
from dashboard.db.engine import transaction
from dashboard.db.syncing import Round, WorkDone, Worker

FORGOTTEN: Final = timedelta(days=1)
"""How long a worker is remembered that fell silent."""


def beat(
    worker_id: str,
    started_at: datetime,
    now: datetime,
    done: Mapping[tuple[str, str], int] | None = None,
    **counts: int,
) -> None:
    """A worker lives.

    Args:
        worker_id: which one.
        started_at: since when.
        now: aware UTC.
        done: how often which kind of work came to what since it told the last time.
        counts: columns of ``Worker``, since it started.
    """
    row = {"id": worker_id, "started_at": started_at, "seen_at": now} | counts
    minute = now.replace(second=0)
    came = [
        {"minute": minute, "kind": kind, "outcome": outcome, "number": number}
        for (kind, outcome), number in sorted((done or {}).items())
    ]
    with transaction() as session:
        upsert(session, Worker, [row])
        upsert(session, WorkDone, came, add=["number"])
        session.execute(sa.delete(Worker).where(Worker.seen_at < now - FORGOTTEN))
        session.execute(sa.delete(WorkDone).where(WorkDone.minute < now - FORGOTTEN))


def note_round(name: str, began_at: datetime, seconds: float, number: int) -> None:
    """What is done every minute was done, by whichever worker."""
    row = {"name": name, "began_at": began_at, "seconds": seconds, "number": number}
    with transaction() as session:
        upsert(session, Round, [row])


def leave(worker_id: str, now: datetime) -> None:
    """A worker has stopped as it was told to; that it was there until now stays known."""
    with transaction() as session:
        gone = sa.update(Worker).where(Worker.id == worker_id)
        session.execute(gone.values(seen_at=now, left_at=now))
