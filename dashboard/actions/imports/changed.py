"""Writing accounts that are known: only what their rows change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.imports import grants
from dashboard.actions.imports.decide import Decision, channel_changes, synced_streams
from dashboard.actions.imports.parts import (
    Home,
    Row,
    account_row,
    channel_row,
    place_rows,
    stream_rows,
)
from dashboard.actions.imports.stored import StoredAccount
from dashboard.db import search
from dashboard.db.bulk import insert_many
from dashboard.db.history import SyncRun
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Stream
from dashboard.diagnosis import Channel

Pairs = Sequence[tuple[Decision, StoredAccount]]

_CHANNEL: Final = (
    AccountChannel.account_id == sa.bindparam("the_account"),
    AccountChannel.channel == sa.bindparam("the_channel"),
)


def update(
    session: Session, decisions: Sequence[Decision], homes: Mapping[str, Home], now: datetime
) -> None:
    """Bring the stored accounts of these rows to what the rows say."""
    pairs = [(each, each.stored) for each in decisions if each.stored is not None]
    if not pairs:
        return
    session.execute(
        sa.update(Account), [{"id": account.id} | account_row(each) for each, account in pairs]
    )
    _update_channels(session, pairs, now)
    _leave(session, pairs)
    places: list[Row] = []
    streams: list[Row] = []
    for decision, account in pairs:
        home = homes[decision.record.organization_id]
        name = search.sort_name(home.name, home.id)
        joined = [each for each in decision.record.marketplaces if each not in account.marketplaces]
        places += place_rows(account.id, name, joined)
        added = [each for each in decision.streams if each not in account.streams]
        streams += stream_rows(decision, account.id, added, now)
    insert_many(session, AccountMarketplace, places)
    insert_many(session, Stream, streams)


def _update_channels(session: Session, pairs: Pairs, now: datetime) -> None:
    wishes = [grants.wish(decision, channel) for decision, _ in pairs for channel in Channel]
    given = iter(grants.assign(session, wishes, now))
    rows = []
    for decision, account in pairs:
        for channel in Channel:
            grant_id = next(given)
            if channel_changes(decision, channel) or grant_id != account.channels[channel].grant_id:
                key = {"the_account": account.id, "the_channel": channel.value}
                rows.append(key | {"grant_id": grant_id} | channel_row(decision, channel))
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


def _each(session: Session, statement: sa.Executable, rows: list[Row]) -> None:
    """Run a statement once per row; without rows not at all."""
    if rows:
        session.connection().execute(statement, rows)
