"""Rows -> facts: what ``status`` needs to know of an account, read for many accounts at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Grant, Stream
from dashboard.diagnosis import Channel, Reason
from dashboard.status import AccountType, ChannelFacts, Facts, Step, SyncFacts

WORKING = ("queued", "running")

# Whatever changes an account asks these: made once, because making one costs more than its answer.
_IDS: Final[sa.BindParameter[Any]] = sa.bindparam("ids", expanding=True)
_working = Stream.state.in_(WORKING)
ACCOUNTS: Final = (
    sa.select(
        Account.id, Account.organization_id, Account.strategist_id, Account.region, Account.type,
        Account.paused_at, Account.disconnected_at, Account.observed_at,
        Account.setup_completed_at, AccountMarketplace.marketplace_id,
    )
    .outerjoin(AccountMarketplace, AccountMarketplace.account_id == Account.id)
    .where(Account.id.in_(_IDS))
)  # fmt: skip
CHANNELS: Final = (
    sa.select(
        AccountChannel.account_id, AccountChannel.channel, AccountChannel.required,
        AccountChannel.connected_at, AccountChannel.step, AccountChannel.problem,
        AccountChannel.problem_since, AccountChannel.warning, AccountChannel.incident,
        Grant.consented_at, Grant.expires_at, Grant.refused_at,
    )
    .outerjoin(Grant, Grant.id == AccountChannel.grant_id)
    .where(AccountChannel.account_id.in_(_IDS))
)  # fmt: skip
SYNCS: Final = (
    sa.select(
        Stream.account_id,
        sa.func.min(Stream.last_success_at).label("oldest"),
        sa.func.min(sa.case((Stream.last_success_at.is_(None), Stream.added_at))).label(
            "waiting_since"
        ),
        sa.func.count(sa.case((_working, 1))).label("working"),
        sa.func.max(sa.case((_working, Stream.progressed_at))).label("progressed_at"),
        sa.func.max(sa.case((Stream.state == "failed", Stream.failure))).label("failing"),
        sa.func.count(sa.case((Stream.throttled, 1))).label("throttled"),
        sa.func.min(sa.case((Stream.last_success_at.is_(None), Stream.risky_from))).label(
            "risky_from"
        ),
    )
    .join(
        AccountChannel,
        (AccountChannel.account_id == Stream.account_id)
        & (AccountChannel.channel == Stream.channel),
    )
    .where(Stream.account_id.in_(_IDS), AccountChannel.required)
    .group_by(Stream.account_id)
)

Used = tuple[ChannelFacts, datetime | None]
"""A channel, and since when the account has used the consent it uses now, if there is one."""


class Stored(NamedTuple):
    """An account as it is stored: columns of ``ACCOUNTS``, its marketplaces, and its facts."""

    id: int
    organization_id: int
    strategist_id: int | None
    region: str
    type: str
    marketplace_ids: list[str]
    facts: Facts


def load(session: Session, account_ids: Sequence[int]) -> dict[int, Facts]:
    """Read the facts of these accounts: three queries, however many accounts.

    Returns:
        Facts by account id; ids without an account are left out.
    """
    session.flush()
    return {each.id: each.facts for each in stored(session.connection(), account_ids)}


def stored(connection: sa.Connection, account_ids: Sequence[int]) -> list[Stored]:
    """The same, with what else is known of these accounts."""
    # Past the session, which would make objects of the rows: most of what a small query costs.
    rows = connection.execute(ACCOUNTS, {"ids": account_ids}).all()
    channels = _channels(connection, account_ids)
    # Whoever has chosen no marketplace yet has nothing that is synced.
    placed = sorted({row.id for row in rows if row.marketplace_id is not None})
    syncs = _syncs(connection, placed) if placed else {}
    found: dict[int, Stored] = {}
    for row in rows:
        if row.id not in found:
            facts = _facts(row, channels, syncs.get(row.id))
            known = row.id, row.organization_id, row.strategist_id, row.region, row.type
            found[row.id] = Stored(*known, [], facts)
        if row.marketplace_id is not None:
            found[row.id].marketplace_ids.append(row.marketplace_id)
    return list(found.values())


def _facts(
    row: Any, channels: Mapping[tuple[int, str], Used], syncs: sa.Row[tuple[object, ...]] | None
) -> Facts:
    own = [channels[row.id, channel] for channel in Channel]
    aaa, selling_partner = (known for known, _ in own)
    return Facts(
        type=AccountType(row.type),
        aaa=aaa,
        selling_partner=selling_partner,
        sync=_sync(syncs, own, row.setup_completed_at),
        paused_at=row.paused_at,
        disconnected_at=row.disconnected_at,
        observed_at=row.observed_at,
    )


def _channels(connection: sa.Connection, ids: Sequence[int]) -> dict[tuple[int, str], Used]:
    rows = connection.execute(CHANNELS, {"ids": ids})
    found = {}
    for row in rows:
        known = ChannelFacts(
            channel=Channel(row.channel),
            required=row.required,
            consented_at=row.consented_at,
            expires_at=row.expires_at,
            refused_at=row.refused_at,
            step=Step(row.step),
            problem=Reason(row.problem) if row.problem else None,
            problem_since=row.problem_since,
            warning=Reason(row.warning) if row.warning else None,
            incident=row.incident,
        )
        since = row.consented_at and (row.connected_at or row.consented_at)
        found[row.account_id, row.channel] = (known, since)
    return found


def _syncs(connection: sa.Connection, ids: Sequence[int]) -> dict[int, sa.Row[tuple[object, ...]]]:
    """One row per account that has a required stream."""
    rows = connection.execute(SYNCS, {"ids": ids})
    return {row.account_id: row for row in rows}


def _sync(
    row: sa.Row[tuple[object, ...]] | None,
    channels: Sequence[Used],
    setup_completed_at: datetime | None,
) -> SyncFacts:
    used = [since for known, since in channels if known.required]
    connected = [each for each in used if each is not None]
    oldest = row.oldest if row is not None and row.waiting_since is None else None
    return SyncFacts(
        connected_at=max(connected) if connected and len(connected) == len(used) else None,
        first_synced_at=setup_completed_at or oldest,
        oldest_success_at=oldest,
        others_success_at=row.oldest if row is not None else None,
        waiting_since=row.waiting_since if row is not None else None,
        working=bool(row is not None and row.working),
        progressed_at=row.progressed_at if row is not None else None,
        failing=Reason(row.failing) if row is not None and row.failing else None,
        throttled=bool(row is not None and row.throttled),
        risky_from=row.risky_from if row is not None else None,
    )
