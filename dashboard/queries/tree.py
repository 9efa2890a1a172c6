"""An organization as a tree: its regions, accounts, marketplaces and channels, with their status.

Of each region only the most urgent accounts are given, however many there are; all are counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db import facts as stored_facts
from dashboard.db.dialects import through_index
from dashboard.db.models import Account, AccountMarketplace, Stream
from dashboard.diagnosis import Actor
from dashboard.marketplaces import Marketplace, Region, marketplaces
from dashboard.queries import silence, standing
from dashboard.status import SEVERITY, ChannelFacts, ChannelStatus, Facts, Verdict

MOST_ACCOUNTS: Final = 20
"""Accounts shown of each region, the most urgent first."""
_HEADLINES: Final = {severity: headline.value for headline, severity in SEVERITY.items()}
_SEVERITIES: Final = {headline.value: severity for headline, severity in SEVERITY.items()}


class Kind(StrEnum):
    """The levels of the tree, from the root down."""

    ORGANIZATION = "organization"
    REGION = "region"
    ACCOUNT = "account"
    MARKETPLACE = "marketplace"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Level:
    """One place in the tree: how it is doing, who must act, and what it is made of.

    ``key`` is the id of an account, the code of a region or marketplace, the name of a channel;
    ``type`` is the type of an account.
    Above accounts, ``status`` is the most urgent of the accounts, ``accounts`` counts them all, and
    ``acting`` those on which each actor must act; ``parts`` may hold fewer. ``synced_at`` is the
    oldest last success, ``None`` where there is none; above accounts, of those not stopped.
    """

    kind: Kind
    key: int | str
    name: str
    status: str
    actor: str
    reason: str = ""
    type: str = ""
    synced_at: datetime | None = None
    since: datetime | None = None
    accounts: int = 1
    acting: tuple[tuple[Actor, int], ...] = ()
    parts: tuple["Level", ...] = ()

    @property
    def hidden(self) -> int:
        """How many accounts of a region are not among its parts."""
        return self.accounts - len(self.parts) if self.kind is Kind.REGION else 0


def tree(session: Session, organization_id: int, now: datetime) -> Level | None:
    """How an organization is doing, level by level; ``None`` while it has no account."""
    counts: dict[str, list[dict[str, Any]]] = {}
    # What someone chose to stop grows old without anybody minding.
    running = sa.case((Account.severity >= 0, Account.oldest_sync_at))
    rows = session.execute(
        sa.select(
            Account.region, Account.severity, Account.actor, sa.func.count().label("accounts"),
            sa.func.min(running).label("synced_at"),
        )
        .where(Account.organization_id == organization_id)
        .group_by(Account.region, Account.severity, Account.actor)
    )  # fmt: skip
    known = [dict(row._mapping) | {"headline": _HEADLINES[row.severity]} for row in rows]
    for row in silence.words(session, known):
        counts.setdefault(row["region"], []).append(row)
    if not counts:
        return None
    regions = [
        _sum(Kind.REGION, region.value, region.words, counts[region], parts)
        for region in Region
        if region in counts
        for parts in [_accounts(session, organization_id, region, now)]
    ]
    every = [row for rows in counts.values() for row in rows]
    return _sum(Kind.ORGANIZATION, organization_id, "", every, regions)


def _sum(
    kind: Kind, key: int | str, name: str, rows: Sequence[Mapping[str, Any]], parts: Sequence[Level]
) -> Level:
    """The level above accounts, from how many there are of each severity and actor."""
    worst = max(rows, key=lambda row: _SEVERITIES[row["headline"]])
    acting: Counter[Actor] = Counter()
    for row in rows:
        acting[Actor(row["actor"])] += row["accounts"]
    return Level(
        kind=kind,
        key=key,
        name=name,
        status=worst["headline"],
        actor=worst["actor"],
        synced_at=min((row["synced_at"] for row in rows if row["synced_at"]), default=None),
        accounts=acting.total(),
        acting=tuple((each, acting[each]) for each in Actor if acting[each]),
        parts=tuple(parts),
    )


def _accounts(session: Session, organization_id: int, region: str, now: datetime) -> list[Level]:
    """The most urgent accounts of a region, with all they are made of."""
    theirs = (
        sa.select(
            Account.id, Account.name, Account.type, Account.headline, Account.actor,
            Account.reason, Account.oldest_sync_at, Account.headline_since, Account.changes_at,
        )
        .where(Account.organization_id == organization_id, Account.region == region)
        .order_by(Account.severity.desc(), Account.name_folded, Account.id)
        .limit(MOST_ACCOUNTS)
    )  # fmt: skip
    rows = session.execute(through_index(theirs, Account, "ix_accounts_organization_id")).all()
    ids = [row.id for row in rows]
    facts = stored_facts.load(session, ids)
    streams = _streams(session, ids)
    return [
        Level(
            kind=Kind.ACCOUNT,
            key=row["id"],
            name=row["name"],
            type=row["type"],
            status=row["headline"],
            actor=row["actor"],
            reason=row["reason"],
            synced_at=row["oldest_sync_at"],
            since=row["headline_since"],
            parts=_parts(
                session, facts[row["id"]], streams[row["id"]],
                standing.held(row["changes_at"], now),
            ),
        )
        for row in silence.words(session, [dict(row._mapping) for row in rows])
    ]  # fmt: skip


def _streams(session: Session, ids: Sequence[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """The marketplaces of accounts, and by channel the streams of each."""
    found: dict[int, dict[str, dict[str, Any]]] = {each: {} for each in ids}
    joined = sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id)
    for account_id, place in session.execute(joined.where(AccountMarketplace.account_id.in_(ids))):
        found[account_id][place] = {}
    for row in session.execute(sa.select(*Stream.__table__.c).where(Stream.account_id.in_(ids))):
        found[row.account_id].setdefault(row.marketplace_id, {})[row.channel] = row
    return found


def _parts(
    session: Session, facts: Facts, streams: Mapping[str, Mapping[str, Any]], moment: datetime
) -> tuple[Level, ...]:
    """The marketplaces of an account; its channels, before it has any."""
    if not streams:
        return tuple(
            _channel(each, None, silence.verdict(session, standing.of_channel(facts, each, moment)))
            for each in facts.channels
        )
    parts = []
    for place in marketplaces().values():
        if place.id in streams:
            by_channel = streams[place.id]
            channels = [
                _channel(each, stream, silence.verdict(session, verdict))
                for each in facts.channels
                for stream in [by_channel.get(each.channel.value)]
                for verdict in [standing.of_stream(facts, each, stream, moment)]
            ]
            parts.append(_marketplace(place, facts, channels))
    return tuple(parts)


def _marketplace(place: Marketplace, facts: Facts, channels: Sequence[Level]) -> Level:
    """A marketplace of an account: as urgent as the most urgent of its required channels."""
    required = [
        level for level, each in zip(channels, facts.channels, strict=True) if each.required
    ] or channels
    worst = max(required, key=lambda level: _SEVERITIES.get(level.status, 0))
    ages = [level.synced_at for level in required if level.synced_at is not None]
    return Level(
        kind=Kind.MARKETPLACE,
        key=place.country_code,
        name=place.country,
        status=worst.status,
        actor=worst.actor,
        reason=worst.reason,
        synced_at=min(ages) if len(ages) == len(required) else None,
        parts=tuple(channels),
    )


def _channel(channel: ChannelFacts, stream: Any, verdict: Verdict) -> Level:
    status, actor, reason = verdict.headline.value, verdict.actor, verdict.reason
    if not channel.required and channel.consented_at is None:
        status, actor, reason = ChannelStatus.NOT_REQUIRED.value, Actor.NOBODY, None
    return Level(
        kind=Kind.CHANNEL,
        key=channel.channel.value,
        name=channel.channel.value,
        status=status,
        actor=actor.value,
        reason=reason.value if reason else "",
        synced_at=stream.last_success_at if stream is not None else None,
    )
