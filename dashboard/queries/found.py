"""What a search finds: the accounts that have, for each term, a word that begins with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db import search
from dashboard.db.counts import SearchWord
from dashboard.db.models import Account

GATHERED: Final = 5_000
"""Accounts that are gathered at most for one term."""
MERGED: Final = 20
"""Words that are merged at most for one term; an id has one word an account, a name few."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the most telling term of a search finds.

    ``complete`` says whether ``ids`` are all that it finds; if not, there are none, and ``term`` is
    one that begins words of more than ``GATHERED`` accounts.
    """

    ids: frozenset[int]
    complete: bool
    term: str = ""


def found(session: Session, typed: str) -> Found:
    """Look up the terms of a search, at most ``GATHERED`` entries of the index for each."""
    complete: frozenset[int] | None = None
    broadest = ""
    for term in search.terms(typed):
        # Counted before they are fetched: most of what too many cost is handing them over.
        if _are_many(session, term):
            broadest = broadest or term
            continue
        ids = frozenset(session.scalars(sa.select(SearchWord.account_id).where(*_begins(term))))
        complete = ids if complete is None else complete & ids
    if complete is not None:
        return Found(complete, complete=True)
    return Found(frozenset(), complete=False, term=broadest)


def first_of(term: str) -> sa.Select[int]:
    """The accounts of the first entries of the index for a term, which are more than can be."""
    return sa.select(SearchWord.account_id).where(*_begins(term)).limit(GATHERED + 1)


def matching(typed: str, *, but_one: bool = False) -> list[sa.ColumnElement[bool]]:
    """Conditions on accounts: each term begins one of its words.

    Args:
        typed: the search.
        but_one: leave out a search's only term, for accounts that were found by it.
    """
    terms = search.terms(typed)
    if but_one and len(terms) == 1:
        return []
    return [
        sa.exists().where(SearchWord.account_id == Account.id, *_begins(term)) for term in terms
    ] or [sa.true()]


def merged(
    typed: str, words: Sequence[str], wanted: Sequence[sa.ColumnElement[bool]], until: int
) -> sa.Select[int]:
    """The accounts of some words in list order, each once, up to the place ``until``.

    Args:
        typed: the search, whose other terms must match as well.
        words: the words, each with its accounts in list order in the index.
        wanted: further conditions on accounts.
        until: how many are read of each word.
    """
    more = [*matching(typed, but_one=True), *wanted]
    lists: list[Any] = []
    for word in words:
        one = sa.select(SearchWord.sort_name, SearchWord.account_id).where(SearchWord.word == word)
        if more:
            one = one.join(Account, Account.id == SearchWord.account_id).where(*more)
        part = one.order_by(SearchWord.sort_name, SearchWord.account_id).limit(until).subquery()
        lists.append(sa.select(part.c.sort_name, part.c.account_id))
    every = sa.union(*lists).subquery()
    return sa.select(every.c.account_id).order_by(every.c.sort_name, every.c.account_id)


def words(session: Session, term: str) -> tuple[str, ...]:
    """The words that begin with a term, or none where they are more than ``MERGED``.

    Each is found from the one before it, so that the accounts between are not read.
    """
    first = sa.select(sa.func.min(SearchWord.word).label("word")).where(*_begins(term))
    walk = first.cte("walk", recursive=True)
    following = (
        sa.select(sa.func.min(SearchWord.word))
        .where(SearchWord.word > walk.c.word, SearchWord.word < search.after(term))
        .scalar_subquery()
    )
    walk = walk.union_all(sa.select(following).where(walk.c.word.is_not(None)))
    read = session.scalars(
        sa.select(walk.c.word).where(walk.c.word.is_not(None)).limit(MERGED + 1)
    ).all()
    return tuple(read) if len(read) <= MERGED else ()


def _are_many(session: Session, term: str) -> bool:
    counted = sa.select(sa.func.count()).select_from(first_of(term).subquery())
    return (session.scalar(counted) or 0) > GATHERED


def _begins(term: str) -> list[sa.ColumnElement[bool]]:
    return [SearchWord.word >= term, SearchWord.word < search.after(term)]
