"""From lives to rows: writes a block of organizations with all that happened to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from dashboard.actions import assess, tallies
from dashboard.actions.demo import coming, lengths, records
from dashboard.actions.demo.company import Crew, Login
from dashboard.actions.demo.life import Life
from dashboard.actions.demo.records import born, insert, inserted
from dashboard.actions.demo.telling import Household, Told
from dashboard.actions.index import index
from dashboard.db.bulk import insert_many
from dashboard.db.history import Event, StatusSpell
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Contact,
    Grant,
    Organization,
)
from dashboard.diagnosis import Channel
from dashboard.marketplaces import by_country
from dashboard.status import Limits


@dataclass(frozen=True, slots=True)
class Written:
    """How much was written; ``ids`` are those of the accounts, in their order."""

    ids: list[int]
    runs: int
    events: int


def write(
    session: Session,
    deltas: tallies.Deltas,
    block: Sequence[Household],
    crew: Crew,
    now: datetime,
) -> Written:
    """Write these organizations; the status of their accounts comes from ``assess.changing``."""
    told = [each for household in block for each in household.accounts]
    since: dict[int, datetime] = {}
    with assess.changing(session, deltas, [], now, since) as made:
        homes = _organizations(session, block)
        owners = [
            home for home, household in zip(homes, block, strict=True) for _ in household.accounts
        ]
        ids = _accounts(session, told, owners, now)
        made.extend(ids)
        runs = records.runs(session, told, records.streams(session, told, ids))
        insert_many(session, StatusSpell, records.spells(told, ids))
        since |= {id_: each.past.spells[-1].started_at for id_, each in zip(ids, told, strict=True)}
        index(session, ids)
    lengths.write(session, told)
    coming.write(session, block, homes, ids)
    happened = records.events(block, crew, homes, ids)
    insert(session, Event, happened)
    return Written(ids, runs, len(happened))


def _organizations(session: Session, block: Sequence[Household]) -> list[int]:
    births = [born(household) for household in block]
    ids = inserted(
        session,
        Organization,
        [
            {
                "external_id": plan.external_id,
                "name": plan.name,
                "strategist_id": plan.strategist.id if plan.strategist else None,
                "created_at": at,
            }
            for plan, at in zip((each.plan for each in block), births, strict=True)
        ],
    )
    contacts = [
        {"organization_id": id_, "email": email, "name": name, "created_at": at}
        for id_, household, at in zip(ids, block, births, strict=True)
        for name, email in household.plan.contacts
    ]
    insert(session, Contact, contacts)
    return ids


def _accounts(
    session: Session, told: Sequence[Told], owners: Sequence[int], now: datetime
) -> list[int]:
    lives = [each.life for each in told]
    reports = [_reported(life, now) for life in lives]
    ids = inserted(
        session,
        Account,
        [
            {
                "external_id": life.shape.external_id,
                "organization_id": owner,
                "name": life.shape.name,
                "type": life.shape.type.value,
                "region": life.shape.region.value,
                "merchant_id": life.merchant_id,
                "paused_at": life.facts.paused_at,
                "disconnected_at": life.facts.disconnected_at,
                "setup_completed_at": life.facts.sync.first_synced_at,
                "observed_at": reported,
                "created_at": life.steps[0][0],
                "sort_name": "",
                "name_folded": "",
            }
            for life, owner, reported in zip(lives, owners, reports, strict=True)
        ],
    )
    grants = _grants(session, lives)
    channels, places = [], []
    for id_, each, reported in zip(ids, told, reports, strict=True):
        life = each.life
        for channel in Channel:
            grant_id = grants.get(_key(life, channel))
            channels.append(_channel(each, id_, channel, grant_id, reported))
        profiled = life.facts.aaa.consented_at is not None
        places += [
            {
                "account_id": id_,
                "marketplace_id": by_country()[country].id,
                "profile_id": str(life.rng.randrange(10**14, 10**16)) if profiled else None,
                "sort_name": "",
            }
            for country in life.shape.countries
        ]
    insert(session, AccountChannel, channels)
    insert(session, AccountMarketplace, places)
    return ids


def _reported(life: Life, now: datetime) -> datetime | None:
    """Our newest report: minutes old, but for the accounts whose story says otherwise."""
    if not life.lanes:
        return None
    return life.observed_at or now - timedelta(seconds=life.rng.randint(40, 1500))


def _key(life: Life, channel: Channel) -> int | tuple[str, Channel]:
    """What tells one grant from another: an agency's login stands behind several accounts."""
    login = life.shape.login if channel is Channel.AAA else None
    return id(login) if login else (life.shape.external_id, channel)


def _grants(session: Session, lives: Sequence[Life]) -> dict[int | tuple[str, Channel], int]:
    rows: dict[int | tuple[str, Channel], dict[str, Any]] = {}
    for life in lives:
        for channel in Channel:
            known, login = life.known(channel), life.shape.login
            if known.consented_at is None:
                continue
            shared = login if channel is Channel.AAA else None
            rows.setdefault(
                _key(life, channel),
                {
                    "channel": channel.value,
                    "identity": _identity(life, channel, shared),
                    "region": life.shape.region.value if channel is Channel.SP_API else None,
                    "consented_at": shared.consented_at if shared else known.consented_at,
                    "expires_at": _end(channel, known.consented_at),
                    "refused_at": shared.refused_at if shared else known.refused_at,
                    "created_at": shared.consented_at if shared else known.consented_at,
                },
            )
    return dict(zip(rows, inserted(session, Grant, list(rows.values())), strict=True))


def _end(channel: Channel, consented_at: datetime) -> datetime | None:
    """When a consent ends; AAA's never does."""
    return consented_at + Limits().consent if channel is Channel.SP_API else None


def _identity(life: Life, channel: Channel, login: Login | None) -> str:
    if channel is Channel.SP_API:
        return life.shape.merchant_id
    return login.identity if login else f"amzn1.account.{life.shape.merchant_id:A<28}"


def _channel(
    told: Told, account_id: int, channel: Channel, grant_id: int | None, reported: datetime | None
) -> dict[str, Any]:
    known = told.life.known(channel)
    checked = reported is not None and known.consented_at is not None
    return {
        "account_id": account_id,
        "channel": channel.value,
        "required": known.required,
        "grant_id": grant_id,
        "connected_at": told.life.connected_at.get(channel),
        "step": known.step.value,
        "problem": known.problem.value if known.problem else None,
        "problem_since": known.problem_since,
        "warning": known.warning.value if known.warning else None,
        "incident": known.incident,
        "status_since": told.past.status_since[channel],
        "checked_at": min(reported, told.life.now) if reported and checked else None,
    }
