"""Who is told of what: the routes of alerts, kept by admins."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock, targets, vault
from dashboard.actions.alerting import watching
from dashboard.actions.events import record
from dashboard.actions.staff import email_address
from dashboard.alerts import Phase
from dashboard.alerts.rules import UNASSIGNED, WORTH_TELLING
from dashboard.db.alerting import Alert, Notice, Route
from dashboard.db.engine import transaction
from dashboard.db.models import StaffMember
from dashboard.errors import BadInput, NotFound
from dashboard.marketplaces import Region
from dashboard.roles import Permission, Staff
from dashboard.targets.known import refuse_inside

MAIL: Final = "mail"
"""``Route.service`` of those whose target is an e-mail address."""
DAY: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Wish:
    """What a route is to be told of, and when not; see ``Route`` and ``alerts.Rule``."""

    name: str
    headlines: tuple[str, ...]
    strategist_ids: tuple[int, ...] = ()
    regions: tuple[str, ...] = ()
    quiet_from: int | None = None
    quiet_until: int | None = None
    time_zone: str = "UTC"


def add(staff: Staff, target: SecretStr, wish: Wish) -> int:
    """Add a route. What was a problem before is not told to it.

    Args:
        staff: who adds it.
        target: an e-mail address, or an address that ``targets`` knows.
        wish: what it is told of.

    Returns:
        The id of the new route.

    Raises:
        NotAllowed: the role may not change who is alerted.
        BadInput: target, name or a condition cannot be used.
    """
    staff.require(Permission.MANAGE_ALERTS)
    # Before the transaction: it may ask for the name of a host.
    where = _sealed(target)
    with transaction() as session:
        values = _checked(session, wish)
        route = Route(**values, **where, active=True, created_at=clock.now())
        session.add(route)
        _save(session, route)
        _record(session, staff, "route_added", route)
        return route.id


def change(staff: Staff, route_id: int, wish: Wish, target: SecretStr | None = None) -> None:
    """Have a route told of other things, or, with a ``target``, elsewhere.

    Raises:
        NotAllowed: the role may not change who is alerted.
        NotFound: no such route.
        BadInput: target, name or a condition cannot be used.
    """
    staff.require(Permission.MANAGE_ALERTS)
    where = _sealed(target) if target is not None else {}
    with transaction() as session:
        values = _checked(session, wish)
        route = _find(session, route_id)
        for name, value in (values | where).items():
            setattr(route, name, value)
        _save(session, route)
        _record(session, staff, "route_changed", route)


def deactivate(staff: Staff, route_id: int) -> None:
    """Tell a route nothing more; what it was told of is forgotten.

    Raises:
        NotAllowed: the role may not change who is alerted.
        NotFound: no such route.
    """
    staff.require(Permission.MANAGE_ALERTS)
    with transaction() as session:
        watching.hold(session)
        route = _find(session, route_id)
        if not route.active:
            return
        route.active = False
        open_ = sa.and_(Alert.route_id == route_id, Alert.phase != Phase.DONE)
        session.execute(sa.update(Alert).where(open_).values(phase=Phase.DONE))
        _record(session, staff, "route_deactivated", route)


def reactivate(staff: Staff, route_id: int) -> None:
    """Tell a route again of what happens from now on.

    Raises:
        NotAllowed: the role may not change who is alerted.
        NotFound: no such route.
    """
    staff.require(Permission.MANAGE_ALERTS)
    with transaction() as session:
        route = _find(session, route_id)
        if route.active:
            return
        route.active, route.created_at = True, clock.now()
        _record(session, staff, "route_reactivated", route)


def try_out(staff: Staff, route_id: int) -> int:
    """Have a worker send a test message to a route, also in its quiet hours.

    Returns:
        The id of the notice, by which what became of it can be asked for.

    Raises:
        NotAllowed: the role may not change who is alerted.
        NotFound: no such route.
        BadInput: the route is not active.
    """
    staff.require(Permission.MANAGE_ALERTS)
    now = clock.now()
    with transaction() as session:
        route = _find(session, route_id)
        if not route.active:
            raise BadInput("This route is switched off: reactivate it first.")
        notice = Notice(route_id=route_id, kind="test", problems=0, created_at=now, due_at=now)
        session.add(notice)
        session.flush()
        _record(session, staff, "route_tested", route)
        return notice.id


def want_digest(staff: Staff, people: Collection[int], wanted: Collection[int]) -> None:
    """Have some people get a daily digest.

    Args:
        staff: who decides it.
        people: ids of the members of staff it is decided for; others keep what they have.
        wanted: those of them who get it.

    Raises:
        NotAllowed: the role may not change who is alerted.
    """
    staff.require(Permission.MANAGE_ALERTS)
    with transaction() as session:
        theirs = sa.select(StaffMember).where(StaffMember.id.in_(people)).order_by(StaffMember.id)
        for each in session.scalars(theirs.with_for_update()):
            if each.digest is not (each.id in wanted):
                each.digest = not each.digest
                kind = "digest_begun" if each.digest else "digest_stopped"
                record(session, staff, kind, clock.now(), member=each.name)


def _sealed(target: SecretStr) -> dict[str, Any]:
    """The columns of a target that may be used."""
    text = target.get_secret_value().strip()
    if not text:
        raise BadInput("Say where alerts go: an e-mail address, or the address of a webhook.")
    if "://" not in text:
        address = email_address(text)
        service, shown = MAIL, address
        text = address
    else:
        known = targets.read(target)
        refuse_inside(known)
        service, shown = known.schema, known.shown
    sealed = vault.seal(SecretStr(text))
    return {"service": service, "shown": shown, "target": sealed.text, "key_id": sealed.key_id}


def _checked(session: Session, wish: Wish) -> dict[str, Any]:
    """The columns of a wish that makes sense."""
    name = " ".join(wish.name.split())
    if not name or len(name) > 100 or not name.isprintable():
        raise BadInput("Give the route a name, in at most 100 characters.")
    if not wish.headlines or not set(wish.headlines) <= set(WORTH_TELLING):
        raise BadInput("Choose at least one status that the route is told of.")
    if not set(wish.regions) <= set(Region):
        raise BadInput("Choose regions from the list.")
    people = set(wish.strategist_ids) - {UNASSIGNED}
    known = session.scalars(sa.select(StaffMember.id).where(StaffMember.id.in_(people)))
    if set(known) != people:
        raise BadInput("Choose owners from the list: somebody is not on it any more.")
    minutes = (wish.quiet_from, wish.quiet_until)
    if any(each is not None and not 0 <= each < DAY for each in minutes) or (
        (wish.quiet_from is None) is not (wish.quiet_until is None)
    ):
        raise BadInput("Quiet hours need a beginning and an end.")
    if not clock.is_time_zone(wish.time_zone):
        raise BadInput("Choose a time zone from the list.")
    return {
        "name": name, "headlines": [str(each) for each in wish.headlines],
        "strategist_ids": list(wish.strategist_ids),
        "regions": [str(each) for each in wish.regions],
        "quiet_from": wish.quiet_from, "quiet_until": wish.quiet_until,
        "time_zone": wish.time_zone,
    }  # fmt: skip


def _save(session: Session, route: Route) -> None:
    try:
        session.flush()
    except sa.exc.IntegrityError as error:
        raise BadInput(f"A route is called {route.name} already: give another name.") from error


def _find(session: Session, route_id: int) -> Route:
    route = session.scalar(sa.select(Route).where(Route.id == route_id).with_for_update())
    if route is None:
        raise NotFound("There is no such route: reload the page.")
    return route


def _record(session: Session, staff: Staff, kind: str, route: Route) -> None:
    record(session, staff, kind, clock.now(), name=route.name, to=route.shown)
