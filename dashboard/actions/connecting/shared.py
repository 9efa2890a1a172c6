"""What consents need to know of accounts: what they are, who shares one, who is in the way."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.dialects import through_index
from dashboard.db.engine import exclusive
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region, marketplaces
from dashboard.merchants import spellings, stem
from dashboard.signals import Wanted, same
from dashboard.status import AccountType

# Everybody who comes back from Amazon asks these: made once.
PLACES: Final = sa.select(AccountMarketplace.marketplace_id, AccountMarketplace.profile_id).where(
    AccountMarketplace.account_id == sa.bindparam("account")
)
USED: Final = (
    sa.select(Grant)
    .join(AccountChannel, AccountChannel.grant_id == Grant.id)
    .where(
        AccountChannel.account_id == sa.bindparam("account"),
        AccountChannel.channel == sa.bindparam("channel"),
    )
)
GIVEN: Final = (
    sa.select(Grant)
    .where(
        Grant.identity == sa.bindparam("identity"),
        Grant.channel == Channel.SP_API.value,
        Grant.region == sa.bindparam("region"),
    )
    .order_by(Grant.id.desc())
    .limit(1)
)

NAMESAKES: Final = through_index(
    sa.select(Account.id, Account.merchant_id).where(
        Account.merchant_id.in_(sa.bindparam("written", expanding=True)),
        Account.type == sa.bindparam("type"), Account.region == sa.bindparam("region"),
        Account.id != sa.bindparam("account"), Account.disconnected_at.is_(None),
    ),
    Account, "ix_accounts_merchant_id",
)  # fmt: skip


class Offered(Protocol):
    """A profile, or a choice made of one."""

    @property
    def marketplace_id(self) -> str:
        """Amazon's id of the marketplace."""

    @property
    def merchant_id(self) -> str:
        """The advertiser's id there."""


def wanted(session: Session, account: Account) -> Wanted:
    """What an account is, for ``judge``."""
    rows = session.connection().execute(PLACES, {"account": account.id})
    return Wanted(
        AccountType(account.type),
        Region(account.region),
        account.merchant_id,
        {row.marketplace_id: row.profile_id for row in rows},
    )


def grant_of(session: Session, account_id: int, channel: Channel) -> Grant | None:
    """The consent a channel of an account uses."""
    return session.scalar(USED, {"account": account_id, "channel": channel.value})


def identity_of(session: Session, account_id: int, channel: Channel) -> str | None:
    """Who gave the consent a channel uses; ``None`` if there is none or Amazon never told us."""
    grant = grant_of(session, account_id, channel)
    if grant is None or ":" in grant.identity:
        return None
    return grant.identity


def users(session: Session, grant_id: int) -> list[int]:
    """The accounts that use a consent, by id: what is lost with it."""
    using = sa.select(AccountChannel.account_id).where(AccountChannel.grant_id == grant_id)
    return list(session.scalars(using.order_by(AccountChannel.account_id)))


def let_go(session: Session, grant_ids: Iterable[int]) -> None:
    """Forget the tokens of consents that no account uses: they are not checked any more.

    That they were given once stays on record, because checks refer to it.
    """
    used = sa.select(AccountChannel.account_id).where(AccountChannel.grant_id == Grant.id)
    session.execute(
        sa.update(Grant)
        .where(Grant.id.in_(list(grant_ids)), ~used.exists())
        .values(
            refresh_token=None, key_id=None, access_token=None, access_ends_at=None,
            expires_at=None, check_due_at=None, version=Grant.version + 1,
        )
        .execution_options(synchronize_session="fetch")
    )  # fmt: skip


def active_users(session: Session, grant_id: int) -> list[int]:
    """The accounts that use a consent and that nobody chose to disconnect."""
    active = sa.select(Account.id).where(
        Account.id.in_(users(session, grant_id)), Account.disconnected_at.is_(None)
    )
    return list(session.scalars(active.order_by(Account.id)))


def is_anothers(session: Session, grant_id: int, account: Account) -> bool:
    """Whether an account of another organization uses a consent, or did until it was stopped."""
    theirs = sa.select(Account.id).where(
        Account.id.in_(users(session, grant_id)), Account.organization_id != account.organization_id
    )
    return session.scalar(theirs.limit(1)) is not None


def seller_grant(session: Session, identity: str, region: Region) -> Grant | None:
    """The newest SP-API consent of a seller in a region."""
    return session.scalar(GIVEN, {"identity": identity, "region": region.value})


def lock_merchant(session: Session, merchant_id: str) -> None:
    """Let one transaction at a time connect a merchant, so that two cannot both be the first."""
    exclusive(session, f"merchant {stem(merchant_id)}")


def users_elsewhere(session: Session, account: Account, identity: str) -> list[int]:
    """Accounts of other organizations, in its region, that belong to this selling partner."""
    found = set(_namesakes(session, account, identity))
    # A vendor group's code is no merchant id: only the consent it once gave tells of it.
    grant = seller_grant(session, identity, Region(account.region))
    if grant is not None:
        found.update(active_users(session, grant.id))
    if not found:
        return []
    theirs = sa.select(Account.id).where(
        Account.id.in_(found), Account.organization_id != account.organization_id
    )
    return list(session.scalars(theirs.order_by(Account.id)))


def in_the_way(session: Session, account: Account, offers: Sequence[Offered]) -> list[int]:
    """Other accounts that one of these profiles is connected to already."""
    return sorted({each for found in _holders(session, account, offers).values() for each in found})


def taken(
    session: Session, account: Account, mine: Collection[str], profiles: Sequence[Offered]
) -> set[str]:
    """Ids of profiles that are connected already: to this account, or to another one.

    Args:
        session: the open transaction.
        account: the account they are offered to.
        mine: ids of the marketplaces it has.
        profiles: what is offered.
    """
    held = _holders(session, account, profiles)
    return {
        getattr(each, "id", "")
        for each in profiles
        if (each.marketplace_id in mine and account.merchant_id is not None)
        or (each.merchant_id, each.marketplace_id) in held
    }


def _holders(
    session: Session, account: Account, offers: Sequence[Offered]
) -> dict[tuple[str, str], set[int]]:
    """Other accounts by the merchant and marketplace that they are connected to already."""
    found: dict[tuple[str, str], set[int]] = {}
    for merchant in sorted({each.merchant_id for each in offers}):
        others = _namesakes(session, account, merchant)
        if not others:
            continue
        places = [each.marketplace_id for each in offers if each.merchant_id == merchant]
        rows = session.execute(
            sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id).where(
                AccountMarketplace.account_id.in_(others),
                AccountMarketplace.marketplace_id.in_(places),
            )
        )
        for account_id, place in rows:
            found.setdefault((merchant, place), set()).add(account_id)
    return found


def _namesakes(session: Session, account: Account, merchant_id: str) -> list[int]:
    """Other accounts of this type and region that are not disconnected and of this merchant."""
    kind = AccountType(account.type)
    written = spellings(merchant_id) if kind is AccountType.SELLER else {merchant_id}
    asked = {"written": list(written), "type": account.type, "region": account.region}
    found = session.execute(NAMESAKES, asked | {"account": account.id})
    return [
        each.id for each in found if each.merchant_id and same(kind, each.merchant_id, merchant_id)
    ]


def codes(marketplace_id: Iterable[str]) -> str:
    """Country codes, as history says marketplaces."""
    known = marketplaces()
    return ", ".join(known[each].country_code for each in marketplace_id if each in known)


def fingerprint(ids: Iterable[str]) -> str:
    """A short name for a set of ids."""
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()[:12]
