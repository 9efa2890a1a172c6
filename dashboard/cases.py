"""When a case opens, stays, closes and opens again, and how far up the queue it stands.

Pure: facts in, the case's further life out; every datetime is aware UTC. A case is one reason of
one account. It opens at once where we must act, and where the customer must, after they have been
waited for. It closes at once after a new consent, and otherwise after two clean checks, because
what was gone at one look has often come back by the next.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dashboard.diagnosis import ATTEMPT, Actor, Reason
from dashboard.status import Headline

ACTING: Final = frozenset({Actor.US, Actor.CUSTOMER})
"""For whom cases are opened: on Amazon we can only wait."""
BLIND: Final = frozenset({Headline.UNKNOWN, Headline.AMAZON_INCIDENT})
"""Headlines under which a reason that is not seen may still be there."""
LET_GO: Final = frozenset({Headline.PAUSED, Headline.DISCONNECTED})
"""Someone chose that nobody need act."""
STEPS: Final = ATTEMPT | {
    Reason.NOT_INVITED, Reason.LINK_SENT, Reason.LINK_OPENED, Reason.AT_AMAZON,
}  # fmt: skip
"""Reasons our own pages tell of: that one is gone needs no check, and no check would tell."""
CLEAN: Final = 2
"""Checks without the reason that close a case."""
LOOK: Final = timedelta(minutes=5)
"""How soon a case that may close is looked at again."""
SETTLED: Final = -(10**12)
"""The rank of a case whose reason seems gone: below all that wait for somebody."""

WAIT_DAYS: Final[Mapping[str, float]] = {
    Headline.NOT_CONNECTED: 3, Headline.NEEDS_RECONNECT: 1, Headline.NEEDS_PERMISSION: 2,
    Headline.EXPIRING: 16, Reason.CANCELLED: 1, Reason.ABANDONED: 1, Reason.CODE_EXPIRED: 1,
}  # fmt: skip
"""Days that a customer is waited for, by headline; a reason's own go before its headline's."""
DEADLINE_HOURS: Final[Mapping[str, float]] = {
    Headline.OUR_FIX: 2, Headline.UNKNOWN: 4, Headline.STUCK: 4, Headline.AT_RISK: 4,
    Headline.LATE: 8, Headline.NEEDS_RECONNECT: 24, Headline.NEEDS_PERMISSION: 24,
    Headline.NOT_CONNECTED: 48, Headline.EXPIRING: 72,
}  # fmt: skip
"""Hours within which an open case is to be dealt with, by headline or reason likewise."""


class State(StrEnum):
    """How far a case has come.

    ``EXPECTED``: the customer is waited for, and not too long yet. ``CLEARING``: the reason is
    gone, but not checked often enough to believe it.
    """

    EXPECTED = "expected"
    OPEN = "open"
    CLEARING = "clearing"
    CLOSED = "closed"


ACTIVE: Final = frozenset({State.OPEN, State.CLEARING})
"""States in which a case is somebody's to work on."""


class Place(StrEnum):
    """On which of the desk's heaps a case lies; ``AWAY`` is on none."""

    QUEUE = "queue"
    SNOOZED = "snoozed"
    INCIDENT = "incident"
    AWAY = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Our own words: how long customers are waited for, and by when cases are to be dealt with."""

    waits: Mapping[str, timedelta]
    deadlines: Mapping[str, timedelta]

    def wait(self, reason: Reason, headline: Headline) -> timedelta:
        """How long a customer has before a case opens."""
        return self.waits.get(reason) or self.waits.get(headline) or timedelta()

    def deadline(self, reason: Reason, headline: Headline) -> timedelta:
        """Within what time of its opening a case is to be dealt with."""
        chosen = self.deadlines.get(reason) or self.deadlines.get(headline)
        return chosen or timedelta(hours=24)


def terms(
    days: Mapping[str, float] | None = None, hours: Mapping[str, float] | None = None
) -> Terms:
    """The usual terms, but for what is given: days to wait and hours to act, by their name."""
    waits, deadlines = {**WAIT_DAYS, **(days or {})}, {**DEADLINE_HOURS, **(hours or {})}
    return Terms(
        {name: timedelta(days=each) for name, each in waits.items()},
        {name: timedelta(hours=each) for name, each in deadlines.items()},
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """How an account stands at a moment.

    ``since`` is when it began to stand so, ``reported_at`` our newest report of it (a check, or a
    sync), ``consented_at`` the newest consent among its channels.
    """

    headline: Headline
    actor: Actor
    reason: Reason | None
    since: datetime
    reported_at: datetime | None = None
    consented_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What has become of a case; before it first was one, all is as by default.

    ``times`` counts how often it has opened; ``opens_at`` is when an expected one will. ``clean``
    checks have been without the reason since ``gone_at``, up to the report of ``counted_at``.
    """

    state: State = State.CLOSED
    times: int = 0
    opens_at: datetime | None = None
    opened_at: datetime | None = None
    deadline_at: datetime | None = None
    gone_at: datetime | None = None
    clean: int = 0
    counted_at: datetime | None = None
    closed_at: datetime | None = None


