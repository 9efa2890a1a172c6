"""Try again, or give up? Pure: an error or a finding and what came before in, a decision out.

Nothing that may be Amazon's trouble or ours is ever held against a customer: throttling, outages
and malformed answers only put work off. What a customer must mend has to be seen again first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from dashboard.diagnosis import PERMISSION, RECONNECT, Channel, Reason
from dashboard.errors import AmazonError, ClientRefused, GrantRefused, Throttled
from dashboard.signals import Finding, lapsed_or_revoked, trouble

SHORTEST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)
"""The first and the longest wait after a failure; each is twice the one before."""

LOOK_AGAIN: Final = timedelta(minutes=4)
"""How long after a first sign of trouble it is looked for again."""

REFUSALS: Final = 3
REFUSED_FOR: Final = timedelta(minutes=30)
"""How often, and over how long, an API must refuse before it is believed: Amazon once refused
every seller for 25 minutes (selling-partner-api-docs, issue 3153)."""

BROKEN_EVERY: Final = timedelta(hours=1)
"""How often a channel is looked at that lacks something, so that its mending is noticed."""

DEAD_EVERY: Final = timedelta(days=1)
"""How often a consent is tried that is known to be dead: it will most likely stay so."""


@dataclass(frozen=True, slots=True)
class History:
    """What came before.

    ``failures`` are the failures in a row, ``doubted_at`` is when the refresh token was refused
    for the first time, ``incident`` says that one of Amazon's or ours is open here.
    """

    channel: Channel
    consented_at: datetime
    failures: int = 0
    doubted_at: datetime | None = None
    incident: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Again at a moment; with a ``reason``, it is given up until somebody has removed that.

    ``doubted_at`` is what to remember of a refresh token that was refused.
    """

    at: datetime
    reason: Reason | None = None
    doubted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason that was found ``times`` in a row since a moment, and is not believed yet."""

    reason: Reason
    since: datetime
    times: int


def after_error(
    error: AmazonError, history: History, now: datetime, chance: float = 0.5
) -> Decision:
    """Decide what follows on an error.

    Args:
        error: of an API or of Login with Amazon. What a refusal of an API (``AccessRefused``)
            means is for ``signals`` to say, and for ``believed`` when.
        history: what came before.
        now: aware UTC.
        chance: from 0 to 1: spreads what failed together.
    """
    if isinstance(error, GrantRefused):
        return _after_refused_consent(history, now)
    wait = backoff(history.failures, chance)
    if isinstance(error, Throttled):
        wait = max(wait, timedelta(seconds=error.retry_after))
    kept = history.doubted_at
    if isinstance(error, ClientRefused) or type(error) is AmazonError:
        return Decision(now + wait, trouble(error) or Reason.OUR_FAULT, kept)
    return Decision(now + wait, doubted_at=kept)


def _after_refused_consent(history: History, now: datetime) -> Decision:
    """The first refusal marks a doubt; a second one minutes later confirms, unless all is amiss."""
    if history.incident:
        return Decision(now + LOOK_AGAIN, doubted_at=history.doubted_at)
    if history.doubted_at is None:
        return Decision(now + LOOK_AGAIN, doubted_at=now)
    if now < history.doubted_at + LOOK_AGAIN:
        return Decision(history.doubted_at + LOOK_AGAIN, doubted_at=history.doubted_at)
    reason = lapsed_or_revoked(history.channel, now - history.consented_at)
    return Decision(now + DEAD_EVERY, reason, history.doubted_at)


def doubted(finding: Finding, before: Doubt | None, now: datetime) -> Doubt | None:
    """What to remember of a finding; ``None`` if it found nothing wrong."""
    if finding.problem is None:
        return None
    if before is None or before.reason is not finding.problem:
        return Doubt(finding.problem, now, 1)
    return Doubt(before.reason, before.since, before.times + 1)


def believed(finding: Finding, doubt: Doubt, present: Reason | None, now: datetime) -> bool:
    """Whether a problem was found often enough, and for long enough, to be believed.

    A channel that already lacks something needs no new proof to lack something else, unless Amazon
    only refuses: it may do so to everybody.
    """
    if present is doubt.reason:
        return True
    age = now - doubt.since
    if finding.refused:
        return doubt.times >= REFUSALS and age >= REFUSED_FOR
    if present is not None and {present, doubt.reason} <= PERMISSION | RECONNECT:
        return True
    return doubt.times >= 2 and age >= LOOK_AGAIN


def next_look(finding: Finding, now: datetime, *, sure: bool) -> datetime:
    """When to look again at a channel that lacks something, or seems to."""
    if sure:
        return now + BROKEN_EVERY
    if finding.refused:
        return now + REFUSED_FOR / (REFUSALS - 1)
    return now + LOOK_AGAIN


def backoff(failures: int, chance: float = 0.5) -> timedelta:
    """The wait after one more failure: twice as long each time, up to an hour, half of it chance.

    Args:
        failures: in a row, before this one.
        chance: from 0 to 1.
    """
    whole = min(LONGEST, SHORTEST * (1 << min(failures, 10)))
    return whole * (0.5 + chance / 2)
