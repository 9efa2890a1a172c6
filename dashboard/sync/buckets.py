"""How often Amazon may be asked what: kept across all workers, so that none is told to slow down.

The Selling Partner API limits each operation for each pair of app and seller (SP-API documentation,
"Usage plans and rate limits"). The Ads API publishes no limits and says 429 instead, with the time
to come back: whoever is told puts the work off until then.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from dashboard import clock
from dashboard.actions import buckets as stored
from dashboard.actions.buckets import Limit
from dashboard.errors import AmazonError, Throttled
from dashboard.marketplaces import Region

SHUT: Final = timedelta(minutes=1)
"""How long a bucket is closed after a 429 without a wish of Amazon's."""
PATIENCE: Final = 5.0
"""Seconds that a worker waits for a call rather than do something else meanwhile."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A usage plan: ``rate`` calls a second, of which ``burst`` are saved up."""

    name: str
    rate: float
    burst: int


class Operation(Enum):
    """What is asked of Amazon, and how often it may be.

    Amazon saves up one call more: calls do not arrive as evenly as they left.
    """

    # Amazon saves up 15: these are left to customers who are just connecting.
    PARTICIPATIONS = Plan("participations", 0.016, 1)
    INVENTORY = Plan("inventory", 2, 1)
    LISTINGS = Plan("listings", 5, 4)
    PURCHASE_ORDERS = Plan("purchase orders", 10, 9)


def take(
    operation: Operation, region: Region, whose: str, now: datetime | None = None
) -> datetime | None:
    """Take one call.

    Args:
        operation: what is to be asked.
        region: on which of Amazon's hosts.
        whose: the selling partner's id.
        now: aware UTC; the present unless given.

    Returns:
        ``None``: go; or the moment at which to try again.
    """
    return stored.take_all([_limit(operation, region, whose, now)])[0]


def take_for_check(
    region: Region, whose: str, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Take what a check of a seller needs, at once: participations, and the page that follows.

    Returns:
        For each of the two what ``take`` returns.
    """
    participations, inventory = stored.take_all(
        [
            _limit(Operation.PARTICIPATIONS, region, whose, now),
            _limit(Operation.INVENTORY, region, whose),
        ]
    )
    return participations, inventory


def wait(operation: Operation, region: Region, whose: str) -> datetime | None:
    """Take one call, waiting a few seconds for it if need be.

    Returns:
        ``None``: go; or the moment at which to try again, where that is too long to wait.
    """
    deadline = datetime.now(UTC) + timedelta(seconds=PATIENCE)
    while (until := take(operation, region, whose)) is not None:
        if until > deadline:
            return until
        time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    return None


def close(operation: Operation, region: Region, whose: str, until: datetime) -> None:
    """Amazon said 429: let no worker ask again before a moment."""
    stored.close(_key(operation, region, whose), until)


def _limit(operation: Operation, region: Region, whose: str, now: datetime | None = None) -> Limit:
    plan = operation.value
    return Limit(_key(operation, region, whose), plan.rate, plan.burst, now)


def mind(error: AmazonError, operation: Operation, region: Region, whose: str) -> None:
    """Let all workers know where Amazon was asked too often, for as long as it wishes."""
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after) or SHUT
        close(operation, region, whose, clock.now() + wait)


def _key(operation: Operation, region: Region, whose: str) -> str:
    return f"{operation.value.name} {region} {whose}"