def follow(life: Life, reason: Reason, seen: Seen, now: datetime, agreed: Terms) -> Life:
    """Say what becomes of the case of a reason, now that its account is seen to stand so."""
    if seen.reason is reason and seen.actor in ACTING:
        return _there(life, reason, seen, now, agreed)
    if life.state is State.EXPECTED:
        return replace(life, state=State.CLOSED, opens_at=None)
    if life.state not in ACTIVE:
        return life
    return _gone(life, reason, seen, now)


def _there(life: Life, reason: Reason, seen: Seen, now: datetime, agreed: Terms) -> Life:
    if life.state is State.OPEN:
        return life
    if life.state is State.CLEARING:
        # It never was gone long enough to count as having come back.
        return replace(life, state=State.OPEN, gone_at=None, clean=0, counted_at=None)
    waits = seen.actor is Actor.CUSTOMER
    opens_at = seen.since + agreed.wait(reason, seen.headline) if waits else seen.since
    if opens_at > now:
        return replace(life, state=State.EXPECTED, opens_at=opens_at)
    opened_at = max(opens_at, life.closed_at or opens_at)
    return Life(
        State.OPEN, life.times + 1, opened_at=opened_at,
        deadline_at=opened_at + agreed.deadline(reason, seen.headline),
    )  # fmt: skip


def _gone(life: Life, reason: Reason, seen: Seen, now: datetime) -> Life:
    """The reason of an active case is not to be seen."""
    consented = life.opened_at and seen.consented_at and seen.consented_at > life.opened_at
    if consented or seen.headline in LET_GO or reason in STEPS:
        return _closed(life, now)
    report = seen.reported_at
    if life.state is State.OPEN:
        # What is gone by this very report is clean by it; by time alone, nothing was checked.
        clean = int(report is not None and report >= now and seen.headline not in BLIND)
        return replace(
            life, state=State.CLEARING, gone_at=now, clean=clean, counted_at=report or now
        )
    if seen.headline in BLIND or report is None or report <= (life.counted_at or report):
        return life
    life = replace(life, clean=life.clean + 1, counted_at=report)
    return _closed(life, now) if life.clean >= CLEAN else life


def _closed(life: Life, now: datetime) -> Life:
    return replace(life, state=State.CLOSED, closed_at=now, gone_at=life.gone_at or now)


def rank(life: Life, size: int, now: datetime) -> int:
    """How far up the queue a case stands: time over its deadline x size of the customer.

    Args:
        life: of the case.
        size: marketplaces of the customer, 1 or more.
        now: aware UTC.

    Returns:
        Minutes over its deadline, times ``size``: greater than 0. Before its deadline the minutes
        left, divided by it and negative: 0 or less.
    """
    if life.state is State.CLEARING or life.deadline_at is None:
        return SETTLED
    minutes = int((now - life.deadline_at).total_seconds()) // 60
    return max(minutes, 1) * size if now >= life.deadline_at else -(-minutes // size)


def look_at(life: Life, now: datetime) -> datetime | None:
    """When a case is to be looked at again, if nothing happens before.

    What was over its deadline for days need not be ranked anew each minute: a tenth of the time
    it is from its deadline is soon enough.
    """
    if life.state is State.EXPECTED:
        return life.opens_at
    if life.state is State.CLEARING:
        return now + LOOK
    if life.state is State.CLOSED or life.deadline_at is None:
        return None
    wait = min(max(abs(now - life.deadline_at) / 10, LOOK), timedelta(hours=6))
    return min(now + wait, life.deadline_at) if now < life.deadline_at else now + wait


def place(life: Life, *, snoozed: bool, in_incident: bool) -> Place:
    """Where a case lies; what is part of an open incident of ours is worked on as one."""
    if life.state not in ACTIVE:
        return Place.AWAY
    if snoozed:
        return Place.SNOOZED
    return Place.INCIDENT if in_incident else Place.QUEUE
