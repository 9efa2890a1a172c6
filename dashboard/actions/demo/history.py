"""From the life of an account to its sync runs and its spells.

Runs follow from when streams could sync. Spells are not written by hand: the product's own
``status.assess`` looks at the facts of every moment at which something changed, so the past is told
by the same rules as the present.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final, NamedTuple

from dashboard.actions.demo.lanes import Lane, Stop
from dashboard.actions.demo.life import Life
from dashboard.diagnosis import Channel, Reason
from dashboard.status import SEVERITY, Assessment, Facts, Limits, assess

_DAY: Final = timedelta(days=1)
_CENTURY: Final = timedelta(days=36500)
_TRIES: Final = 24
"""Failed runs that are kept of one trouble at most."""


class Run(NamedTuple):
    """One attempt at a stream."""

    started_at: datetime
    finished_at: datetime | None
    outcome: str
    reason: Reason | None
    rows: int


@dataclass(frozen=True, slots=True)
class Track:
    """A stream's runs within the time that is kept, oldest first, and when it last succeeded.

    ``successes`` is when runs succeeded, oldest first; it has what is not kept, too.
    """

    lane: Lane
    runs: list[Run]
    successes: list[datetime]

    @property
    def last_success_at(self) -> datetime | None:
        """When it last succeeded, if ever."""
        if self.successes:
            return self.successes[-1]
        return self.lane.first[1] if self.lane.first else None


Gap = tuple[datetime, datetime]
"""A time without success, as it began and ended."""


class Turn(NamedTuple):
    """A spell: ``ended_at`` is empty for the present one."""

    headline: str
    severity: int
    actor: str
    reason: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Past:
    """What became of an account: its spells, and since when each channel is as it is."""

    spells: list[Turn]
    status_since: dict[Channel, datetime]


def tracks(life: Life, start: datetime) -> list[Track]:
    """The runs of each stream of an account from ``start`` on."""
    beats = _beats(life, start)
    return [_track(life, lane, place, beats, start) for place, lane in enumerate(life.lanes)]


def _beats(life: Life, start: datetime) -> list[datetime]:
    """When a round of syncs of the account ends, oldest first: never a whole day apart."""
    found = [life.now - life.age]
    while found[-1] > start - _DAY:
        found.append(found[-1] - timedelta(minutes=life.rng.randint(17 * 60, 22 * 60)))
    found.reverse()
    return found


def _track(life: Life, lane: Lane, place: int, beats: Sequence[datetime], start: datetime) -> Track:
    rng = life.rng
    size = rng.randint(40, 900) * (1 if lane.channel is Channel.AAA else 12)
    runs: list[Run] = []
    if lane.first is not None and lane.first[1] > start:
        runs.append(Run(*lane.first, "succeeded", None, size * 60))
    for number, span in enumerate(lane.spans):
        end = span.end or life.now
        if span.start > start and (number or lane.first is None):
            # As soon as it can sync again, it does.
            at = span.start + timedelta(seconds=rng.randint(240, 900) + 50 * place)
            runs += _succeeded(rng, at, size) if at < end else ()
        for beat in beats[bisect_left(beats, span.start + timedelta(hours=1)) :]:
            at = beat + timedelta(seconds=min(40 * place, 1500) + int(40 * rng.random()))
            if at >= end:
                break
            runs += _succeeded(rng, at, size)
    for stop in lane.stops:
        runs += _failed(life, stop)
    if lane.state == "running" and lane.progressed_at is not None:
        runs.append(Run(lane.progressed_at - timedelta(minutes=11), None, "running", None, 0))
    runs.sort(key=attrgetter("started_at"))
    good = [each.finished_at for each in runs if each.outcome == "succeeded" and each.finished_at]
    return Track(lane, [each for each in runs if each.started_at >= start], sorted(good))


def _succeeded(rng: random.Random, at: datetime, size: int) -> list[Run]:
    """A run that succeeded, now and then only at the second try."""
    # Drawn by the hundred thousand: plain random() is the quickest there is.
    begun = at - timedelta(seconds=90 + int(800 * rng.random()))
    good = Run(begun, at, "succeeded", None, int(size * (0.8 + 0.45 * rng.random())))
    if rng.random() > 0.02:
        return [good]
    failed = begun - timedelta(seconds=rng.randint(900, 2400))
    reason = rng.choice((Reason.THROTTLED, Reason.THROTTLED, Reason.AMAZON_OUTAGE))
    return [Run(failed - timedelta(seconds=40), failed, "failed", reason, 0), good]


def _failed(life: Life, stop: Stop) -> Iterator[Run]:
    """The runs that found the trouble, twice, and what was tried in vain until it had passed."""
    if stop.reason is None:
        return
    end = min(stop.end or life.now, life.now)
    at = [
        stop.start - timedelta(seconds=life.rng.randint(1, 50)),
        stop.start + timedelta(minutes=9),
    ]
    while stop.every is not None and len(at) < _TRIES:
        at.append(at[-1] + stop.every + timedelta(seconds=life.rng.randint(0, 600)))
    for each in at:
        if each < end:
            yield Run(each - timedelta(seconds=35), each, "failed", stop.reason, 0)


def past(life: Life, known: Sequence[Track], limits: Limits) -> Past:
    """Read the life back: every spell since the account was entered, the present one last."""
    gaps = _gaps(life, known)
    steps = [at for at, _ in life.steps]
    moments = sorted({*steps, *(edge for gap in gaps for edge in gap if edge <= life.now)})
    spells: list[Turn] = []
    statuses: dict[Channel, tuple[str, datetime]] = {}
    for at, until in zip(moments, [*moments[1:], life.now + timedelta(seconds=1)], strict=True):
        facts = life.steps[bisect_right(steps, at) - 1][1]
        shown, allowed = _seen(life, facts, gaps, at, limits)
        for moment, found in _assessed(shown, at, until, allowed):
            _turn(spells, found, moment)
            for channel, status in zip(Channel, (found.aaa, found.selling_partner), strict=True):
                if statuses.get(channel, ("",))[0] != status:
                    statuses[channel] = (status, moment)
    return Past(spells, {channel: since for channel, (_, since) in statuses.items()})


def _gaps(life: Life, known: Sequence[Track]) -> list[Gap]:
    """Where a required stream did not succeed for a day, or has not since: from and until."""
    later = life.now + _DAY
    required = set(life.channels)
    return [
        (before, after)
        for track in known
        if track.lane.channel in required and track.successes
        for before, after in zip(track.successes, [*track.successes[1:], later], strict=True)
        if after - before > _DAY or after is later
    ]


def _seen(
    life: Life,
    facts: Facts,
    gaps: Sequence[Gap],
    at: datetime,
    limits: Limits,
) -> tuple[Facts, Limits]:
    """What was known at a moment, and which limits count: outside the gaps no data gets old."""
    observed_at, telemetry = at, _CENTURY
    if life.observed_at is not None and at >= life.steps[-1][0]:
        observed_at, telemetry = life.observed_at, limits.telemetry
    gap = min((before for before, after in gaps if before <= at < after), default=None)
    freshness = limits.freshness if gap else _CENTURY
    # Outside the gaps the very age does not matter: one past every band never turns by itself.
    oldest = gap or at - timedelta(days=8)
    shown = replace(
        facts,
        observed_at=observed_at,
        sync=replace(facts.sync, oldest_success_at=oldest if facts.sync.first_synced_at else None),
    )
    return shown, replace(limits, freshness=freshness, telemetry=telemetry)


def _assessed(
    facts: Facts, at: datetime, until: datetime, limits: Limits
) -> Iterator[tuple[datetime, Assessment]]:
    """What was to be said from a moment on, each time that it changed by the passing of time."""
    moment: datetime | None = at
    while moment is not None and moment < until:
        found = assess(facts, moment, limits)
        yield moment, found
        moment = found.changes_at


def _turn(spells: list[Turn], found: Assessment, at: datetime) -> None:
    """Begin a new spell if what is said is new."""
    verdict = found.verdict
    reason = verdict.reason.value if verdict.reason else ""
    said = (verdict.headline.value, SEVERITY[verdict.headline], verdict.actor.value, reason)
    if spells and spells[-1][:4] == said:
        return
    if spells:
        if spells[-1].started_at == at:
            spells.pop()
        else:
            spells[-1] = spells[-1]._replace(ended_at=at)
    if spells and spells[-1][:4] == said:
        spells[-1] = spells[-1]._replace(ended_at=None)
    else:
        spells.append(Turn(*said, at, None))


def ages(life: Life, known: Sequence[Track], moments: Sequence[datetime]) -> Iterator[int | None]:
    """The account's sync age in seconds at each of these moments; nothing before its first sync."""
    required = [each.successes for each in known if each.lane.channel in set(life.channels)]
    for moment in moments:
        oldest: datetime | None = moment
        for successes in required:
            place = bisect_right(successes, moment)
            if not place:
                oldest = None
                break
            oldest = min(oldest or moment, successes[place - 1])
        yield None if oldest is None or not required else int((moment - oldest).total_seconds())
