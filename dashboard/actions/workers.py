"""What is known of the worker processes: when each was last heard of, and what it has done."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from dashboard.db.engine import transaction, upsert
from dashboard.db.syncing import Worker

FORGOTTEN: Final = timedelta(days=1)
"""How long a worker is remembered that fell silent."""


def beat(
    worker_id: str, started_at: datetime, now: datetime, *, checks: int, syncs: int, failures: int
) -> None:
    """A worker lives; these are its counts since it started."""
    row = {
        "id": worker_id, "started_at": started_at, "seen_at": now,
        "checks": checks, "syncs": syncs, "failures": failures,
    }  # fmt: skip
    with transaction() as session:
        upsert(session, Worker, [row])
        session.execute(sa.delete(Worker).where(Worker.seen_at < now - FORGOTTEN))


def leave(worker_id: str, now: datetime) -> None:
    """A worker has stopped as it was told to; that it was there until now stays known."""
    with transaction() as session:
        gone = sa.update(Worker).where(Worker.id == worker_id)
        session.execute(gone.values(seen_at=now, left_at=now))
