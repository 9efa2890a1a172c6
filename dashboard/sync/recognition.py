"""Is it an incident, and is it over? Pure: what checks came to in, a decision out.

One consent that fails is its customer's matter; the same failure for many customers at once is
Amazon's or ours, and no customer is to be asked for anything because of it.

Throttling (429) is never an incident. It says that we call too often, which passes when we call
less often, as we then do; nothing is held against an account for it, and an account that stays
late for it is said to wait for Amazon already ("Late", who acts: Amazon).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dashboard.actions.checking import OK
from dashboard.actions.incidents import Seen, Trials

NEVER: Final = frozenset({OK, "Throttled"})
"""Outcomes that are no failure of Amazon's or ours."""
AT_ONCE: Final = frozenset({"ClientRefused"})
"""What Amazon says of us, not of a customer: the first time is enough."""
OURS: Final = AT_ONCE | {"AmazonError", "SealBroken"}
"""Failures only we can mend: our secret, our calls, our keys."""

PROVEN: Final = 3
"""So many consents that had failed must work again, one after the other."""
NEWEST: Final = PROVEN + 1
"""Of so many newest proofs, at most one in three may still fail: somebody's own trouble."""
DRY: Final = timedelta(minutes=30)
"""An incident of which nothing is heard for so long, although it is looked for, is over."""
LOOKED: Final = timedelta(minutes=5)
"""How long ago it was looked for at the latest, if it is looked for at all."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How many customers, and which share of the checks in a region (0 to 1), are an incident."""

    customers: int
    share: float


class End(StrEnum):
    """Why an incident is over."""

    PROVEN = "proven"
    DRIED_UP = "dried up"


def begins(seen: Seen, rules: Rules) -> bool:
    """Whether this is an incident.

    Customers and consents both count: one login behind many customers is one login. A share
    keeps what is always broken somewhere in a large fleet from being an incident; the number of
    customers does so in a small one, where a few checks are soon a large share.
    """
    if seen.outcome in NEVER or not seen.consents:
        return False
    if seen.outcome in AT_ONCE:
        return True
    few = min(seen.customers, seen.consents) < rules.customers
    return not few and seen.share >= rules.share


def ends(trials: Trials, probed_at: datetime | None, now: datetime) -> End | None:
    """Why an incident is over; ``None`` while it is not.

    Args:
        trials: those who failed in it, as they are now.
        probed_at: when they were last looked for.
        now: aware UTC.

    Where only a few are affected, one of them may go on failing: its own trouble has begun
    meanwhile, and must not keep the incident open.
    """
    newest = trials.newest[:NEWEST]
    well = sum(newest)
    wanted = min(PROVEN, max(1, trials.affected - 1))
    if well >= wanted and 2 * (len(newest) - well) <= well:
        return End.PROVEN
    looked_for = probed_at is not None and probed_at >= now - LOOKED
    silent = trials.heard_at is None or trials.heard_at <= now - DRY
    return End.DRIED_UP if looked_for and silent else None
