"""What a message says, from what is so at the moment it is sent."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.alerting import watching
from dashboard.alerts import Phase, wording
from dashboard.alerts.wording import Problem, Trouble
from dashboard.db.alerting import Alert, Notice, Route
from dashboard.db.models import Account, Organization
from dashboard.db.syncing import Incident
from dashboard.settings import settings
from dashboard.status import SEVERITY


@dataclass(frozen=True, slots=True)
class Composed:
    """A message. ``good``: it tells of an end. ``follows`` names the one whose end it tells."""

    title: str
    text: str = field(repr=False)
    good: bool = False
    follows: str = ""


def compose(session: Session, notice: Notice, now: datetime) -> Composed | None:
    """Find the words of a message; ``None`` if what it was to tell of has resolved meanwhile."""
    base = settings().web_base
    if notice.kind == "test":
        route = session.get_one(Route, notice.route_id)
        return Composed(*wording.trial(route.name, base), good=True)
    beginning = notice.kind == "opened"
    its = (Alert.notice_id if beginning else Alert.end_notice_id) == notice.id
    incident = session.execute(
        sa.select(Incident, Alert.notice_id)
        .join(Alert, Alert.incident_id == Incident.id)
        .where(its)
    ).first()
    if incident is not None:
        trouble = _trouble(incident[0])
        if beginning:
            return Composed(*wording.incident_opened(trouble, now, base))
        told = wording.incident_closed(trouble, base)
        return Composed(*told, good=True, follows=_named(session, incident[1]))
    if beginning:
        return _opened(session, its, now, base)
    first = _first(session, its)
    if not first:
        return None
    told = wording.ended(first, notice.problems, base)
    before = session.scalars(sa.select(Alert.notice_id).where(its).distinct().limit(2)).all()
    follows = _named(session, before[0]) if len(before) == 1 else ""
    good = all(each.ended_as in wording.WELL for each in first)
    return Composed(*told, good=good, follows=follows)


def name(notice: Notice) -> str:
    """How mail programs know a message, and find the one it follows; the same at each try."""
    return f"alert-{notice.id}-{int(notice.created_at.timestamp())}"


def drop(session: Session, notice: Notice) -> None:
    """Tell no end of what a message was to tell, and has resolved before it was sent."""
    watching.hold(session)
    over = sa.and_(Alert.notice_id == notice.id, Alert.phase == Phase.OVER)
    session.execute(sa.update(Alert).where(over).values(phase=Phase.DONE))


def _opened(
    session: Session, its: sa.ColumnElement[bool], now: datetime, base: str
) -> Composed | None:
    still = sa.and_(its, Alert.phase == Phase.TOLD)
    by_headline = sa.select(Alert.headline, sa.func.count()).where(still).group_by(Alert.headline)
    counts: dict[str, int] = dict(session.execute(by_headline).all())
    if not counts:
        return None
    gone = sa.select(sa.func.count()).select_from(Alert).where(its, Alert.phase != Phase.TOLD)
    passed = session.scalar(gone) or 0
    return Composed(*wording.opened(counts, _first(session, still), passed, now, base))


def _first(session: Session, which: sa.ColumnElement[bool]) -> list[Problem]:
    """Some problems of a message, the most urgent first."""
    urgency = sa.case(
        {each.value: severity for each, severity in SEVERITY.items()}, value=Alert.headline, else_=0
    )
    rows = session.execute(
        sa.select(
            Account.id, Account.name, Organization.name, Alert.headline, Alert.reason,
            Alert.opened_at, Alert.ended_at, Alert.ended_as,
        )
        .join(Account, Account.id == Alert.account_id)
        .join(Organization, Organization.id == Account.organization_id)
        .where(which)
        .order_by(urgency.desc(), Alert.id)
        .limit(wording.NAMED)
    )  # fmt: skip
    return [Problem(*row) for row in rows]


def _named(session: Session, notice_id: int | None) -> str:
    notice = session.get(Notice, notice_id) if notice_id is not None else None
    return name(notice) if notice is not None else ""


def _trouble(incident: Any) -> Trouble:
    return Trouble(
        incident.channel, incident.region, incident.ours, incident.customers, incident.share,
        incident.opened_at, incident.closed_at,
    )  # fmt: skip
