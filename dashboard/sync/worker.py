"""``dashboard worker``: the process that does the background work."""

import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from threading import Event, Thread
from typing import Final

from huey.consumer import Consumer

from dashboard import clock
from dashboard.actions import workers
from dashboard.db.migrate import require_ready
from dashboard.settings import settings
from dashboard.sync import counting, finding
from dashboard.sync.queue import queue
from dashboard.sync.tasks import stopping, tasks

logger = logging.getLogger(__name__)

GRACE: Final = 20.0
"""Seconds that running tasks have to finish when the process is told to stop."""
BEAT: Final = 20.0
"""Seconds between signs of life."""
LOOK: Final = 1.0
"""Seconds between looks for work."""
LONGEST_LOOK: Final = 1.0
"""Seconds after which an empty queue is looked into again, where it cannot call."""


class Ticker:
    """Does something again and again, until it is stopped."""

    def __init__(self, name: str, seconds: float, do: Callable[[], None]) -> None:
        self._seconds = seconds
        self._do = do
        self._stopped = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Come to an end; what is being done is finished."""
        self._stopped.set()
        self._thread.join(GRACE)

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._do()
            except Exception:
                # The database, or the queue, may be back the next time.
                logger.exception("%s could not do its work", self._thread.name)


class Heart:
    """Tells every twenty seconds that this worker lives, and what it has done."""

    def __init__(self, started_at: datetime) -> None:
        self.worker_id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
        self._started_at = started_at
        self._told: Counter[str] = Counter(checks=0, syncs=0, failures=0)

    def beat(self) -> None:
        """Tell once; what could not be told is told the next time."""
        done, waited = counting.counts().take()
        whole = self._told.copy()
        for (kind, outcome), number in done.items():
            whole[f"{kind}s"] += number
            whole["failures"] += number if outcome not in counting.NO_FAILURE else 0
        try:
            queued = int(queue().pending_count())
            now = clock.now()
            workers.beat(
                self.worker_id, self._started_at, now, done, queued=queued, waited=waited, **whole
            )
        except BaseException:
            counting.counts().give_back(done)
            raise
        self._told = whole


class Crew(Consumer):  # type: ignore[misc]
    """Huey's consumer, which also lets long tasks know that it is to stop."""

    def stop(self, graceful: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is called
        """Stop."""
        stopping().set()
        super().stop(graceful)


def serve() -> None:
    """Work until told to stop by SIGTERM, which lets running tasks finish, or SIGINT.

    Raises:
        ConfigurationError: something must be done first; the sentences name all of it.
    """
    require_ready(settings())
    heart = Heart(clock.now())
    for each in tasks().every_minute:
        # What came due while no worker ran is not to wait for the next full minute.
        each()
    consumer = Crew(
        queue(), workers=settings().worker_threads, worker_type="thread", max_delay=LONGEST_LOOK,
        shutdown_timeout=GRACE, graceful_signal="TERM",
    )  # fmt: skip
    beating, looking = Ticker("Heart", BEAT, heart.beat), Ticker("Lookout", LOOK, look)
    heart.beat()
    beating.start()
    looking.start()
    consumer.run()
    looking.stop()
    beating.stop()
    heart.beat()
    workers.leave(heart.worker_id, clock.now())


def look() -> None:
    """Look for work, unless this worker is to stop."""
    if not stopping().is_set():
        finding.hand_out()
