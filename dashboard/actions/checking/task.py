"""What a check is about, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dashboard.diagnosis import Channel, Reason
from dashboard.marketplaces import Region
from dashboard.signals import Wanted

OK: Final = "ok"
"""The outcome of a check in which Amazon answered as it should."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A check that is in the queue: whoever shows the ticket may make it."""

    grant_id: int
    lease: str


@dataclass(frozen=True, slots=True)
class Stand:
    """How a channel of an account stands after a check, as in ``AccountChannel``."""

    problem: Reason | None = None
    problem_since: datetime | None = None
    warning: Reason | None = None
    incident: bool = False
    doubt: Reason | None = None
    doubted_at: datetime | None = None
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """An account that uses the consent, and how its channel stood before the check."""

    account_id: int
    organization_id: int
    wanted: Wanted
    stand: Stand
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed check: the consent as it was then, and the accounts in use that are on it.

    ``incidents`` are the open ones of its channel: by region and outcome.
    """

    grant_id: int
    lease: str
    channel: Channel
    version: int
    identity: str
    consented_at: datetime
    refused: bool
    doubted_at: datetime | None
    failures: int
    subjects: tuple[Subject, ...]
    incidents: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a check came to.

    ``stands`` are of the accounts about which something is known now; ``outcomes``, by region,
    are ``ok`` or the class of the error. ``refused``: the consent is known to be dead.
    """

    due_at: datetime
    stands: Mapping[int, Stand]
    outcomes: Mapping[Region, str]
    failures: int = 0
    doubted_at: datetime | None = None
    refused: bool = False
