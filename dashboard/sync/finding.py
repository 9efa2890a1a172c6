"""Looking for work, every second: what people wait for, and as much that is due as is soon done.

The queue is kept short: what is due waits in the database, where whoever waits longest is seen and
organizations take turns, and where a moment's wish goes before everything else.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final

from dashboard.actions import checking, claims, requests
from dashboard.actions.alerting import notifying
from dashboard.settings import settings
from dashboard.sync import counting
from dashboard.sync.queue import queue
from dashboard.sync.tasks import tasks

AHEAD: Final = 10
"""Tasks in the queue for each thread of this worker: what it does until it looks again."""
TOGETHER: Final = 20
"""Checks in one task at most: a transaction for all of them."""
A_WHILE: Final = 2.0
"""Seconds that such a task is to take at most: what was found first is known when all is."""
ASKED: Final = 200
"""How many checks and syncs that people wait for are put into the queue in one second."""
BEFORE: Final = 5
"""Their priority: before all that is merely due, after what happens every minute."""


def hand_out() -> None:
    """Put work into the queue, unless enough waits there. Every worker does so, for itself."""
    if notifying.somebody_waits():
        tasks().send_alerts(priority=BEFORE)
    requests.hand_out()
    _put(ASKED, ASKED, asked=True)
    room = settings().worker_threads * AHEAD - int(queue().pending_count())
    if room > 0:
        # Half for each, so that neither keeps the other waiting.
        _put((room - room // 2) * _most(), room // 2, asked=False)


def _put(most_checks: int, most_syncs: int, *, asked: bool) -> None:
    priority = BEFORE if asked else None
    for grant_ids, lease in _together(checking.find_due(most_checks, asked=asked)):
        tasks().check(grant_ids, lease, time.time(), priority=priority)
    for sync in claims.find_due(most_syncs, asked=asked):
        tasks().sync(sync.stream_id, sync.lease, time.time(), priority=priority)


def _most() -> int:
    """How many checks make a task, while Amazon answers as quickly as it did lately."""
    return max(1, min(TOGETHER, int(A_WHILE / counting.counts().pace)))


def _together(due: Sequence[checking.Ticket]) -> Iterator[tuple[list[int], str]]:
    """Checks in tasks: few of them each by itself, many together."""
    size = min(_most(), -(-len(due) // settings().worker_threads))
    for start in range(0, len(due), size or 1):
        some = due[start:][:size]
        yield [each.grant_id for each in some], some[0].lease
