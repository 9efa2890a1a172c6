"""What was told long ago is thrown away, some at a time."""

from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from dashboard import clock
from dashboard.actions.alerting import watching
from dashboard.alerts import Phase
from dashboard.db.alerting import Alert, Digest, Notice
from dashboard.db.engine import transaction

KEPT: Final = timedelta(days=90)
"""How long it can be seen what was told."""
BATCH: Final = 5000
"""Rows looked at in one go: the oldest, by number."""


def forget(now: datetime | None = None) -> None:
    """Throw away alerts that are over and messages, once nobody asks for them any more.

    Args:
        now: aware UTC; the present unless given.
    """
    before = (now or clock.now()) - KEPT
    with transaction() as session:
        watching.hold(session)
        over = (Alert.phase == Phase.DONE, Alert.opened_at < before)
        session.execute(sa.delete(Alert).where(Alert.id.in_(_oldest(Alert)), *over))
        told = sa.or_(Alert.notice_id == Notice.id, Alert.end_notice_id == Notice.id)
        used = sa.exists().where(told).correlate(Notice)
        old = (Notice.due_at.is_(None), Notice.created_at < before, ~used)
        session.execute(sa.delete(Notice).where(Notice.id.in_(_oldest(Notice)), *old))
        session.execute(sa.delete(Digest).where(Digest.day < before.date()))


def _oldest(model: Any) -> sa.Select[int]:
    some = sa.select(model.id).order_by(model.id).limit(BATCH).subquery()
    return sa.select(some.c.id)
