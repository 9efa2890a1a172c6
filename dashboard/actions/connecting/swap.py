"""Putting a verified consent in the place of the old one, for every account that shares it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import vault
from dashboard.actions import assess, tallies
from dashboard.actions.connecting import judge, shared
from dashboard.actions.events import record
from dashboard.actions.index import index
from dashboard.amazon.lwa import Tokens
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant, Stream
from dashboard.diagnosis import Channel
from dashboard.marketplaces import Region
from dashboard.roles import CUSTOMER
from dashboard.signals import CONSENT, Reach
from dashboard.status import AccountType

FIRST_CHECK: Final = timedelta(minutes=5)
"""How soon after a consent it is checked for the first time."""

# Everybody who comes back from Amazon asks these: made once.
WAKING: Final = (
    sa.update(Stream)
    .where(
        Stream.account_id == sa.bindparam("account"), Stream.channel == sa.bindparam("of_channel")
    )
    .values(
        due_at=sa.bindparam("at"),
        state=sa.case((Stream.state == "failed", "idle"), else_=Stream.state),
        failure=sa.case((Stream.state == "failed", None), else_=Stream.failure),
        failures=sa.case((Stream.state == "failed", 0), else_=Stream.failures),
    )
)  # fmt: skip
LACKING: Final = (
    sa.select(AccountMarketplace.marketplace_id, AccountChannel.channel)
    .join(AccountChannel, AccountChannel.account_id == AccountMarketplace.account_id)
    .where(
        AccountMarketplace.account_id == sa.bindparam("account"),
        AccountChannel.grant_id.is_not(None),
        ~sa.exists().where(
            Stream.account_id == AccountMarketplace.account_id,
            Stream.marketplace_id == AccountMarketplace.marketplace_id,
            Stream.channel == AccountChannel.channel,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Given:
    """A consent as Amazon gave it. ``region`` and ``reach`` are those of SP-API and AAA alone."""

    channel: Channel
    tokens: Tokens
    identity: str
    region: Region | None = None
    reach: Reach | None = None


def replace(session: Session, account: Account, given: Given, now: datetime) -> None:
    """Swap the account's consent: for all accounts on the old one if the new one serves them.

    The caller has verified that it serves this account.
    """
    old, users, together = _sharing(session, account, given)
    affected = sorted({*users, account.id}) if together else [account.id]
    with tallies.tallied(session) as deltas, assess.changing(session, deltas, affected, now):
        if old is not None and together:
            _fill(old, given, now)
            grant_id = old.id
        else:
            grant_id = insert(session, given, now)
        session.flush()
        for each in affected:
            use(session, session.get_one(Account, each), given.channel, grant_id, now)
        if given.channel is Channel.SP_API and account.type == AccountType.SELLER:
            account.merchant_id = account.merchant_id or given.identity
        add_streams(session, account, now)
        index(session, [account.id])
    kind = "connected" if old is None else "reconnected"
    for each in affected:
        other = {"with_account": account.external_id} if each != account.id else {}
        organization_id = session.get_one(Account, each).organization_id
        record(session, CUSTOMER, kind, now, organization_id=organization_id, account_id=each,
               channel=given.channel.value, **other)  # fmt: skip


def _sharing(
    session: Session, account: Account, given: Given
) -> tuple[Grant | None, list[int], bool]:
    """The old consent, the accounts on it, and whether the new one can serve them all.

    A seller's consent covers all their accounts of the region (SP-API guide); a login's serves
    another account only if it still reaches all of that account's marketplaces.
    """
    old = shared.grant_of(session, account.id, given.channel)
    known = (
        shared.seller_grant(session, given.identity, given.region)
        if given.channel is Channel.SP_API and given.region is not None
        else None
    )
    if known is not None and shared.is_anothers(session, known.id, account):
        # Whoever left another organization takes nothing of it along.
        known = None
    old = known or old
    users = shared.active_users(session, old.id) if old is not None else [account.id]
    others = [each for each in users if each != account.id]
    if given.channel is Channel.SP_API:
        return old, users, known is not None or not others
    served = given.reach is not None and all(
        judge.covers(shared.wanted(session, session.get_one(Account, each)), given.reach)
        for each in others
    )
    return old, users, served


def use(session: Session, account: Account, channel: Channel, grant_id: int, now: datetime) -> None:
    """Let a channel of an account use a consent that was just verified."""
    key = {"account_id": account.id, "channel": channel.value}
    # First, so that it is written together with what the caller has changed of the account.
    account.observed_at, account.disconnected_at = now, None
    row = session.get_one(AccountChannel, key)
    row.connected_at = row.connected_at if row.grant_id is not None else now
    before = row.grant_id
    row.grant_id, row.checked_at = grant_id, now
    row.problem = row.problem_since = row.warning = None
    row.incident = False
    row.doubt = row.doubted_at = None
    row.doubts = 0
    session.flush()
    if before is not None and before != grant_id:
        shared.let_go(session, [before])
    woken = {"account": account.id, "of_channel": channel.value, "at": now}
    session.connection().execute(WAKING, woken)


def add_streams(session: Session, account: Account, now: datetime) -> None:
    """Every marketplace is synced through every channel that has a consent."""
    for place, channel in session.execute(LACKING, {"account": account.id}).all():
        stream = Stream(account_id=account.id, marketplace_id=place, channel=channel)
        stream.added_at = stream.due_at = now
        session.add(stream)
    session.flush()


def insert(session: Session, given: Given, now: datetime) -> int:
    """Store a consent that no account uses yet.

    Returns:
        The grant's id.
    """
    grant = Grant(channel=given.channel.value, version=0, created_at=now)
    _fill(grant, given, now)
    session.add(grant)
    session.flush()
    return grant.id


def hold(session: Session, held: int | None, given: Given, now: datetime) -> int:
    """Store a consent that a link holds until the customer has chosen what it is used for.

    Args:
        session: the open transaction.
        held: the consent the link has held so far, whose place this one takes.
        given: the consent.
        now: aware UTC.

    Returns:
        The grant's id.
    """
    grant = session.get(Grant, held) if held is not None else None
    if grant is None or shared.users(session, grant.id):
        return insert(session, given, now)
    _fill(grant, given, now)
    session.flush()
    return grant.id


def _fill(grant: Grant, given: Given, now: datetime) -> None:
    """Put a new token into a grant; whoever still holds the old version sees that it is old."""
    sealed = vault.seal(given.tokens.refresh_token)
    access = vault.seal(given.tokens.access_token)
    grant.identity, grant.region = given.identity, given.region.value if given.region else None
    grant.consented_at = now
    grant.expires_at = now + CONSENT if given.channel is Channel.SP_API else None
    grant.refused_at = grant.doubted_at = grant.refreshing_until = None
    grant.refresh_token, grant.key_id = sealed.text, sealed.key_id
    grant.access_token, grant.access_ends_at = access.text, given.tokens.expires_at
    grant.check_due_at, grant.failures = now + FIRST_CHECK, 0
    grant.version += 1


def keep(grant_id: int, version: int, tokens: Tokens) -> None:
    """Keep the refresh token that came with an access token, should Amazon have sent another.

    Args:
        grant_id: the consent that was refreshed.
        version: of its token then; one that was replaced meanwhile is newer than what came.
        tokens: what came.
    """
    with transaction() as session:
        grant = session.scalar(
            sa.select(Grant).where(Grant.id == grant_id, Grant.version == version).with_for_update()
        )
        if grant is None or grant.refresh_token is None:
            return
        if vault.open_sealed(grant.refresh_token) == tokens.refresh_token:
            return
        sealed = vault.seal(tokens.refresh_token)
        grant.refresh_token, grant.key_id = sealed.text, sealed.key_id
        grant.version = version + 1
