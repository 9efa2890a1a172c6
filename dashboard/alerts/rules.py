"""When a route is told of an account: a turn of its headline in, what to do out."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dashboard.status import Headline

UNASSIGNED: Final = -1
"""Stands in ``Rule.strategist_ids`` for accounts without a strategist."""
COVERS: Final = frozenset({Headline.UNKNOWN, Headline.AMAZON_INCIDENT})
"""Headlines that hide for a while how an account is doing: under them nothing begins or ends."""
WORTH_TELLING: Final = (
    Headline.AMAZON_INCIDENT, Headline.OUR_FIX, Headline.NEEDS_RECONNECT, Headline.NEEDS_PERMISSION,
    Headline.STUCK, Headline.LATE, Headline.AT_RISK, Headline.EXPIRING, Headline.UNKNOWN,
)  # fmt: skip
"""Headlines a route may ask for; the others are nobody's problem, or no news."""


class Phase(StrEnum):
    """How much of an alert is told. ``PASSED``: it came and went before anything was said."""

    NEW = "new"
    TOLD = "told"
    OVER = "over"
    PASSED = "passed"
    DONE = "done"


class Move(StrEnum):
    """What a turn means for one route."""

    NOTHING = "nothing"
    OPEN = "open"
    END = "end"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which accounts and headlines a route is told of; what is empty allows all.

    ``strategist_ids`` are staff ids, and ``UNASSIGNED``. ``headlines`` is never empty.
    """

    headlines: frozenset[str]
    strategist_ids: frozenset[int] = frozenset()
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """An account's headline became another one.

    ``before`` is the headline it had, not counting ``COVERS``; ``None`` for an account that is new.
    ``incident``: it shares an open incident's fate, which is told of as one.
    """

    region: str
    strategist_id: int | None
    before: str | None
    after: str
    incident: bool = False


def decide(rule: Rule, turn: Turn, open_as: str | None) -> Move:
    """Say what a turn means for a route.

    Args:
        rule: the route's.
        turn: what happened.
        open_as: the headline of the account's alert that the route has open, or ``None``.
    """
    wanted = not _is_incidents(turn) and _allows(rule, turn)
    if open_as is None:
        # The first headline of an account is no turn: an import would tell of all it brings.
        news = turn.before is not None and turn.before != turn.after
        return Move.OPEN if wanted and news else Move.NOTHING
    if turn.after == open_as or _is_incidents(turn):
        return Move.NOTHING
    if wanted:
        return Move.REPLACE
    return Move.NOTHING if turn.after in COVERS else Move.END


def told_of(rule: Rule, region: str, *, ours: bool) -> bool:
    """Whether a route is told of an incident, whoever looks after the accounts it touches."""
    headline = Headline.OUR_FIX if ours else Headline.AMAZON_INCIDENT
    return headline in rule.headlines and (not region or not rule.regions or region in rule.regions)


def _is_incidents(turn: Turn) -> bool:
    return turn.incident or turn.after == Headline.AMAZON_INCIDENT


def _allows(rule: Rule, turn: Turn) -> bool:
    owner = UNASSIGNED if turn.strategist_id is None else turn.strategist_id
    return (
        turn.after in rule.headlines
        and (not rule.regions or turn.region in rule.regions)
        and (not rule.strategist_ids or owner in rule.strategist_ids)
    )
