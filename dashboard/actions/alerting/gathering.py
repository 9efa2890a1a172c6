"""Making messages of alerts: what there is to tell a route at one time is one message."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions.alerting import watching
from dashboard.alerts import Phase, Quiet
from dashboard.db.alerting import Alert, Notice, Route
from dashboard.db.engine import reading, transaction

WAITING: Final = (Phase.NEW.value, Phase.OVER.value, Phase.PASSED.value)


def gather(now: datetime | None = None) -> int:
    """Make messages of what waits to be told, but for routes whose quiet hours it is.

    Args:
        now: aware UTC; the present unless given.

    Returns:
        How many messages were made.
    """
    moment = now or clock.now()
    waits = sa.exists().where(Alert.route_id == Route.id, Alert.phase.in_(WAITING))
    with reading() as session:
        routes = session.scalars(sa.select(Route.id).where(Route.active, waits)).all()
    return sum(_gather(each, moment) for each in routes)


def _gather(route_id: int, now: datetime) -> int:
    with transaction() as session:
        watching.hold(session)
        route = session.get(Route, route_id)
        if route is None or not route.active:
            return 0
        if Quiet(route.quiet_from, route.quiet_until, route.time_zone).holds(now):
            return 0
        _forget_untold(session, route_id)
        made = _incidents(session, route_id, now)
        made += _tell_of(session, route_id, now)
        return made + _end(session, route_id, now)


def _forget_untold(session: Session, route_id: int) -> None:
    """No end is told of what was never told, or of a message that was given up."""
    lost = sa.select(Notice.id).where(Notice.due_at.is_(None), Notice.sent_at.is_(None))
    session.execute(
        sa.update(Alert)
        .where(
            Alert.route_id == route_id, Alert.phase == Phase.OVER,
            sa.or_(Alert.notice_id.is_(None), Alert.notice_id.in_(lost)),
        )
        .values(phase=Phase.DONE)
    )  # fmt: skip
    session.execute(
        sa.update(Alert)
        .where(
            Alert.route_id == route_id, Alert.phase == Phase.PASSED, Alert.incident_id.is_not(None)
        )
        .values(phase=Phase.DONE)
    )


def _tell_of(session: Session, route_id: int, now: datetime) -> int:
    """One message of all that is new; what came and went meanwhile is a line of it, or nothing."""
    mine = (Alert.route_id == route_id, Alert.incident_id.is_(None))
    new = session.scalar(
        sa.select(sa.func.count()).select_from(Alert).where(*mine, Alert.phase == Phase.NEW)
    )
    passed = sa.update(Alert).where(*mine, Alert.phase == Phase.PASSED)
    if not new:
        session.execute(passed.values(phase=Phase.DONE))
        return 0
    notice_id = _notice(session, route_id, "opened", new, now)
    session.execute(passed.values(phase=Phase.DONE, notice_id=notice_id))
    session.execute(
        sa.update(Alert)
        .where(*mine, Alert.phase == Phase.NEW)
        .values(phase=Phase.TOLD, notice_id=notice_id)
    )
    return 1


def _incidents(session: Session, route_id: int, now: datetime) -> int:
    """A message for each incident, at its beginning and at its end."""
    mine = (Alert.route_id == route_id, Alert.incident_id.is_not(None))
    made = 0
    for alert in session.scalars(sa.select(Alert).where(*mine, Alert.phase == Phase.NEW)):
        alert.phase, alert.notice_id = Phase.TOLD, _notice(session, route_id, "opened", 1, now)
        made += 1
    for alert in session.scalars(sa.select(Alert).where(*mine, *_ended())):
        alert.phase, alert.end_notice_id = Phase.DONE, _notice(session, route_id, "ended", 1, now)
        made += 1
    return made


def _end(session: Session, route_id: int, now: datetime) -> int:
    """One message of all that is over, of what was told."""
    over = (Alert.route_id == route_id, Alert.incident_id.is_(None), *_ended())
    count = session.scalar(sa.select(sa.func.count()).select_from(Alert).where(*over))
    if not count:
        return 0
    notice_id = _notice(session, route_id, "ended", count, now)
    session.execute(sa.update(Alert).where(*over).values(phase=Phase.DONE, end_notice_id=notice_id))
    return 1


def _ended() -> tuple[Any, ...]:
    told = sa.select(Notice.id).where(Notice.id == Alert.notice_id, Notice.sent_at.is_not(None))
    return Alert.phase == Phase.OVER, told.correlate(Alert).exists()


def _notice(session: Session, route_id: int, kind: str, problems: int, now: datetime) -> int:
    notice = Notice(route_id=route_id, kind=kind, problems=problems, created_at=now, due_at=now)
    session.add(notice)
    session.flush()
    return notice.id
