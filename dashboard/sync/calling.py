"""The calls of one check: with one token, of which there are so many and no more."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pydantic import SecretStr

from dashboard import signals
from dashboard.actions.checking import Task
from dashboard.amazon.wire import Wire
from dashboard.errors import AccessRefused, AmazonDown, AmazonError, SealBroken, Throttled
from dashboard.sync import tokens
from dashboard.sync.tokens import Access

NEW: Final = timedelta(minutes=50)
"""How long a token must still be good: one that is older than minutes hides a revoked consent."""
ANEW: Final = timedelta(hours=2)
"""Longer than any token is good: a consent in doubt is proved by a new token only."""
PROBES: Final = 10
"""Of how many accounts on one consent data is asked for; others have their turn next time."""
BUDGET: Final = 150.0
"""Seconds after which no more proof is asked for: the lease must not end first."""

Told = TypeVar("Told")
Held = Access | AmazonError | SealBroken
"""A consent's access token, or why there is none."""


def how_new(task: Task) -> timedelta:
    """How long the access token must still be good with which a consent is proved."""
    return ANEW if task.doubted_at is not None or task.refused else NEW


class Caller:
    """Calls the APIs with the consent's token; one that is refused as such is renewed once."""

    def __init__(self, task: Task, now: datetime, wire: Wire | None, held: Held | None) -> None:
        if isinstance(held, Exception):
            raise held
        self.now = now
        self.wire = wire
        self._grant_id = task.grant_id
        self._access = held or tokens.access(task.grant_id, left=how_new(task), wire=wire)
        self._renewed = False
        self._probes = PROBES
        self._ends = time.monotonic() + BUDGET

    def ask(self, call: Callable[[SecretStr], Told]) -> Told:
        """Make a call with the token.

        Raises:
            GrantRefused: a new token was wanted, and refused.
            AmazonError: anything else of its tree.
        """
        try:
            return call(self._access.token)
        except AccessRefused as error:
            if self._renewed or not signals.token_refused(error):
                raise
        self._renewed = True
        self._access = tokens.access(self._grant_id, refused=self._access, wire=self.wire)
        return call(self._access.token)

    def probe(self, call: Callable[[SecretStr], Told]) -> Told | None:
        """Make a call for a proof, unless there were enough of them or Amazon is in trouble."""
        if self._probes <= 0 or time.monotonic() > self._ends:
            return None
        self._probes -= 1
        try:
            return self.ask(call)
        except (Throttled, AmazonDown):
            self._probes = 0
            raise
