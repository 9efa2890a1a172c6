"""Writing accounts that are new: many rows of every table at once, assessed before they go in."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from dashboard.actions import tallies
from dashboard.actions.assess import first_spell, newborn
from dashboard.actions.cases import keeping
from dashboard.actions.imports import grants
from dashboard.actions.imports.decide import Decision
from dashboard.actions.imports.facts import began, facts_of
from dashboard.actions.imports.parts import (
    Home,
    Row,
    account_row,
    channel_row,
    place_rows,
    stream_rows,
)
from dashboard.actions.imports.standing import Settler
from dashboard.actions.index import index
from dashboard.db import search
from dashboard.db.bulk import insert_many
from dashboard.db.dialects import next_ids
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, AccountChannel, AccountMarketplace, Stream
from dashboard.diagnosis import Channel


def insert(
    session: Session,
    deltas: tallies.Deltas,
    decisions: Sequence[Decision],
    homes: Mapping[str, Home],
    settler: Settler,
) -> list[int]:
    """Make the accounts of these rows, with all that is derived of them.

    Returns:
        Their ids, in the same order.
    """
    if not decisions:
        return []
    ids = next_ids(session, Account, len(decisions))
    rows = [
        _row(id_, decision, homes[decision.record.organization_id], settler)
        for id_, decision in zip(ids, decisions, strict=True)
    ]
    insert_many(session, Account, rows)
    spells = [first_spell(row["id"], row) for row in rows]
    insert_many(session, StatusSpell, spells)
    _insert_parts(session, decisions, rows, settler.now)
    index(session, ids, fresh=True)
    told = [
        row | {"facts": facts_of(each, settler.now), "marketplace_ids": each.record.marketplaces}
        for row, each in zip(rows, decisions, strict=True)
    ]
    keeping.follow(session, spells, told, settler.now)
    deltas.update(tallies.shares(told))
    return ids


def _row(id_: int, decision: Decision, home: Home, settler: Settler) -> Row:
    since = began(decision, settler.limits, settler.now)
    made = {
        "id": id_,
        "external_id": decision.record.account_id,
        "organization_id": home.id,
        "strategist_id": home.strategist_id,
        "disconnected_at": None,
        "created_at": settler.now,
        "sort_name": search.sort_name(home.name, home.id),
        "name_folded": search.fold(decision.record.account_name)[:80],
    }
    derived = newborn(
        facts_of(decision, settler.now), settler.now, since and min(since, settler.now)
    )
    return account_row(decision) | made | derived


def _insert_parts(
    session: Session, decisions: Sequence[Decision], rows: Sequence[Row], now: datetime
) -> None:
    wishes = [grants.wish(decision, channel) for decision in decisions for channel in Channel]
    given = iter(grants.assign(session, wishes, now))
    channels: list[Row] = []
    places: list[Row] = []
    streams: list[Row] = []
    for decision, row in zip(decisions, rows, strict=True):
        for channel in Channel:
            key = {"account_id": row["id"], "channel": channel.value, "grant_id": next(given)}
            since = {"status_since": decision.standings[channel].since, "checked_at": None}
            fine = {"warning": None, "incident": False}
            channels.append(key | since | fine | channel_row(decision, channel))
        places += place_rows(row["id"], row["sort_name"], decision.record.marketplaces)
        streams += stream_rows(decision, row["id"], decision.streams, now)
    insert_many(session, AccountChannel, channels)
    insert_many(session, AccountMarketplace, places)
    insert_many(session, Stream, streams)
