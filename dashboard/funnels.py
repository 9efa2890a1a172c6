"""From the counts of a cohort to its funnel: who reached each step, and who stopped. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from dashboard import spreads
from dashboard.milestones import Milestone

MOVING: Final = timedelta(days=7)
"""Whoever took the step before less than this ago may be on the way; others have stopped."""


class Stage(NamedTuple):
    """A step of the funnel.

    ``reached`` took it, or did not have to; that is ``share`` of the invited. ``left`` got to the
    step and did not take it: some may be ``moving`` still, the others have ``stopped``, which is
    the share ``lost`` of those who got there. Half of the stopped have ``waited`` so many days at
    least; half of those who took the step did so within ``took``.

    Live is reached within what was promised: who was live later, or is overdue, stopped there.
    """

    milestone: Milestone
    reached: int
    share: float
    left: int
    moving: int
    stopped: int
    lost: float
    waited: int | None
    took: timedelta | None

    @property
    def arrived(self) -> int:
        """How many got to the step."""
        return self.reached + self.left


def whole(known: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum of the counts of some cohorts."""
    found: dict[str, Any] = {}
    for counts in known:
        spreads.add(found, counts)
    return found


def stages(counts: Mapping[str, Any], today: date) -> list[Stage]:
    """The funnel of a cohort, from the invitation on.

    Args:
        counts: of the cohort (``actions.past.joining.counted``), or the sum of several.
        today: from which waits count back.
    """
    found: list[Stage] = []
    arrived = invited = int(counts.get("invited", 0))
    for milestone in Milestone:
        here, left = _waiting(counts, milestone), _left(counts, milestone)
        last = milestone is Milestone.LIVE
        moving = counts.get("pending", 0) if last else _recent(here, today)
        reached, stopped = arrived - left, left - moving
        found.append(
            Stage(
                milestone, reached, reached / invited if invited else 0.0, left, moving, stopped,
                stopped / arrived if arrived else 0.0, _waited(here, today),
                spreads.percentile(counts.get("took", {}).get(milestone.value, {}), 0.5),
            )
        )  # fmt: skip
        arrived = reached
    return found


def shares(counts: Mapping[str, Any]) -> list[float]:
    """Which share of the invited took each step, or did not have to: as ``Stage.share``."""
    reached = invited = int(counts.get("invited", 0))
    found = []
    for milestone in Milestone:
        reached -= _left(counts, milestone)
        found.append(reached / invited if invited else 0.0)
    return found


def worst(known: Sequence[Stage]) -> Stage | None:
    """The step at which most customers have stopped; ``None`` if nobody has."""
    found = max(known, key=lambda each: (each.stopped, each.lost), default=None)
    return found if found is not None and found.stopped else None


def half(counts: Mapping[str, Any], measure: str) -> timedelta | None:
    """Within what time half of a cohort did it: ``connect`` or ``live``."""
    return spreads.percentile(counts.get(measure, {}), 0.5)


def _waiting(counts: Mapping[str, Any], milestone: Milestone) -> Mapping[str, int]:
    found: Mapping[str, int] = counts.get("waiting", {}).get(milestone.value, {})
    return found


def _left(counts: Mapping[str, Any], milestone: Milestone) -> int:
    """How many got to a step and did not take it."""
    if milestone is Milestone.LIVE:
        return sum(int(counts.get(name, 0)) for name in ("pending", "overdue", "late"))
    return sum(_waiting(counts, milestone).values())


def _recent(here: Mapping[str, int], today: date) -> int:
    return sum(number for day, number in here.items() if today - date.fromisoformat(day) < MOVING)


def _waited(here: Mapping[str, int], today: date) -> int | None:
    """How many days half of those who have stopped have waited at least."""
    waits = sorted(
        ((today - date.fromisoformat(day)).days, number)
        for day, number in here.items()
        if today - date.fromisoformat(day) >= MOVING
    )
    # The longer half: so many have waited as long as the one in the middle, or longer.
    rank = sum(number for _, number in waits) - math.ceil(sum(number for _, number in waits) / 2)
    seen = 0
    for days, number in waits:
        seen += number
        if seen > rank:
            return days
    return None
