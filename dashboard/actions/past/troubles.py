"""What went wrong on a day, how soon it was noticed, and how soon customers had reconnected."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import spreads
from dashboard.actions.past.headlines import Turn
from dashboard.actions.past.places import Counts, Place
from dashboard.db.dialects import among
from dashboard.db.history import StatusSpell, SyncRun
from dashboard.db.models import Stream
from dashboard.status import BROKEN, Headline

KIND: Final = "trouble"
LOST: Final = frozenset({Headline.NEEDS_RECONNECT, Headline.NEEDS_PERMISSION})
"""Headlines that say that a connection was lost, which is to be noticed soon."""
TROUBLE: Final = (BROKEN | {Headline.LATE, Headline.AT_RISK, Headline.UNKNOWN}) - {
    Headline.NOT_CONNECTED
}
"""Headlines that mean trouble. Whoever is not connected yet is in none: see ``joining``."""
CHOSEN: Final = frozenset({Headline.PAUSED, Headline.DISCONNECTED, Headline.UNKNOWN})
"""What a lost connection may turn into without anybody having connected again."""
SOME: Final = 1000


class Stretch(NamedTuple):
    """A time in which an account had only some headlines; then it had ``after`` (if it ended)."""

    start: datetime
    end: datetime | None
    after: str


class Day:
    """Collects the troubles between two moments, as what began and ended passes by."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self.found: dict[Place, Counts] = {}
        self._lost: dict[int, Sequence[Place]] = {}

    def seen(self, turns: Iterable[Turn]) -> Iterator[Turn]:
        """Let turns pass."""
        for turn in turns:
            if self._holds(turn.at):
                if turn.began and turn.headline in TROUBLE:
                    self._add(turn.places, {"entered": {turn.reason or turn.headline: 1}})
                if turn.headline in LOST:
                    self._lost[turn.account_id] = turn.places
            yield turn

    def finish(self, session: Session) -> dict[Place, Counts]:
        """Look up how long it took; gives back all that was found."""
        ids = sorted(self._lost)
        for first in range(0, len(ids), SOME):
            self._measure(session, ids[first : first + SOME])
        return self.found

    def _measure(self, session: Session, account_ids: Sequence[int]) -> None:
        begun: list[tuple[int, datetime]] = []
        for account_id, spells in _spells(session, account_ids).items():
            where = self._lost[account_id]
            lost_at = [each.start for each in stretches(spells, LOST)]
            begun += [(account_id, at) for at in lost_at if self._holds(at)]
            for lost in stretches(spells, {Headline.NEEDS_RECONNECT}):
                if lost.end is not None and self._holds(lost.end) and lost.after not in CHOSEN:
                    self._add(where, {"reconnected": _one(lost.end - lost.start)})
        for account_id, start, worked_at in _last_successes(session, begun):
            self._add(self._lost[account_id], {"detected": _one(start - worked_at)})

    def _holds(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def _add(self, where: Iterable[Place], counts: Counts) -> None:
        for place in where:
            spreads.add(self.found.setdefault(place, {}), counts)


def stretches(
    spells: Sequence[tuple[str, datetime, datetime | None]], headlines: Collection[str]
) -> Iterator[Stretch]:
    """The times in which an account had only these headlines. Pure.

    Args:
        spells: headline, beginning and end of each spell of an account, oldest first.
        headlines: which.
    """
    start: datetime | None = None
    for headline, began, _ in spells:
        if headline in headlines:
            start = start or began
        elif start is not None:
            yield Stretch(start, began, headline)
            start = None
    if start is not None:
        yield Stretch(start, spells[-1][2], "")


def _one(length: timedelta) -> Counts:
    return {"times": 1, "seconds": int(length.total_seconds())}


def _spells(
    session: Session, account_ids: Sequence[int]
) -> dict[int, list[tuple[str, datetime, datetime | None]]]:
    rows = session.execute(
        sa.select(
            StatusSpell.account_id, StatusSpell.headline, StatusSpell.started_at,
            StatusSpell.ended_at,
        )
        .where(among(session, StatusSpell.account_id, account_ids))
        .order_by(StatusSpell.account_id, StatusSpell.started_at, StatusSpell.id)
    )  # fmt: skip
    found: dict[int, list[tuple[str, datetime, datetime | None]]] = {}
    for account_id, headline, started_at, ended_at in rows:
        found.setdefault(account_id, []).append((headline, started_at, ended_at))
    return found


def _last_successes(
    session: Session, begun: Sequence[tuple[int, datetime]]
) -> Iterator[tuple[int, datetime, datetime]]:
    """When the connection of an account was last seen to work before it was lost.

    That is the oldest of its streams' newest successes: what was lost has stopped first.
    """
    for account_id, start in begun:
        newest = (
            sa.select(SyncRun.finished_at)
            .where(
                SyncRun.stream_id == Stream.id, SyncRun.started_at <= start,
                SyncRun.outcome == "succeeded", SyncRun.finished_at <= start,
            )
            .order_by(SyncRun.started_at.desc())
            .limit(1)
        )  # fmt: skip
        known = session.scalars(
            sa.select(newest.scalar_subquery()).where(Stream.account_id == account_id)
        )
        worked = [each for each in known if each is not None]
        if worked:
            yield account_id, start, min(worked)
