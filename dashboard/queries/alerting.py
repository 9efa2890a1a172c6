"""The Alerts page: the routes, what was sent lately, and who gets a digest."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.alerts import Phase, Quiet
from dashboard.alerts.rules import UNASSIGNED
from dashboard.alerts.wording import SETTLED
from dashboard.db.alerting import Alert, Notice, Route
from dashboard.db.counts import Tally
from dashboard.db.models import StaffMember
from dashboard.errors import NotFound
from dashboard.queries.frames import MOMENT, frame

ROUTES: Final = {
    "id": "int64", "name": "str", "shown": "str", "headlines": "object", "owners": "str",
    "regions": "str", "quiet": "str", "active": "bool", "open": "int64", "last_at": MOMENT,
    "last_state": "str", "last_failure": "str",
}  # fmt: skip
NOTICES: Final = {
    "id": "int64", "created_at": MOMENT, "route": "str", "title": "str", "problems": "int64",
    "state": "str", "sent_at": MOMENT, "failure": "str",
}  # fmt: skip
MOST: Final = 100
"""Messages that are listed."""
MANY: Final = 1000
"""Open problems are counted up to here."""


class NoticeState(StrEnum):
    """What became of a message."""

    WAITING = "Waiting"
    SENT = "Sent"
    SETTLED = "Settled"
    FAILED = "Not delivered"


@dataclass(frozen=True, slots=True)
class Asked:
    """A route as its form shows it; of where it leads, only what anybody may see."""

    id: int
    name: str
    shown: str
    headlines: tuple[str, ...]
    strategist_ids: tuple[int, ...]
    regions: tuple[str, ...]
    quiet_from: int | None
    quiet_until: int | None
    time_zone: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message."""

    state: NoticeState
    failure: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who looks after accounts, and whether they get a daily digest."""

    id: int
    name: str
    digest: bool


def routes(session: Session) -> pd.DataFrame:
    """Every route, active ones first, by name.

    Returns:
        One row per route with the columns of ``ROUTES``. ``owners`` and ``regions`` are empty where
        all are meant; ``open`` counts problems told and not over, up to ``MANY``; the ``last_``
        columns are of its newest message.
    """
    names = _names(session)
    newest = sa.select(sa.func.max(Notice.id)).where(Notice.route_id == Route.id)
    rows = session.execute(
        sa.select(Route, Notice)
        .outerjoin(Notice, Notice.id == newest.correlate(Route).scalar_subquery())
        .order_by(Route.active.desc(), sa.func.lower(Route.name))
    ).all()
    return frame((_route(session, route, last, names) for route, last in rows), ROUTES)


def route(session: Session, route_id: int) -> Asked:
    """One route, for its form.

    Raises:
        NotFound: no such route.
    """
    found = session.get(Route, route_id)
    if found is None:
        raise NotFound("There is no such route: reload the page.")
    return Asked(
        found.id, found.name, found.shown, tuple(found.headlines), tuple(found.strategist_ids),
        tuple(found.regions), found.quiet_from, found.quiet_until, found.time_zone,
    )  # fmt: skip


def notices(session: Session, limit: int = MOST) -> pd.DataFrame:
    """The newest messages, newest first, with the columns of ``NOTICES``."""
    rows = session.execute(
        sa.select(Notice, Route.name)
        .join(Route, Route.id == Notice.route_id)
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return frame(
        (
            (
                each.id, each.created_at, name, each.title, each.problems, _state(each).value,
                each.sent_at, each.failure or "",
            )
            for each, name in rows
        ),
        NOTICES,
    )  # fmt: skip


def outcome(session: Session, notice_id: int) -> Outcome:
    """What became of one message.

    Raises:
        NotFound: no such message.
    """
    found = session.get(Notice, notice_id)
    if found is None:
        raise NotFound("There is no such message.")
    return Outcome(_state(found), found.failure or "", found.created_at)


def readers(session: Session) -> list[Reader]:
    """Everybody active who looks after accounts, by name; namesakes with their address."""
    looked_after = sa.select(Tally.strategist_id).where(
        Tally.marketplace_id == "", Tally.accounts > 0
    )
    rows = session.execute(
        sa.select(StaffMember.id, StaffMember.name, StaffMember.email, StaffMember.digest)
        .where(StaffMember.active, StaffMember.id.in_(looked_after))
        .order_by(StaffMember.name, StaffMember.id)
    )
    found = rows.all()
    shared = Counter(each.name for each in found)
    return [
        Reader(
            each.id,
            f"{each.name} ({each.email})" if shared[each.name] > 1 else each.name,
            each.digest,
        )
        for each in found
    ]


def _names(session: Session) -> dict[int, str]:
    rows = session.execute(sa.select(StaffMember.id, StaffMember.name))
    return {each.id: each.name for each in rows} | {UNASSIGNED: "Nobody"}


def _route(
    session: Session, route: Route, last: Notice | None, names: dict[int, str]
) -> tuple[Any, ...]:
    told = sa.select(Alert.id).where(Alert.route_id == route.id, Alert.phase == Phase.TOLD)
    count = sa.select(sa.func.count()).select_from(told.limit(MANY).subquery())
    quiet = Quiet(route.quiet_from, route.quiet_until, route.time_zone)
    return (
        route.id, route.name, route.shown, route.headlines,
        ", ".join(names.get(each, "") for each in route.strategist_ids), ", ".join(route.regions),
        str(quiet), route.active, session.scalar(count) or 0,
        (last.sent_at or last.created_at) if last else None,
        _state(last).value if last else "", (last.failure or "") if last else "",
    )  # fmt: skip


def _state(notice: Notice) -> NoticeState:
    if notice.sent_at is not None:
        return NoticeState.SENT
    if notice.due_at is not None:
        return NoticeState.WAITING
    return NoticeState.SETTLED if notice.failure == SETTLED else NoticeState.FAILED
