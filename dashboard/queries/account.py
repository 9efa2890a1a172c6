"""The Account page: one account, its two channels, and why it has the headline it has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db import facts as stored_facts
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Grant,
    Organization,
    StaffMember,
)
from dashboard.diagnosis import Actor, Channel, Reason, Remedy, playbook
from dashboard.errors import NotFound
from dashboard.marketplaces import countries
from dashboard.queries import silence, standing
from dashboard.settings import settings
from dashboard.status import ChannelFacts, ChannelStatus, Facts, Verdict, why

NAMED: Final = 20
"""Accounts on the same grant that are named; the others are counted."""
COUNTED: Final = 10_000
"""Accounts on the same grant are counted up to here."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Another account that uses the same grant."""

    id: int
    name: str
    organization: str


@dataclass(frozen=True, slots=True)
class Connection:
    """How one channel of an account stands, why, and who must act.

    ``remedy`` is empty where nothing is wrong. ``ends_at`` is when the consent ends, for SP-API.
    ``shared`` counts the other accounts that would fall with this grant (at most ``COUNTED``);
    ``neighbours`` names the first of them.
    """

    channel: Channel
    required: bool
    status: ChannelStatus
    since: datetime | None
    actor: Actor
    remedy: Remedy | None
    warning: Remedy | None
    identity: str
    consented_at: datetime | None
    ends_at: datetime | None
    checked_at: datetime | None
    shared: int
    neighbours: tuple[Shared, ...]


@dataclass(frozen=True, slots=True)
class Detail:
    """An account as its page shows it.

    ``why`` lists the rule behind the headline and the values it used: ``status.why``.
    """

    id: int
    external_id: str
    name: str
    type: str
    region: str
    merchant_id: str
    organization_id: int
    organization: str
    strategist: str
    marketplaces: tuple[str, ...]
    headline: str
    since: datetime | None
    actor: str
    remedy: Remedy | None
    reason_channel: str
    oldest_sync_at: datetime | None
    connections: tuple[Connection, ...]
    why: tuple[tuple[str, datetime | str | None], ...]


def detail(session: Session, account_id: int, now: datetime, *, last_known: bool = False) -> Detail:
    """One account with its channels.

    Args:
        session: an open session; nothing is written.
        account_id: any number; ids come from addresses that people type.
        now: aware UTC.
        last_known: as workers last reported, however long ago that is.

    Raises:
        NotFound: no account has this id.
    """
    row = session.execute(
        sa.select(
            *Account.__table__.c, Organization.name.label("organization"),
            StaffMember.name.label("strategist"),
        )
        .join(Organization, Organization.id == Account.organization_id)
        .outerjoin(StaffMember, StaffMember.id == Account.strategist_id)
        .where(Account.id == account_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(
            f"There is no account {account_id}: it may have been mistyped. "
            "Look for it by name under Accounts."
        )
    facts = stored_facts.load(session, [account_id])[account_id]
    moment = standing.held(row.changes_at, now)
    told, silent = dict(row._mapping), None if last_known else silence.since(session)
    if silent is not None:
        [told] = silence.words(session, [told])
    places = sa.select(AccountMarketplace.marketplace_id).where(
        AccountMarketplace.account_id == account_id
    )
    return Detail(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        type=row.type,
        region=row.region,
        merchant_id=row.merchant_id or "",
        organization_id=row.organization_id,
        organization=row.organization,
        strategist=row.strategist or "",
        marketplaces=tuple(countries(session.scalars(places))),
        headline=told["headline"],
        since=told["headline_since"],
        actor=told["actor"],
        remedy=remedy(told["reason"]),
        reason_channel=told["reason_channel"],
        oldest_sync_at=row.oldest_sync_at,
        connections=_connections(session, row, facts, moment, silent=silent is not None),
        why=tuple(
            why(facts, moment, settings().limits)
            if silent is None or told["headline"] == row.headline
            else silence.why(silent, row.headline)
        ),
    )


def remedy(reason: str | None) -> Remedy | None:
    """What the playbook says of a stored reason, if there is one."""
    return playbook()[Reason(reason)] if reason else None


def _connections(
    session: Session, account: Any, facts: Facts, moment: datetime, *, silent: bool
) -> tuple[Connection, ...]:
    rows = session.execute(
        sa.select(*AccountChannel.__table__.c, Grant.identity, Grant.expires_at)
        .outerjoin(Grant, Grant.id == AccountChannel.grant_id)
        .where(AccountChannel.account_id == account.id)
    )
    found = {row.channel: row for row in rows}
    stored = {Channel.AAA: account.aaa_status, Channel.SP_API: account.sp_api_status}
    made = []
    for each in facts.channels:
        status = ChannelStatus(stored[each.channel])
        verdict = standing.of_channel(facts, each, moment)
        if silent:
            status, verdict = silence.status(session, status), silence.verdict(session, verdict)
        made.append(_connection(session, found[each.channel], each, status, verdict))
    return tuple(made)


def _connection(
    session: Session, row: Any, channel: ChannelFacts, status: ChannelStatus, verdict: Verdict
) -> Connection:
    # What contradicts itself in the account as a whole may look well in one channel.
    found = remedy(verdict.reason or Reason.TELEMETRY_CONTRADICTORY)
    if status in standing.QUIET:
        found = None
    ends_at = row.expires_at
    if channel.channel is Channel.SP_API and channel.consented_at and ends_at is None:
        ends_at = channel.consented_at + settings().limits.consent
    shared, neighbours = _neighbours(session, row.grant_id, row.account_id)
    return Connection(
        channel=channel.channel,
        required=channel.required,
        status=status,
        since=row.status_since,
        actor=found.actor if found else Actor.NOBODY,
        remedy=found,
        warning=remedy(row.warning),
        identity=row.identity or "",
        consented_at=channel.consented_at,
        ends_at=ends_at,
        checked_at=row.checked_at,
        shared=shared,
        neighbours=neighbours,
    )


def _neighbours(
    session: Session, grant_id: int | None, account_id: int
) -> tuple[int, tuple[Shared, ...]]:
    """How many other accounts use this grant, and the first of them."""
    if grant_id is None:
        return 0, ()
    others = sa.select(AccountChannel.account_id).where(
        AccountChannel.grant_id == grant_id, AccountChannel.account_id != account_id
    )
    counted = session.scalar(
        sa.select(sa.func.count()).select_from(others.limit(COUNTED).subquery())
    )
    named = session.execute(
        sa.select(Account.id, Account.name, Organization.name)
        .join(Organization, Organization.id == Account.organization_id)
        .where(Account.id.in_(others.order_by(AccountChannel.account_id).limit(NAMED)))
        .order_by(Account.sort_name, Account.id)
    )
    return counted or 0, tuple(Shared(*row) for row in named)
