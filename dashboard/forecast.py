"""How long first syncs take: a curve that was estimated, and what it says of one in flight.

Pure, and made without the libraries that estimate: pages read stored curves. Lengths are hours.
The curve is Kaplan and Meier's (1958): those still in flight count for as long as they have lasted.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FEWEST: Final = 20
"""Finished first syncs without which nothing is forecast."""
LIKELY: Final = (0.25, 0.75)
"""Between these shares of those that have lasted as long, an end is called likely."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Which share of first syncs was done after how many hours; between the steps nothing changes.

    ``hours`` rise, and with them ``done``; ``low`` and ``high`` bound it with 95 % confidence.
    ``finished`` and ``waiting`` are those it was estimated from, of which the longest had lasted
    ``until`` hours: beyond, nothing is known.
    """

    hours: Sequence[float]
    done: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    finished: int
    waiting: int
    until: float

    @property
    def is_known(self) -> bool:
        """Whether it was estimated from enough to say anything."""
        return self.finished >= FEWEST

    @property
    def longest(self) -> float:
        """Hours of the longest first sync that has ended; 0 without any."""
        return self.hours[-1] if self.hours else 0.0

    def done_by(self, hours: float) -> float:
        """The share done after so many hours, from 0 to 1."""
        place = bisect_right(self.hours, hours)
        return self.done[place - 1] if place else 0.0

    def reaching(self, share: float) -> float | None:
        """After how many hours this share is done; ``None``: not within what is known."""
        for hours, done in zip(self.hours, self.done, strict=True):
            if done >= share:
                return hours
        return None

    def is_known_at(self, hours: float) -> bool:
        """Whether the share done after so many hours is known, and not only a least."""
        return hours <= self.until or (bool(self.done) and self.done[-1] >= 1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a curve says of a first sync that has lasted some hours and has not ended.

    ``done`` is the share of similar ones that were done by now. ``soonest`` and ``latest`` are
    the hours left until it is likely to end; ``None`` if that is beyond what is known, in which
    case it takes more than ``known`` hours from now. ``miss`` is the chance to miss the promise,
    from 0 to 1, or at most that chance where not ``exact``; it is ``None`` once the first sync has
    lasted longer than any that ended: then nobody knows.
    """

    done: float
    soonest: float | None
    latest: float | None
    known: float
    miss: float | None
    exact: bool

    @property
    def outlasted(self) -> bool:
        """Whether it has lasted longer than any that has ended."""
        return self.miss is None


def outlook(curve: Curve, lasted: float, promise: float) -> Outlook:
    """What to expect of a first sync in flight.

    Args:
        curve: of its channel and region.
        lasted: for how many hours it has been in flight.
        promise: after how many hours, counted likewise, its end is promised.
    """
    left = 1 - curve.done_by(lasted)
    known = max(curve.until - lasted, 0.0)
    if lasted >= curve.longest or left <= 0:
        return Outlook(1 - left, None, None, known, None, exact=False)
    soonest, latest = (
        None if (hours := curve.reaching(1 - (1 - share) * left)) is None else hours - lasted
        for share in LIKELY
    )
    miss = (1 - curve.done_by(max(promise, lasted))) / left
    return Outlook(1 - left, soonest, latest, known, miss, curve.is_known_at(promise))


def risky_after(curve: Curve, promise: float, chance: float) -> float | None:
    """After how many hours a first sync in flight is too likely to miss what is promised.

    That is when the chance to miss reaches ``chance``, or when no other has taken as long.

    Args:
        curve: of its channel and region.
        promise: hours after which its end is promised.
        chance: from 0 to 1.

    Returns:
        ``None`` where too few first syncs are known.
    """
    if not curve.is_known:
        return None
    missing = 1 - curve.done_by(promise)
    if not curve.is_known_at(promise) or missing <= 0:
        return curve.longest
    if missing >= chance:
        return 0.0
    steps = zip(curve.hours, curve.done, strict=True)
    return next(hours for hours, done in steps if (1 - done) * chance <= missing)


def stored(curve: Curve) -> dict[str, list[float]]:
    """The lists of a curve as they are kept: rounded, by name."""
    kept = {"hours": curve.hours, "done": curve.done, "low": curve.low, "high": curve.high}
    return {name: [round(each, 5) for each in values] for name, values in kept.items()} | {
        "until": [curve.until]
    }


def restored(lists: Mapping[str, Sequence[float]], finished: int, waiting: int) -> Curve:
    """The curve that was ``stored``, of so many first syncs finished and in flight."""
    return Curve(
        tuple(lists["hours"]), tuple(lists["done"]), tuple(lists["low"]), tuple(lists["high"]),
        finished, waiting, lists["until"][0],
    )  # fmt: skip
