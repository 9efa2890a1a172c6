"""Reading how accounts have turned, and opening and ending alerts by it: each turn once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from dashboard import clock
from dashboard.alerts import Gap, Move, Phase, Reading, Rule, Turn, decide, told_of
from dashboard.alerts.rules import COVERS
from dashboard.db.alerting import Alert, AlertReading, Route
from dashboard.db.engine import transaction
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account
from dashboard.db.syncing import Incident
from dashboard.status import Headline

BATCH: Final = 1000
"""Spells read in one transaction."""
STEPS: Final = 200
"""Transactions of one run: what is left over is read by the next."""
GAPS: Final = 200
"""Gaps looked into with one statement."""
OPEN: Final = (Phase.NEW.value, Phase.TOLD.value)
SPELL: Final = (
    StatusSpell.id, StatusSpell.account_id, StatusSpell.headline, StatusSpell.reason,
    StatusSpell.started_at,
)  # fmt: skip


def watch(now: datetime | None = None) -> int:
    """Read what has turned since the last look; several who do it take turns.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        How many turns were read.
    """
    read = 0
    for _ in range(STEPS):
        step = _step(now or clock.now())
        read += step
        if step < BATCH:
            break
    return read


def hold(session: Session) -> None:
    """Keep others from changing alerts until the transaction ends; waits for who does."""
    session.execute(sa.select(AlertReading.id).with_for_update())


def skip(session: Session) -> None:
    """Take everything that has turned so far for known, in the open transaction."""
    latest = session.scalar(sa.select(sa.func.max(StatusSpell.id))) or 0
    session.execute(sa.update(AlertReading).values(position=latest, gaps=[]))


def _step(now: datetime) -> int:
    with transaction() as session:
        row = session.scalar(sa.select(AlertReading).with_for_update())
        if row is None:
            return 0
        seconds = int(now.timestamp())
        reading = Reading(row.position, tuple(Gap(*each) for each in row.gaps)).settled(seconds)
        late = _in_gaps(session, reading)
        new = session.execute(
            sa.select(*SPELL)
            .where(StatusSpell.id > reading.position)
            .order_by(StatusSpell.id)
            .limit(BATCH)
        ).all()
        reading = reading.filled(each.id for each in late)
        reading = reading.further([each.id for each in new], seconds)
        row.position = reading.position
        row.gaps = [[each.first, each.last, each.noticed] for each in reading.gaps]
        rules = _rules(session)
        _follow_incidents(session, rules, now)
        _follow(session, rules, [*late, *new])
        return len(late) + len(new)


def _in_gaps(session: Session, reading: Reading) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(reading.gaps), GAPS):
        some = reading.gaps[start : start + GAPS]
        within = sa.or_(*(StatusSpell.id.between(each.first, each.last) for each in some))
        found += session.execute(sa.select(*SPELL).where(within).order_by(StatusSpell.id)).all()
    return found


def _rules(session: Session) -> dict[int, tuple[Rule, datetime]]:
    """The rules of active routes, and since when they are asked for."""
    routes = session.scalars(sa.select(Route).where(Route.active).order_by(Route.id))
    return {
        each.id: (
            Rule(
                frozenset(each.headlines), frozenset(each.strategist_ids), frozenset(each.regions)
            ),
            each.created_at,
        )
        for each in routes
    }


def _follow_incidents(
    session: Session, rules: dict[int, tuple[Rule, datetime]], now: datetime
) -> None:
    """Open an alert for each incident that is open, and end it with the incident."""
    current = session.scalars(sa.select(Incident).where(Incident.closed_at.is_(None))).all()
    mine = Alert.incident_id.in_([each.id for each in current])
    told = session.execute(sa.select(Alert.route_id, Alert.incident_id).where(mine))
    known = {(each.route_id, each.incident_id) for each in told}
    for incident in current:
        headline = Headline.OUR_FIX if incident.ours else Headline.AMAZON_INCIDENT
        for route_id, (rule, since) in rules.items():
            wanted = told_of(rule, incident.region, ours=incident.ours)
            if wanted and incident.opened_at >= since and (route_id, incident.id) not in known:
                session.add(
                    Alert(
                        route_id=route_id, incident_id=incident.id, headline=headline.value,
                        reason=incident.outcome, phase=Phase.NEW, opened_at=incident.opened_at,
                    )
                )  # fmt: skip
    over = session.execute(
        sa.select(Alert, Incident.closed_at)
        .join(Incident, Incident.id == Alert.incident_id)
        .where(
            Alert.incident_id.is_not(None), Alert.phase.in_(OPEN), Incident.closed_at.is_not(None)
        )
    )
    for alert, closed_at in over:
        alert.phase = Phase.PASSED if alert.phase == Phase.NEW else Phase.OVER
        alert.ended_at = closed_at or now


@dataclass(slots=True)
class _Book:
    """The alerts that some accounts have open, by account and route, while turns are followed."""

    open: dict[int, dict[int, Alert]] = field(default_factory=lambda: defaultdict(dict))
    made: list[Alert] = field(default_factory=list)

    def turn(self, route_id: int, move: Move, row: Any) -> None:
        """Do what was decided of one turn."""
        held = self.open[row.account_id]
        if move in {Move.END, Move.REPLACE}:
            alert = held.pop(route_id)
            untold = alert.phase == Phase.NEW
            replaced = Phase.DONE if move is Move.REPLACE else Phase.OVER
            alert.phase = Phase.PASSED if untold else replaced
            alert.ended_at, alert.ended_as = row.started_at, row.headline
        if move in {Move.OPEN, Move.REPLACE}:
            alert = Alert(
                route_id=route_id, account_id=row.account_id, headline=row.headline,
                reason=row.reason, phase=Phase.NEW, opened_at=row.started_at,
            )  # fmt: skip
            held[route_id] = alert
            self.made.append(alert)


def _follow(session: Session, rules: dict[int, tuple[Rule, datetime]], rows: Sequence[Any]) -> None:
    """Open and end alerts by these turns, which stand in the order in which they happened."""
    if not rows:
        return
    accounts = {each.account_id for each in rows}
    known = sa.select(Alert).where(Alert.account_id.in_(accounts), Alert.phase.in_(OPEN))
    book = _Book()
    for alert in session.scalars(known):
        book.open[alert.account_id or 0][alert.route_id] = alert
    if not rules and not book.open:
        return
    ours = session.execute(
        sa.select(Incident.region, Incident.opened_at, Incident.closed_at).where(
            Incident.ours,
            sa.or_(
                Incident.closed_at.is_(None),
                Incident.closed_at >= min(each.started_at for each in rows),
            ),
        )
    ).all()
    nothing = Rule(frozenset())
    for row, turn in _turns(session, rows, ours):
        for route_id in sorted({*rules, *book.open[row.account_id]}):
            rule, since = rules.get(route_id, (nothing, row.started_at))
            held = book.open[row.account_id].get(route_id)
            move = decide(rule, turn, held.headline if held else None)
            if move is Move.OPEN and row.started_at < since:
                continue
            book.turn(route_id, move, row)
    session.add_all(book.made)


def _turns(session: Session, rows: Sequence[Any], ours: Iterable[Any]) -> list[tuple[Any, Turn]]:
    """The turns that these spells are, with what their accounts are and were before."""
    earlier = aliased(StatusSpell)
    before = (
        sa.select(sa.func.max(earlier.id))
        .where(
            earlier.account_id == StatusSpell.account_id,
            earlier.id < StatusSpell.id,
            earlier.headline.not_in(COVERS),
        )
        .correlate(StatusSpell)
        .scalar_subquery()
    )
    previous = aliased(StatusSpell)
    known = session.execute(
        sa.select(StatusSpell.id, Account.region, Account.strategist_id, previous.headline)
        .join(Account, Account.id == StatusSpell.account_id)
        .outerjoin(previous, previous.id == before)
        .where(StatusSpell.id.in_([each.id for each in rows]))
    )
    found = {each.id: each for each in known}
    turns = []
    for row in rows:
        _, region, strategist_id, headline = found[row.id]
        shared = row.headline == Headline.OUR_FIX and any(
            each.region in ("", region) and (each.closed_at or row.started_at) >= row.started_at
            for each in ours
        )
        turn = Turn(region, strategist_id, headline, row.headline, incident=shared)
        turns.append((row, turn))
    return turns
