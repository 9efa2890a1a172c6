"""Advice for a country: add a marketplace to an account that is there, or add an account?

A seller's consent covers all marketplaces of a region (SP-API guide), so a further country there
needs no new account; another region, another merchant or the other type of business does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.dialects import through_index
from dashboard.db.models import Account, AccountMarketplace
from dashboard.marketplaces import Marketplace, marketplace
from dashboard.status import AccountType, ChannelStatus

NAMED: Final = 3
"""Accounts named of each kind: those that have the country, sellers and vendors that have not."""
WORKING: Final = frozenset({ChannelStatus.CONNECTED, ChannelStatus.EXPIRING})


class Do(StrEnum):
    """What is to be done about a country."""

    NOTHING = "Nothing to add"
    ADD_MARKETPLACE = "Add marketplace"
    ADD_ACCOUNT = "Add account"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account in the region of the country, and whether it has joined the country already."""

    id: int
    name: str
    type: AccountType
    selling_partner: ChannelStatus
    joined: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to do, to one account unless it is a new one, and why."""

    do: Do
    because: str
    account: Candidate | None = None


def advice(session: Session, organization_id: int, country: str) -> tuple[Advice, ...]:
    """What an organization can do about a country; large ones get their first accounts as examples.

    Args:
        session: an open session; nothing is written.
        organization_id: the organization.
        country: a country code.

    Raises:
        BadInput: no marketplace is known under this code.
    """
    place = marketplace(country)
    joined = sa.exists().where(
        AccountMarketplace.account_id == Account.id, AccountMarketplace.marketplace_id == place.id
    )
    there = sa.select(
        Account.id, Account.name, Account.type, Account.sp_api_status, joined.label("joined")
    ).where(Account.organization_id == organization_id, Account.region == place.region.value)
    found = [
        Candidate(
            row.id, row.name, AccountType(row.type), ChannelStatus(row.sp_api_status), row.joined
        )
        for some in (
            there.where(joined),
            *(there.where(~joined, Account.type == each.value) for each in AccountType),
        )
        for row in session.execute(
            through_index(some, Account, "ix_accounts_organization_id")
            .order_by(Account.name_folded, Account.id)
            .limit(NAMED)
        )
    ]
    return tuple(advise(place, found))


def advise(place: Marketplace, accounts: Sequence[Candidate]) -> list[Advice]:
    """Say what to do about a country, given the organization's accounts in its region."""
    told = [
        Advice(Do.NOTHING, f"It has {place.country} already.", each)
        for each in accounts
        if each.joined
    ]
    told += [
        Advice(Do.ADD_MARKETPLACE, _because(place, each), each)
        for each in accounts
        if not each.joined
    ]
    present = {each.type for each in accounts}
    region = place.region.words
    if not present:
        because = (
            f"The organization has no account in {region}, and a consent covers one region: the "
            f"customer connects a new account there, then chooses {place.country}."
        )
    elif len(present) < len(AccountType):
        missing = next(each for each in AccountType if each not in present)
        because = (
            f"Only for another merchant, or for a {missing} business: sellers and vendors are "
            "connected apart."
        )
    else:
        because = "Only for another merchant: each has an account of its own."
    return [*told, Advice(Do.ADD_ACCOUNT, because)]


def _because(place: Marketplace, account: Candidate) -> str:
    region, country = place.region.words, place.country
    profile = f"Its AAA login must have an advertising profile for {country}."
    if account.type is AccountType.VENDOR:
        return f"If the same vendor sells there, no new account is needed. {profile}"
    if account.selling_partner in WORKING:
        return (
            f"Its SP-API consent covers every marketplace in {region}, so the customer need not "
            f"confirm it again. {profile}"
        )
    return (
        f"An SP-API consent covers every marketplace in {region}. Its own is "
        f'"{account.selling_partner}" and has to be mended first. {profile}'
    )
