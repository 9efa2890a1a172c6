"""Saved views: names for addresses of the triage page."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from dashboard import clock
from dashboard.db.engine import transaction
from dashboard.db.triage import SavedView
from dashboard.errors import BadInput, NotFound
from dashboard.roles import Permission, Role, Staff

LONGEST: Final = 60
MOST: Final = 50
"""Views that one person may keep."""


def save(staff: Staff, name: str, query: Mapping[str, str], *, shared: bool) -> int:
    """Keep a view under a name; one's own of the same name is overwritten.

    Returns:
        The id of the view.

    Raises:
        NotAllowed: the role may not keep views.
        BadInput: the name is missing or too long, or they have too many.
    """
    staff.require(Permission.NOTE)
    known_as = " ".join(name.split())
    if not known_as or len(known_as) > LONGEST or not known_as.isprintable():
        raise BadInput(f"Give the view a name of at most {LONGEST} characters.")
    with transaction() as session:
        mine = sa.select(SavedView).where(SavedView.owner == staff.key)
        view = session.scalar(mine.where(SavedView.name == known_as).with_for_update())
        if view is None:
            held = session.scalar(sa.select(sa.func.count()).select_from(mine.subquery())) or 0
            if held >= MOST:
                raise BadInput(f"You have {MOST} views already: delete one first.")
            view = SavedView(
                owner=staff.key, owner_name=staff.name, name=known_as, created_at=clock.now()
            )
            session.add(view)
        view.query, view.shared = dict(query), shared
        session.flush()
        return view.id


def delete(staff: Staff, view_id: int) -> None:
    """Forget a view of one's own; admins may forget anybody's shared one.

    Raises:
        NotAllowed: the role may not keep views.
        NotFound: there is no such view of theirs.
    """
    staff.require(Permission.NOTE)
    with transaction() as session:
        view = session.get(SavedView, view_id)
        may = view is not None and (
            view.owner == staff.key or (view.shared and staff.role is Role.ADMIN)
        )
        if view is None or not may:
            raise NotFound("There is no such view of yours: reload the page.")
        session.delete(view)
