"""Keeping the search words and the order of lists true to what accounts are called."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db import search
from dashboard.db.bulk import insert_many, update_many
from dashboard.db.counts import SearchWord
from dashboard.db.dialects import of_some
from dashboard.db.models import Account, AccountMarketplace, Contact, Organization

NAMES: Final = ("id", "sort_name", "name_folded", "strategist_id")
"""What an account copies from what it and its organization are called, and from whose they are."""

ACCOUNTS: Final = sa.select(
    Account.id, Account.name, Account.external_id, Account.merchant_id, Account.sort_name,
    Account.name_folded, Account.strategist_id, Account.organization_id,
    Organization.name.label("organization"), Organization.external_id.label("organization_key"),
    Organization.strategist_id.label("theirs"),
).join(Organization, Organization.id == Account.organization_id)  # fmt: skip
EMAILS: Final = sa.select(Contact.organization_id, Contact.email)
PLACES: Final = sa.select(
    AccountMarketplace.account_id, AccountMarketplace.profile_id, AccountMarketplace.sort_name
)
WORDS: Final = sa.delete(SearchWord)


def index(session: Session, account_ids: Sequence[int], *, fresh: bool = False) -> None:
    """Rewrite names in order, strategist and search words of these accounts.

    To be called, inside ``assess.changing``, whenever a name, an id, a contact, a marketplace or
    the strategist of an account or its organization has changed. A few queries per call; give it
    at most some thousand ids.

    Args:
        session: the open transaction.
        account_ids: the accounts.
        fresh: they were only just made, so that no words are there to take away.
    """
    if not account_ids:
        return
    session.flush()
    # Past the session, which would take longer to ask than the database to answer.
    connection = session.connection()
    accounts = of_some(connection, ACCOUNTS, Account.id, account_ids).all()
    owners = {row.organization_id for row in accounts}
    emails = _gathered(of_some(connection, EMAILS, Contact.organization_id, owners))
    joined = of_some(connection, PLACES, AccountMarketplace.account_id, account_ids).all()
    profiles = _gathered((row.account_id, row.profile_id) for row in joined if row.profile_id)
    names, found, orders = [], [], dict[int, str]()
    for row in accounts:
        orders[row.id] = sort_name = search.sort_name(row.organization, row.organization_id)
        named = sort_name, search.fold(row.name)[:80], row.theirs
        if named != (row.sort_name, row.name_folded, row.strategist_id):
            names.append(dict(zip(NAMES, (row.id, *named), strict=True)))
        known = [*emails.get(row.organization_id, []), *profiles.get(row.id, [])]
        found += [
            {"word": word, "sort_name": sort_name, "account_id": row.id}
            for word in _words(row, known)
        ]
    update_many(session, Account, names)
    # Whoever added a marketplace may have read the account before somebody else renamed it.
    stale = sorted({row.account_id for row in joined if row.sort_name != orders[row.account_id]})
    places = [{"account_id": each, "sort_name": orders[each]} for each in stale]
    update_many(session, AccountMarketplace, places, keys=["account_id"])
    if not fresh:
        of_some(connection, WORDS, SearchWord.account_id, account_ids)
    insert_many(session, SearchWord, found)


def _words(row: Any, known: Iterable[str]) -> list[str]:
    """By what an account of ``ACCOUNTS`` is found, with its addresses and profiles."""
    texts = (row.name, row.external_id, row.merchant_id, row.organization, row.organization_key)
    return sorted(search.words(*texts, *known))


def _gathered(pairs: Iterable[Any]) -> dict[int, list[str]]:
    gathered: dict[int, list[str]] = {}
    for key, value in pairs:
        gathered.setdefault(key, []).append(value)
    return gathered
