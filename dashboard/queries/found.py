"""What a search finds: the accounts that have, for each term, a word that begins with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db import search
from dashboard.db.models import Account, SearchWord

GATHERED: Final = 5_000
"""Accounts that are gathered at most for one term."""
MERGED: Final = 20
"""Words that are merged at most for one term; an id has one word an account, a name few."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the most telling term of a search finds.

    ``complete`` says whether ``ids`` are all that it finds; if not, they are the first in list
    order of some of its words, and ``words`` are all of its words where these are not too many.
    """

    ids: frozenset[int]
    complete: bool
    words: tuple[str, ...] = ()


def found(session: Session, typed: str) -> Found:
    """Look up the terms of a search, at most ``GATHERED`` entries of the index for each."""
    complete: frozenset[int] | None = None
    some: frozenset[int] = frozenset()
    broadest = ""
    for term in search.terms(typed):
        ids = session.scalars(
            sa.select(SearchWord.account_id).where(*_begins(term)).limit(GATHERED + 1)
        ).all()
        if len(ids) <= GATHERED:
            complete = frozenset(ids) if complete is None else complete & frozenset(ids)
        elif not some:
            some, broadest = frozenset(ids), term
    if complete is not None:
        return Found(complete, complete=True)
    return Found(some, complete=False, words=_words(session, broadest) if broadest else ())


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


def _words(session: Session, term: str) -> tuple[str, ...]:
    """The words that begin with a term, or none where they are more than ``MERGED``.

    Each is found from the one before it, so that the accounts between are not read.
    """
    words: list[str] = []
    last, least = "", SearchWord.word >= term
    while len(words) <= MERGED:
        word = session.scalar(
            sa.select(SearchWord.word)
            .where(SearchWord.word > last if words else least, SearchWord.word < search.after(term))
            .order_by(SearchWord.word)
            .limit(1)
        )
        if word is None:
            return tuple(words)
        words.append(word)
        last = word
    return ()


def _begins(term: str) -> list[sa.ColumnElement[bool]]:
    return [SearchWord.word >= term, SearchWord.word < search.after(term)]
