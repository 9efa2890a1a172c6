"""Keeping the tallies: counts follow the accounts, inside the transaction that changes them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.bulk import upsert
from dashboard.db.counts import EVERYONE, UNASSIGNED, Tally
from dashboard.db.dialects import among_given
from dashboard.db.models import Account, AccountMarketplace

Deltas = Counter[tuple[int | str, ...]]
"""How many accounts to add to (or take from) each tally, by primary key."""

KEY: Final = tuple(column.name for column in sa.inspect(Tally).primary_key)
_OF_ACCOUNT: Final = tuple(Account.__table__.c[name] for name in KEY[2:])
FEW: Final = 20
"""Up to how many accounts are counted here rather than by the database, which is asked less so."""
_ONE_BY_ONE: Final = (
    sa.select(AccountMarketplace.marketplace_id, Account.id, Account.strategist_id, *_OF_ACCOUNT)
    .select_from(Account)
    .outerjoin(AccountMarketplace, AccountMarketplace.account_id == Account.id)
    .where(Account.id.in_(sa.bindparam("ids", expanding=True)), Account.headline != "")
)


@contextmanager
def tallied(session: Session) -> Iterator[Deltas]:
    """Collect changes of counts, and write them when the block ends.

    One block per transaction, around all its changes: rows are then locked in one order, so two
    transactions cannot wait for each other.
    """
    deltas: Deltas = Counter()
    yield deltas
    write(session, deltas)


def write(session: Session, deltas: Deltas) -> None:
    """Add the collected changes to the stored counts."""
    rows = [
        dict(zip((*KEY, "accounts"), (*key, change), strict=True))
        for key, change in sorted(deltas.items())
        if change
    ]
    upsert(session, Tally, rows, add=["accounts"])


def shares(session: Session, account_ids: Sequence[int] | None) -> Deltas:
    """What these accounts (all, if ``None``) contribute to the tallies as they are stored now."""
    if account_ids is not None and len(account_ids) <= FEW:
        return _of_few(session, account_ids)
    found: Deltas = Counter()
    dialect, given = session.get_bind().dialect.name, {"ids": account_ids}
    for by_marketplace in (False, True):
        chosen = _sharing(dialect, by_marketplace=by_marketplace, every=account_ids is None)
        for row in session.execute(chosen, {} if account_ids is None else given):
            *place, strategist_id = row[: -len(_OF_ACCOUNT) - 1]
            key = (place[0] if place else "", *row[-len(_OF_ACCOUNT) - 1 : -1])
            found[UNASSIGNED if strategist_id is None else strategist_id, *key] += row[-1]
            found[EVERYONE, *key] += row[-1]
    return found


def _of_few(session: Session, account_ids: Sequence[int]) -> Deltas:
    found: Deltas = Counter()
    if not account_ids:
        return found
    session.flush()
    seen: set[int] = set()
    rows = session.connection().execute(_ONE_BY_ONE, {"ids": account_ids})
    for place, account_id, strategist_id, *key in rows:
        for scope in (UNASSIGNED if strategist_id is None else strategist_id, EVERYONE):
            if account_id not in seen:
                found[scope, "", *key] += 1
            if place is not None:
                found[scope, place, *key] += 1
        seen.add(account_id)
    return found


@cache
def _sharing(dialect: str, *, by_marketplace: bool, every: bool) -> sa.Select[Any]:
    """The query of ``shares``: made once, because making it costs more than its answer."""
    columns = (Account.strategist_id, *_OF_ACCOUNT)
    query = sa.select(*columns, sa.func.count()).group_by(*columns)
    if by_marketplace:
        place = AccountMarketplace.marketplace_id
        joined = AccountMarketplace.account_id == Account.id
        query = (
            sa.select(place, *columns, sa.func.count())
            .join(AccountMarketplace, joined)
            .group_by(place, *columns)
        )
    query = query.where(Account.headline != "")
    return query if every else query.where(among_given(dialect, Account.id, "ids"))


def recount(session: Session) -> Deltas:
    """The changes that would make the stored tallies equal a full count; none when right."""
    wrong = shares(session, None)
    for row in session.execute(sa.select(*Tally.__table__.c)):
        wrong[tuple(row[:-1])] -= row.accounts
    return Counter({key: change for key, change in wrong.items() if change})
