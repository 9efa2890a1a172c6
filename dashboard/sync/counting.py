"""What this process has done since it last told of it: told with the next sign of life."""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Final

from dashboard.actions.checking import OK

CHECK: Final = "check"
SYNC: Final = "sync"
PUT_OFF: Final = "put off"
"""The outcome of a check that may not be made yet."""
LOST: Final = "lost"
"""The outcome of work that another worker has taken up, or that a new consent has made void."""
NO_FAILURE: Final = frozenset({OK, PUT_OFF, LOST})

PACE: Final = 0.2
"""Seconds that a check is thought to take before any was made."""
WEIGHT: Final = 0.3
"""Of the last checks, beside all before them."""

Done = Counter[tuple[str, str]]
"""How often which kind of work came to what."""


class Counts:
    """Counts of several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._done: Done = Counter()
        self._waited = 0.0
        self._pace = PACE

    @property
    def pace(self) -> float:
        """How many seconds a check took lately, on one thread."""
        return self._pace

    def took(self, seconds: float, checks: int) -> None:
        """Note how long some checks took, one after the other."""
        with self._lock:
            self._pace += WEIGHT * (seconds / checks - self._pace)

    def add(self, kind: str, outcome: str) -> None:
        """Count a check or a sync that came to its end."""
        with self._lock:
            self._done[kind, outcome] += 1

    def waited(self, seconds: float) -> None:
        """Note how long work was in the queue that is begun."""
        with self._lock:
            self._waited = max(self._waited, seconds)

    def take(self) -> tuple[Done, int]:
        """Everything since the last time, and the longest wait in whole seconds."""
        with self._lock:
            done, waited = self._done, self._waited
            self._done, self._waited = Counter(), 0.0
        return done, int(waited)

    def give_back(self, done: Mapping[tuple[str, str], int]) -> None:
        """What could not be told is told the next time."""
        with self._lock:
            self._done.update(done)


@cache
def counts() -> Counts:
    """The counts of this process."""
    return Counts()
