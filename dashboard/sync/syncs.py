"""Syncing a stream that is due: Amazon is asked, and what came of it is stored.

A pull asks page by page; ``verdict`` decides what its failure means for the stream.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from dashboard import clock, signals
from dashboard.actions import checking, claims, incidents, syncing
from dashboard.actions.claims import Claim
from dashboard.amazon.wire import Wire
from dashboard.diagnosis import OURS, Reason
from dashboard.errors import (
    AccessRefused,
    AmazonError,
    GrantRefused,
    LeaseLost,
    SealBroken,
    Throttled,
)
from dashboard.sync import counting, retry
from dashboard.sync.pulls import PULLS, Pull, Stopped

HOPELESS: Final = 8
"""After so many failures in a row, which take hours, a sync is said to fail for good."""

logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What came of a sync that was to be done; ``NOT_DUE``: nothing was begun."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_DUE = "not due"


@dataclass(frozen=True, slots=True)
class Verdict:
    """When a failed sync is tried again, why it failed, and why it is given up if it is."""

    due_at: datetime
    reason: Reason | None
    given_up: Reason | None = None


def sync(
    stream_id: int,
    ticket: str | None = None,
    *,
    wire: Wire | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Sync one stream, unless somebody else does.

    Args:
        stream_id: the stream.
        ticket: the lease under which it stood in the queue.
        wire: what carries the calls; the network if not given.
        stopping: whether the worker is told to stop, asked before each call to Amazon.
    """
    claimed = claims.claim(stream_id, ticket)
    if claimed is None:
        return Outcome.NOT_DUE
    try:
        PULLS[claimed.channel, claimed.type](Pull(claimed, wire, stopping))
        syncing.succeed(claimed)
    except LeaseLost:
        counting.counts().add(counting.SYNC, counting.LOST)
        return Outcome.FAILED
    except Stopped:
        syncing.give_back(claimed)
        return Outcome.STOPPED
    except Exception as error:
        if not isinstance(error, AmazonError):
            logger.exception("Stream %s could not be synced", stream_id)
        counting.counts().add(counting.SYNC, type(error).__name__)
        _fail(claimed, error)
        return Outcome.FAILED
    except BaseException:
        syncing.give_back(claimed)
        raise
    counting.counts().add(counting.SYNC, checking.OK)
    return Outcome.SUCCEEDED


def verdict(error: Exception, claimed: Claim, now: datetime, chance: float = 0.5) -> Verdict:
    """Decide what follows on a sync that failed.

    Amazon's trouble only puts it off. Whether a consent is dead or lacks something is for checks
    to say. Only what is neither, and does not pass, fails for good, and is tried again even so.

    Args:
        error: what ended the sync.
        claimed: the sync; of its failures in a row before this one.
        now: aware UTC.
        chance: from 0 to 1: spreads what failed together.
    """
    if not isinstance(error, AmazonError):
        again = now + retry.backoff(claimed.failures, chance)
        hopeless = isinstance(error, SealBroken) or claimed.failures + 1 >= HOPELESS
        return Verdict(again, Reason.OUR_FAULT, Reason.OUR_FAULT if hopeless else None)
    history = retry.History(claimed.channel, claimed.consented_at, claimed.failures)
    decision = retry.after_error(error, history, now, chance)
    if isinstance(error, Throttled):
        return Verdict(decision.at, Reason.THROTTLED)
    if isinstance(error, GrantRefused):
        return Verdict(decision.at, None)
    if trouble := signals.trouble(error):
        return Verdict(decision.at, trouble, decision.reason)
    # What one refusal means for the customer is not sure yet; that our call was wrong is.
    finding = signals.refusal(claimed.channel, error)
    ours = finding is not None and finding.problem in OURS
    given_up = Reason.SYNC_FAILING if claimed.failures + 1 >= HOPELESS else None
    return Verdict(decision.at, Reason.OUR_FAULT if ours else None, given_up)


def _fail(claimed: Claim, error: Exception) -> None:
    if isinstance(error, AccessRefused | GrantRefused):
        checking.suspect(claimed.grant_id)
    said = verdict(error, claimed, clock.now(), random.random())  # noqa: S311 - keeps no secret
    if incidents.note_sync(claimed, type(error).__name__, clock.now()):
        said = replace(said, reason=said.reason or Reason.AMAZON_OUTAGE, given_up=None)
    throttled = isinstance(error, Throttled)
    try:
        syncing.fail(claimed, said.due_at, said.reason, given_up=said.given_up, throttled=throttled)
    except LeaseLost:
        logger.info("Stream %s was taken up by another worker", claimed.stream_id)
