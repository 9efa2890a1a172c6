"""Which accounts a choice selects, how many they are, and the ids of one page of them.

Nothing here costs more as the fleet grows. Totals come from the tallies. A page is read from an
index that already stands in the order of the list; where none does, a selection of at most ``FEW``
is gathered and sorted, and a larger one is found by walking the list: its members come often.
What ``found`` says of a search decides in the same way: few accounts are gathered, the many of some
words are merged from the words' indexes, and others are met often enough by walking.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.counts import EVERYONE, UNASSIGNED, Tally
from dashboard.db.dialects import among, through_index
from dashboard.db.models import Account, AccountMarketplace
from dashboard.queries import found as searching
from dashboard.queries import silence
from dashboard.queries.choice import PAGE_SIZE, Choice, Sort

FEW: Final = 10_000
"""Selections up to this size are counted and sorted one by one."""

ORDERS: Final[dict[Sort, tuple[Any, ...]]] = {
    Sort.ORGANIZATION: (Account.sort_name, Account.id),
    Sort.ACCOUNT: (Account.name_folded, Account.id),
    Sort.URGENCY: (
        Account.severity.desc(),
        Account.headline_since.desc(),
        Account.id.desc(),
    ),
    Sort.OLDEST: (Account.oldest_sync_at.asc().nulls_last(), Account.id),
    Sort.CHANGED: (Account.headline_since.desc(), Account.id.desc()),
}
INDEXES: Final = {
    Sort.ORGANIZATION: "ix_accounts_in_order",
    Sort.ACCOUNT: "ix_accounts_in_order_of_name_folded",
    Sort.URGENCY: "ix_accounts_by_severity_headline_since",
    Sort.OLDEST: "ix_accounts_in_order_of_oldest_sync_at",
    Sort.CHANGED: "ix_accounts_in_order_of_headline_since",
}


@dataclass(frozen=True, slots=True)
class Total:
    """How many accounts a choice selects; where not ``exact``, there are at least ``accounts``."""

    accounts: int
    exact: bool = True


def tallied(choice: Choice) -> sa.Select[int]:
    """The sum over the tallies of the accounts that the plain filters of a choice allow.

    Here and in ``conditions``, the choice is in stored words (``silence.stored``).
    Search is not applied; with several marketplaces an account counts once for each it has joined.
    """
    return sa.select(sa.func.coalesce(sa.func.sum(Tally.accounts), 0)).where(
        Tally.strategist_id.in_(choice.strategist or (EVERYONE,)),
        Tally.marketplace_id.in_(choice.marketplace or ("",)),
        *plain(Tally, choice),
    )


def total(session: Session, choice: Choice) -> Total:
    """Count the accounts a choice selects: exactly, or up to ``FEW`` where that would cost more."""
    choice = silence.stored(session, choice)
    at_most = session.scalar(tallied(choice)) or 0
    if not choice.search and len(choice.marketplace) <= 1:
        return Total(at_most)
    if not at_most:
        return Total(0)
    chosen = sa.select(Account.id).where(*conditions(choice))
    if choice.search:
        found = searching.found(session, choice.search)
        if found.complete:
            return Total(len(_allowed(session, choice, found.ids)))
        if some := _of_first(session, choice, found.term):
            return Total(some, exact=False)
        chosen = chosen.where(*searching.matching(choice.search))
    elif at_most > FEW:
        chosen = through_index(chosen, Account, INDEXES[Sort.ORGANIZATION])
    count = session.scalar(sa.select(sa.func.count()).select_from(chosen.limit(FEW + 1).subquery()))
    return Total(min(count or 0, FEW), exact=(count or 0) <= FEW)


def page_ids(session: Session, choice: Choice) -> list[int]:
    """The ids of the accounts on one page, in the order of the list."""
    return ids(session, choice, choice.offset, PAGE_SIZE)


def ids(session: Session, choice: Choice, offset: int, limit: int) -> list[int]:
    """The ids of so many of the chosen accounts from a place on, in the order of the list."""
    choice = silence.stored(session, choice)
    at_most = session.scalar(tallied(choice)) or 0
    if not at_most:
        return []
    order = ORDERS[choice.sort]
    page = sa.select(Account.id).where(*conditions(choice)).order_by(*order)
    if choice.search:
        found = searching.found(session, choice.search)
        if found.complete:
            return _allowed(session, choice, found.ids)[offset : offset + limit]
        ordered = choice.sort is Sort.ORGANIZATION and bool(found.term)
        if words := searching.words(session, found.term) if ordered else ():
            page = searching.merged(choice.search, words, conditions(choice), offset + limit)
        else:
            page = page.where(*searching.matching(choice.search))
            page = through_index(page, Account, INDEXES[choice.sort])
    elif choice.sort is Sort.ORGANIZATION:
        page = _in_order(choice, offset + limit)
    elif at_most > FEW or not (choice.filtered or choice.strategist or choice.marketplace):
        page = through_index(page, Account, INDEXES[choice.sort])
    return list(session.scalars(page.offset(offset).limit(limit)))


def plain(table: Any, choice: Choice) -> list[sa.ColumnElement[bool]]:
    """The filters on columns that ``Account`` and ``Tally`` share, as conditions on one of them."""
    found = [getattr(table, name).in_(values) for name, values in choice.filtered.items()]
    if choice.besides:
        found.append(sa.or_(table.headline.in_(choice.besides), table.reason.in_(choice.reason)))
    return found


def conditions(choice: Choice) -> list[sa.ColumnElement[bool]]:
    """The filters of a choice as conditions on accounts; search is not among them."""
    found = plain(Account, choice)
    if choice.strategist:
        named = Account.strategist_id.in_([each for each in choice.strategist if each > 0])
        nobody = Account.strategist_id.is_(None)
        found.append(sa.or_(named, nobody) if UNASSIGNED in choice.strategist else named)
    if choice.marketplace:
        found.append(
            sa.exists().where(
                AccountMarketplace.account_id == Account.id,
                AccountMarketplace.marketplace_id.in_(choice.marketplace),
            )
        )
    return found


def found_ids(session: Session, choice: Choice) -> list[int] | None:
    """The ids of all chosen accounts of a search, or ``None`` where it finds too many."""
    found = searching.found(session, choice.search)
    wanted = silence.stored(session, choice)
    return _allowed(session, wanted, found.ids) if found.complete else None


def too_many_to_gather(session: Session, choice: Choice) -> bool:
    """Whether a search finds so many accounts that they are not looked at one by one."""
    return bool(choice.search) and not searching.found(session, choice.search).complete


def searched(session: Session, choice: Choice) -> list[sa.ColumnElement[bool]]:
    """The search of a choice as conditions on accounts, cheapest for its size; none if unused."""
    if not choice.search:
        return []
    found = searching.found(session, choice.search)
    if not found.complete:
        return searching.matching(choice.search)
    return [
        among(session, Account.id, found.ids),
        *searching.matching(choice.search, but_one=True),
    ]


def _in_order(choice: Choice, until: int) -> sa.Select[int]:
    """The list in its own order up to a place, from the index of one filter, merged by value."""
    wanted = conditions(choice)
    lists: list[Any] = []
    if len(choice.marketplace) == 1 and not choice.filtered and not choice.strategist:
        place = AccountMarketplace
        return (
            sa.select(place.account_id)
            .where(place.marketplace_id == choice.marketplace[0])
            .order_by(place.sort_name, place.account_id)
        )
    # Of the filters with several values only one can be merged: the one with the most values.
    name, values = max(choice.filtered.items(), key=lambda each: len(each[1]), default=("", ()))
    for value in values if len(values) > 1 else ():
        one = (
            sa.select(Account.id, Account.sort_name)
            .where(getattr(Account, name) == value, *wanted)
            .order_by(Account.sort_name, Account.id)
            .limit(until)
            .subquery()
        )
        lists.append(sa.select(one.c.id, one.c.sort_name))
    if not lists:
        return sa.select(Account.id).where(*wanted).order_by(Account.sort_name, Account.id)
    merged = sa.union_all(*lists).subquery()
    return sa.select(merged.c.id).order_by(merged.c.sort_name, merged.c.id)


def _of_first(session: Session, choice: Choice, term: str) -> int:
    """How many of the first that a term of very many finds pass the other terms and filters."""
    if not term:
        return 0
    first = searching.first_of(term).subquery()
    some = sa.select(sa.func.count(first.c.account_id.distinct()))
    if rest := [*searching.matching(choice.search, but_one=True), *conditions(choice)]:
        some = some.join(Account, Account.id == first.c.account_id).where(*rest)
    return session.scalar(some) or 0


def _allowed(session: Session, choice: Choice, ids: Collection[int]) -> list[int]:
    """Those of the found accounts that pass the other terms and the filters, in list order."""
    if not ids:
        return []
    return list(
        session.scalars(
            sa.select(Account.id)
            .where(
                among(session, Account.id, ids),
                *searching.matching(choice.search, but_one=True),
                *conditions(choice),
            )
            .order_by(*ORDERS[choice.sort])
        )
    )
