"""Changing the vault's keys: everything sealed with another key is sealed anew with the first."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from dashboard import vault
from dashboard.actions.events import record
from dashboard.clock import now
from dashboard.db.alerting import Route
from dashboard.db.connecting import Message
from dashboard.db.engine import reading, transaction
from dashboard.db.models import Grant
from dashboard.roles import Permission, Staff

BATCH: Final = 500


def rotate(
    staff: Staff, on_progress: Callable[[int, int], object] = lambda _done, _all: None
) -> int:
    """Seal every refresh token with the first of the keys in the settings.

    Safe while everything runs, and to interrupt: each batch is kept, and the next run goes on
    where this one stopped. A token that is replaced meanwhile is left as it is: it is new.

    Args:
        staff: on whose behalf.
        on_progress: called with how many are done, and of how many.

    Returns:
        How many were sealed anew.

    Raises:
        NotAllowed: the role may not rotate keys.
        SealBroken: one was sealed with a key that the settings no longer hold; those before it
            are done.
    """
    staff.require(Permission.MANAGE_KEYS)
    key = vault.key_id()
    with reading() as session:
        whole = session.scalar(sa.select(sa.func.count()).select_from(Grant).where(*_old(key))) or 0
    done, after = 0, 0
    while rows := _next(key, after):
        after = rows[-1].id
        done += _reseal(rows)
        on_progress(done, whole)
    _reseal_mail()
    _reseal_routes()
    if done:
        with transaction() as session:
            record(session, staff, "keys_rotated", now(), key=key, grants=done)
    return done


def _old(key: str) -> list[sa.ColumnElement[bool]]:
    return [Grant.key_id != key]


def _next(key: str, after: int) -> Sequence[Any]:
    columns = (Grant.id, Grant.version, Grant.refresh_token)
    query = sa.select(*columns).where(*_old(key), Grant.id > after)
    with reading() as session:
        return session.execute(query.order_by(Grant.id).limit(BATCH)).all()


def _reseal(rows: Sequence[Any]) -> int:
    sealed = [(row, vault.reseal(row.refresh_token)) for row in rows if row.refresh_token]
    with transaction() as session:
        changed = [
            session.scalar(
                sa.update(Grant)
                .where(Grant.id == row.id, Grant.version == row.version)
                .values(refresh_token=new.text, key_id=new.key_id)
                .returning(Grant.id)
            )
            for row, new in sealed
        ]
    return len([each for each in changed if each is not None])


def _reseal_routes() -> None:
    """Routes of alerts are few."""
    with transaction() as session:
        for route in session.scalars(sa.select(Route).order_by(Route.id).with_for_update()):
            sealed = vault.reseal(route.target)
            route.target, route.key_id = sealed.text, sealed.key_id


def _reseal_mail() -> None:
    """Mail that waits holds a sealed address; there is never much of it."""
    with transaction() as session:
        waiting = session.scalars(
            sa.select(Message).where(Message.sealed_link.is_not(None)).with_for_update()
        )
        for message in waiting:
            message.sealed_link = vault.reseal(message.sealed_link or "").text
