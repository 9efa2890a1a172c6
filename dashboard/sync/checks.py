"""Checking a consent: it is proved by using it, and what it says is stored for its accounts.

``look`` asks Amazon, ``settle`` decides what is believed of the answers, ``check`` does both for a
consent that is due, and stores the result.
"""

import random
from datetime import datetime, timedelta
from typing import Final

from dashboard import clock
from dashboard.actions import checking
from dashboard.actions.checking import Task
from dashboard.amazon.wire import Wire
from dashboard.errors import AmazonError, NotFound
from dashboard.settings import settings
from dashboard.sync import looking, settling
from dashboard.sync.looking import Seen
from dashboard.sync.retry import LONGEST

SLOWLY: Final = timedelta(days=1)
"""How often a consent is thought of that nobody uses."""


def check(
    grant_id: int,
    ticket: str | None = None,
    *,
    wire: Wire | None = None,
    now: datetime | None = None,
) -> bool:
    """Check one consent, unless somebody else does.

    Args:
        grant_id: the consent.
        ticket: the lease under which it stood in the queue.
        wire: what carries the calls; the network if not given.
        now: aware UTC; the present unless given.

    Returns:
        Whether something was found out and stored.
    """
    moment = now or clock.now()
    task = checking.claim(grant_id, ticket, moment)
    if task is None:
        return False
    due_at, stored = moment + LONGEST, False
    try:
        if not task.subjects:
            due_at = moment + SLOWLY
            return False
        seen = _look(task, moment, wire)
        if seen.put_off is not None:
            due_at = seen.put_off
            return False
        every = timedelta(hours=settings().check_hours)
        result = settling.settle(task, seen, moment, random.random(), every)  # noqa: S311
        stored = checking.store(task, result, moment)
        if not stored:
            # Another consent has taken its place, which will be due by itself.
            due_at = moment + timedelta(minutes=1)
        return stored
    finally:
        if not stored:
            checking.give_back(task, due_at)


def _look(task: Task, now: datetime, wire: Wire | None) -> Seen:
    try:
        return looking.look(task, now, wire)
    except AmazonError as error:
        return Seen(error=error)
    except NotFound:
        # Withdrawn since it was claimed.
        return Seen(put_off=now + SLOWLY)
