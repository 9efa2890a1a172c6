"""Keeping the tallies: counts follow the accounts, inside the transaction that changes them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.bulk import upsert
from dashboard.db.counts import EVERYONE, UNASSIGNED, Tally
from dashboard.db.models import Account, AccountMarketplace

Deltas = Counter[tuple[int | str, ...]]
"""How many accounts to add to (or take from) each tally, by primary key."""

KEY: Final = tuple(column.name for column in sa.inspect(Tally).primary_key)
_OF_ACCOUNT: Final = KEY[2:]
_PLACES: Final = sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id).where(
    AccountMarketplace.account_id.in_(sa.bindparam("ids", expanding=True))
)

_COLLECTED: Final = "tallies"
"""Under which a session holds the changes that are being collected."""


@contextmanager
def tallied(session: Session) -> Iterator[Deltas]:
    """Collect changes of counts, and write them when the outermost such block ends.

    That one is to be around all that a transaction does: many accounts share a count, so whoever
    has changed one keeps others waiting until the transaction ends. Written all in one go, they
    are locked in one order, so that two transactions cannot wait for each other.
    """
    around: Deltas | None = session.info.get(_COLLECTED)
    if around is not None:
        yield around
        return
    deltas: Deltas = Counter()
    session.info[_COLLECTED] = deltas
    try:
        yield deltas
    finally:
        del session.info[_COLLECTED]
    session.flush()
    write(session, deltas)


def write(session: Session, deltas: Deltas) -> None:
    """Add the collected changes to the stored counts."""
    rows = [
        dict(zip((*KEY, "accounts"), (*key, change), strict=True))
        for key, change in sorted(deltas.items())
        if change
    ]
    upsert(session, Tally, rows, add=["accounts"])


def shares(accounts: Iterable[Mapping[str, Any]]) -> Deltas:
    """What these accounts contribute to the tallies; one without a headline does not count yet.

    Args:
        accounts: their columns, those of ``KEY`` among them, and their ``marketplace_ids``.
    """
    found: Deltas = Counter()
    for account in accounts:
        if not account["headline"]:
            continue
        own = account["strategist_id"]
        key = tuple(account[name] for name in _OF_ACCOUNT)
        for place in ("", *account["marketplace_ids"]):
            found[UNASSIGNED if own is None else own, place, *key] += 1
            found[EVERYONE, place, *key] += 1
    return found


def places(connection: sa.Connection, account_ids: Sequence[int]) -> dict[int, list[str]]:
    """The marketplaces of each of these accounts."""
    found: dict[int, list[str]] = {}
    for account_id, place in connection.execute(_PLACES, {"ids": account_ids}):
        found.setdefault(account_id, []).append(place)
    return found


def recount(session: Session) -> Deltas:
    """The changes that would make the stored tallies equal a full count; none when right."""
    wrong: Deltas = Counter()
    rows = (*_counted(session), *_counted(session, AccountMarketplace.marketplace_id))
    for own, number, place, *key in map(tuple, rows):
        for scope in (UNASSIGNED if own is None else own, EVERYONE):
            wrong[scope, place, *key] += number
    for row in session.execute(sa.select(*Tally.__table__.c)):
        wrong[tuple(row[:-1])] -= row.accounts
    return Counter({key: change for key, change in wrong.items() if change})


def _counted(session: Session, *place: Any) -> Iterable[sa.Row[Any]]:
    """All accounts, counted by the columns of a tally, and by marketplace if that is given."""
    columns = (Account.strategist_id, *(Account.__table__.c[name] for name in _OF_ACCOUNT))
    counted = sa.select(
        columns[0], sa.func.count(), *(place or [sa.literal("")]), *columns[1:]
    ).where(Account.headline != "")
    if place:
        joined = AccountMarketplace.account_id == Account.id
        counted = counted.join(AccountMarketplace, joined)
    return session.execute(counted.group_by(*place, *columns))
