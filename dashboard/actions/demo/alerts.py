"""Alerts of the demo: a company's routes, and what they were told lately. None is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import vault
from dashboard.actions.alerting import composing, watching
from dashboard.actions.alerting.routes import MAIL
from dashboard.alerts import Phase
from dashboard.db.alerting import Alert, Notice, Route
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account
from dashboard.settings import Mode, settings
from dashboard.status import Headline

READ: Final = timedelta(minutes=1)
"""From a turn to the message that tells of it."""
LATELY: Final = timedelta(days=10)
FEW: Final = 6
"""Problems, and ends of problems, of which each route is told."""
FAILURE: Final = "Mattermost could not be reached."


@dataclass(frozen=True, slots=True)
class Plan:
    """A route, as ``Route`` has it."""

    name: str
    service: str
    shown: str
    target: str
    headlines: tuple[Headline, ...]
    regions: tuple[str, ...] = ()
    quiet: tuple[int | None, int | None] = (None, None)
    time_zone: str = "UTC"
    active: bool = True


PLANS: Final = (
    Plan(
        "Operations", "slack", "slack://\N{HORIZONTAL ELLIPSIS}",
        "slack://T00000000/B00000000/" + "0" * 24,
        (Headline.OUR_FIX, Headline.AMAZON_INCIDENT, Headline.STUCK, Headline.LATE),
    ),
    Plan(
        "Customer care, EU", MAIL, "care@northwind.example", "care@northwind.example",
        (Headline.NEEDS_RECONNECT, Headline.NEEDS_PERMISSION), ("EU",), (22 * 60, 7 * 60),
        "Europe/Berlin",
    ),
    Plan(
        "Renewals", "mmosts", "mmosts://chat.northwind.example/\N{HORIZONTAL ELLIPSIS}",
        "mmosts://chat.northwind.example/" + "0" * 24, (Headline.EXPIRING,), active=False,
    ),
)  # fmt: skip


def write(session: Session, now: datetime) -> None:
    """Add the routes with their latest messages; what has turned so far is told to nobody."""
    watching.skip(session)
    if settings().mode is not Mode.DEMO:
        return
    happened = []
    for plan in PLANS:
        sealed = vault.seal(SecretStr(plan.target))
        route = Route(
            name=plan.name, service=plan.service, shown=plan.shown, target=sealed.text,
            key_id=sealed.key_id, strategist_ids=[], headlines=[*plan.headlines],
            regions=[*plan.regions], quiet_from=plan.quiet[0], quiet_until=plan.quiet[1],
            time_zone=plan.time_zone, active=plan.active, created_at=now - 3 * LATELY,
        )  # fmt: skip
        session.add(route)
        session.flush()
        for row in [*_over(session, route, now), *_open(session, route)]:
            happened += _happenings(route, row)
    # Numbered in the order in which they came.
    for at, kind, route, alert in sorted(happened, key=lambda each: each[0]):
        _tell(session, at, kind, route, alert)


def _happenings(route: Route, row: Any) -> list[tuple[datetime, str, Route, Alert]]:
    """When a problem was told, and when its end."""
    alert = Alert(
        route_id=route.id, account_id=row.account_id, headline=row.headline, reason=row.reason,
        phase=Phase.TOLD, opened_at=row.at,
    )  # fmt: skip
    found = [(row.at + READ, "opened", route, alert)]
    if row.ended_at is not None:
        alert.ended_at, alert.ended_as = row.ended_at, row.after
        found.append((row.ended_at + READ, "ended", route, alert))
    return found


def _tell(session: Session, at: datetime, kind: str, route: Route, alert: Alert) -> None:
    notice = Notice(route_id=route.id, kind=kind, problems=1, created_at=at, tries=1, sent_at=at)
    if not route.active:
        notice.sent_at, notice.failure = None, FAILURE
    session.add(notice)
    session.flush()
    if kind == "opened":
        alert.notice_id = notice.id
        session.add(alert)
    else:
        alert.end_notice_id, alert.phase = notice.id, Phase.DONE
    session.flush()
    message = composing.compose(session, notice, at)
    notice.title = message.title if message is not None else ""
    if not route.active:
        alert.phase = Phase.DONE


def _open(session: Session, route: Route) -> Sequence[Any]:
    """The newest problems that are there."""
    chosen = sa.select(
        Account.id.label("account_id"), Account.headline, Account.reason,
        Account.headline_since.label("at"), sa.null().label("ended_at"), sa.null().label("after"),
    ).where(*_of(route, Account.headline))  # fmt: skip
    return session.execute(chosen.order_by(Account.headline_since.desc()).limit(FEW)).all()


def _over(session: Session, route: Route, now: datetime) -> Sequence[Any]:
    """Problems of lately that are over, of accounts that are well now."""
    chosen = (
        sa.select(
            Account.id.label("account_id"), StatusSpell.headline, StatusSpell.reason,
            StatusSpell.started_at.label("at"), StatusSpell.ended_at,
            Account.headline.label("after"),
        )
        .join(Account, Account.id == StatusSpell.account_id)
        .where(
            StatusSpell.ended_at > now - LATELY, StatusSpell.ended_at == Account.headline_since,
            Account.headline == Headline.HEALTHY, *_of(route, StatusSpell.headline),
        )
    )  # fmt: skip
    return session.execute(chosen.order_by(StatusSpell.ended_at.desc()).limit(FEW)).all()


def _of(route: Route, headline: Any) -> list[sa.ColumnElement[bool]]:
    """What a route is told of account by account."""
    alone = set(route.headlines) - {Headline.AMAZON_INCIDENT}
    return [
        headline.in_(alone), *([Account.region.in_(route.regions)] if route.regions else []),
    ]  # fmt: skip
