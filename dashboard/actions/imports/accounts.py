"""Writing the accounts of some rows: the account, its channels, marketplaces and streams."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.imports import grants
from dashboard.actions.imports.decide import Decision, channel_changes, synced_streams
from dashboard.actions.imports.stored import StoredAccount
from dashboard.db import search
from dashboard.db.engine import insert_many, next_ids
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Stream, SyncRun
from dashboard.diagnosis import Channel

UNASSESSED: Final = {
    "headline": "", "headline_since": None, "severity": 0, "actor": "", "reason": "",
    "reason_channel": "", "aaa_status": "", "sp_api_status": "", "age_band": "",
    "oldest_sync_at": None, "changes_at": None,
}  # fmt: skip
"""What ``assess`` derives, before it has looked at an account for the first time."""


class Home(NamedTuple):
    """The organization of an account, as it is now."""

    id: int
    name: str
    strategist_id: int | None


def insert(
    session: Session, decisions: Sequence[Decision], homes: Mapping[str, Home], now: datetime
) -> list[int]:
    """Make the accounts of these rows.

    Returns:
        Their ids, in the same order.
    """
    if not decisions:
        return []
    ids = next_ids(session, Account, len(decisions))
    of = [homes[decision.record.organization_id] for decision in decisions]
    names = [search.sort_name(home.name, home.id) for home in of]
    rows = [
        _columns(decision)
        | UNASSESSED
        | {
            "id": id_,
            "external_id": decision.record.account_id,
            "organization_id": home.id,
            "strategist_id": home.strategist_id,
            "disconnected_at": None,
            "created_at": now,
            "sort_name": name,
            "name_folded": search.fold(decision.record.account_name)[:80],
        }
        for id_, decision, home, name in zip(ids, decisions, of, names, strict=True)
    ]
    insert_many(session, Account, rows)
    _insert_parts(session, decisions, ids, names, now)
    return ids


def _columns(decision: Decision) -> dict[str, Any]:
    record = decision.record
    return {
        "name": record.account_name,
        "type": record.type.value,
        "region": record.region.value,
        "merchant_id": decision.merchant_id or None,
        "paused_at": decision.paused_at,
        "setup_completed_at": decision.setup_completed_at,
        "observed_at": decision.observed_at,
    }


def _insert_parts(
    session: Session,
    decisions: Sequence[Decision],
    ids: Sequence[int],
    names: Sequence[str],
    now: datetime,
) -> None:
    wishes = [grants.wish(decision, channel) for decision in decisions for channel in Channel]
    given = iter(grants.assign(session, wishes, now))
    channels: list[dict[str, Any]] = []
    places: list[dict[str, Any]] = []
    streams: list[dict[str, Any]] = []
    for decision, account_id, name in zip(decisions, ids, names, strict=True):
        for channel in Channel:
            key = {"account_id": account_id, "channel": channel.value, "grant_id": next(given)}
            since = {"status_since": decision.standings[channel].since, "checked_at": None}
            fine = {"warning": None, "incident": False}
            channels.append(key | since | fine | _standing(decision, channel))
        places += _places(account_id, name, decision.record.marketplaces)
        streams += [_stream(decision, account_id, *each) for each in decision.streams]
    insert_many(session, AccountChannel, channels)
    insert_many(session, AccountMarketplace, places)
    insert_many(session, Stream, streams)


def _standing(decision: Decision, channel: Channel) -> dict[str, Any]:
    standing = decision.standings[channel]
    return {
        "required": standing.required,
        "step": standing.step.value,
        "problem": standing.problem.value if standing.problem else None,
        "problem_since": standing.problem_since,
    }


def _places(account_id: int, name: str, marketplaces: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"account_id": account_id, "marketplace_id": each, "profile_id": None, "sort_name": name}
        for each in marketplaces
    ]


def _stream(
    decision: Decision, account_id: int, marketplace: str, channel: Channel
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "marketplace_id": marketplace,
        "channel": channel.value,
        "state": "idle",
        "progressed_at": None,
        "projected_at": None,
        "throttled": False,
        "failure": None,
        "last_success_at": dict(decision.record.channels)[channel].synced_at,
    }


def update(
    session: Session, decisions: Sequence[Decision], homes: Mapping[str, Home], now: datetime
) -> None:
    """Bring the stored accounts of these rows to what the rows say."""
    pairs = [(each, each.stored) for each in decisions if each.stored is not None]
    if not pairs:
        return
    session.execute(
        sa.update(Account), [{"id": account.id} | _columns(each) for each, account in pairs]
    )
    _update_channels(session, pairs, now)
    _leave(session, pairs)
    places: list[dict[str, Any]] = []
    streams: list[dict[str, Any]] = []
    for decision, account in pairs:
        home = homes[decision.record.organization_id]
        name = search.sort_name(home.name, home.id)
        joined = [each for each in decision.record.marketplaces if each not in account.marketplaces]
        places += _places(account.id, name, joined)
        added = [each for each in decision.streams if each not in account.streams]
        streams += [_stream(decision, account.id, *each) for each in added]
    insert_many(session, AccountMarketplace, places)
    insert_many(session, Stream, streams)


Pairs = Sequence[tuple[Decision, StoredAccount]]


def _update_channels(session: Session, pairs: Pairs, now: datetime) -> None:
    wishes = [grants.wish(decision, channel) for decision, _ in pairs for channel in Channel]
    given = iter(grants.assign(session, wishes, now))
    rows = []
    for decision, account in pairs:
        for channel in Channel:
            grant_id = next(given)
            if channel_changes(decision, channel) or grant_id != account.channels[channel].grant_id:
                key = {"the_account": account.id, "the_channel": channel.value}
                rows.append(key | {"grant_id": grant_id} | _standing(decision, channel))
    _each(session, sa.update(AccountChannel).where(*_CHANNEL), rows)


def _leave(session: Session, pairs: Pairs) -> None:
    """Take away marketplaces and streams that the rows no longer name, and date the others."""
    left = [
        {"the_account": account.id, "the_marketplace": each}
        for decision, account in pairs
        for each in account.marketplaces.difference(decision.record.marketplaces)
    ]
    gone = [
        {"the_stream": account.streams[each][0]}
        for decision, account in pairs
        for each in account.streams.keys() - set(decision.streams)
    ]
    synced = [
        {"the_stream": account.streams[each][0], "last_success_at": at}
        for decision, account in pairs
        for each, at in synced_streams(decision).items()
    ]
    place = sa.delete(AccountMarketplace).where(
        AccountMarketplace.account_id == sa.bindparam("the_account"),
        AccountMarketplace.marketplace_id == sa.bindparam("the_marketplace"),
    )
    _each(session, place, left)
    the_stream: sa.BindParameter[int] = sa.bindparam("the_stream")
    _each(session, sa.delete(SyncRun).where(SyncRun.stream_id == the_stream), gone)
    _each(session, sa.delete(Stream).where(Stream.id == the_stream), gone)
    _each(session, sa.update(Stream).where(Stream.id == the_stream), synced)


def date(session: Session, decisions: Sequence[Decision]) -> None:
    """Give channels the beginning of their status that the row tells, once they have that status.

    To be called after the accounts were assessed: that dates a change by when it was noticed.
    """
    told = {each.stored.id: each for each in decisions if each.stored is not None}
    rows = []
    statuses = sa.select(Account.id, Account.aaa_status, Account.sp_api_status)
    for account_id, *known in session.execute(statuses.where(Account.id.in_(told))):
        for (channel, said), status in zip(told[account_id].record.channels, known, strict=True):
            settled = told[account_id].standings[channel]
            if said.since and said.since == settled.since and said.status == status:
                key = {"the_account": account_id, "the_channel": channel.value}
                rows.append(key | {"status_since": said.since})
    _each(session, sa.update(AccountChannel).where(*_CHANNEL), rows)


_CHANNEL = (
    AccountChannel.account_id == sa.bindparam("the_account"),
    AccountChannel.channel == sa.bindparam("the_channel"),
)


def _each(session: Session, statement: sa.Executable, rows: list[dict[str, Any]]) -> None:
    """Run a statement once per row; without rows not at all."""
    if rows:
        session.connection().execute(statement, rows)
