"""Rows for tests: customers, accounts and history, written as the product writes them.

Accounts go through ``actions.assess`` and ``actions.index``, so everything derived of them
(headline, tallies, order, search words, the present spell) is true. Ages count back from ``now``.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, tallies
from dashboard.actions.index import index
from dashboard.db.bulk import upsert
from dashboard.db.forecasting import FirstSyncLength
from dashboard.db.history import Event, StatusSpell, SyncRun
from dashboard.db.models import (
    Account,
    AccountChannel,
    AccountMarketplace,
    Contact,
    Grant,
    Organization,
    StaffMember,
    Stream,
)
from dashboard.db.syncing import Incident
from dashboard.diagnosis import Actor, Channel, Reason
from dashboard.marketplaces import marketplace
from dashboard.roles import Role
from dashboard.status import ACTORS, SEVERITY, Headline, Step

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Wire:
    """How a channel stands: by default consented a hundred days ago, and fine.

    ``consent_age`` is ``None`` without consent; ``grant_id`` shares a grant that is there already,
    which the account has used since ``connected_age`` ago (by default, since it was given);
    ``required`` is by default what the account's type asks for.
    """

    consent_age: timedelta | None = timedelta(days=100)
    connected_age: timedelta | None = None
    ends_in: timedelta | None = None
    refused_age: timedelta | None = None
    step: Step = Step.NOT_INVITED
    problem: Reason | None = None
    problem_age: timedelta = timedelta(hours=5)
    warning: Reason | None = None
    incident: bool = False
    required: bool | None = None
    grant_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sync:
    """How streams stand: by default old, idle, with a success an hour ago (``None``: never)."""

    age: timedelta | None = timedelta(hours=1)
    added_age: timedelta = timedelta(days=200)
    state: str = "idle"
    progress_age: timedelta | None = None
    throttled: bool = False
    failure: Reason | None = None


CONNECTED = Wire()
MISSING = Wire(consent_age=None)
REVOKED = Wire(refused_age=timedelta(days=3))
FRESH = Sync()
NEVER = Sync(age=None)


def staff(session: Session, name: str = "Ana Berg", role: Role = Role.STRATEGIST) -> int:
    """Add a member of staff and give back the id."""
    number = next(_numbers)
    row = StaffMember(
        email=f"staff{number}@northwind.example",
        name=name,
        role=role.value,
        active=True,
        created_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row.id


def organization(
    session: Session,
    name: str = "Acme GmbH",
    *,
    external_id: str | None = None,
    strategist_id: int | None = None,
    contacts: Iterable[str] = (),
) -> int:
    """Add a customer with contacts (e-mail addresses) and give back the id."""
    row = Organization(
        external_id=external_id or f"ORG-{next(_numbers)}",
        name=name,
        strategist_id=strategist_id,
        created_at=clock.now() - timedelta(days=400),
    )
    session.add(row)
    session.flush()
    for email in contacts:
        who = email.partition("@")[0].replace(".", " ").title()
        session.add(
            Contact(organization_id=row.id, email=email, name=who, created_at=row.created_at)
        )
    session.flush()
    return row.id


def account(
    session: Session,
    organization_id: int,
    name: str = "Acme EU",
    *,
    external_id: str | None = None,
    type: str = "seller",  # noqa: A002 - named as the column
    region: str = "EU",
    marketplaces: Iterable[str] = ("DE",),
    aaa: Wire = CONNECTED,
    sp_api: Wire = CONNECTED,
    sync: Sync = FRESH,
    syncs: Mapping[tuple[str, Channel], Sync] | None = None,
    now: datetime | None = None,
    since: datetime | None = None,
    **columns: Any,
) -> int:
    """Add an account with its channels, marketplaces and streams, and give back the id.

    Args:
        session: an open transaction.
        organization_id: whose it is.
        name: what it is called.
        external_id: the company's own id; made up if not given.
        type: ``seller`` or ``vendor``; a vendor's SP-API is optional.
        region: ``NA``, ``EU`` or ``FE``.
        marketplaces: country codes.
        aaa: how AAA stands.
        sp_api: how SP-API stands.
        sync: how the streams of connected channels stand.
        syncs: exceptions to ``sync``, by country code and channel.
        now: the moment it is assessed at; by default the present.
        since: when its present headline began; by default ``now``.
        columns: anything else of the accounts table, such as ``paused_at``.
    """
    now = now or clock.now()
    wires = {Channel.AAA: aaa, Channel.SP_API: sp_api}
    if sp_api.required is None and type == "vendor":
        wires[Channel.SP_API] = replace(sp_api, required=False)
    connected = {
        each: wire for each, wire in wires.items() if wire.consent_age is not None or wire.grant_id
    }
    synced = bool(connected) and sync.age is not None
    known = {
        "observed_at": now - timedelta(minutes=5) if connected else None,
        "setup_completed_at": now - timedelta(days=90) if synced else None,
        "merchant_id": None,
        "paused_at": None,
        "disconnected_at": None,
        "created_at": now - timedelta(days=200),
    }
    row = Account(
        external_id=external_id or f"ACC-{next(_numbers)}",
        organization_id=organization_id,
        name=name,
        type=type,
        region=region,
        sort_name="",
        name_folded="",
        **(known | columns),
    )
    began: dict[int, datetime] = {}
    with (
        tallies.tallied(session) as deltas,
        assess.changing(session, deltas, [], now, began) as made,
    ):
        session.add(row)
        session.flush()
        made.append(row.id)
        began[row.id] = since or now
        for channel, wire in wires.items():
            session.add(_channel(session, row.id, channel, wire, now))
        for country in marketplaces:
            place = marketplace(country).id
            session.add(AccountMarketplace(account_id=row.id, marketplace_id=place, sort_name=""))
            for channel in connected:
                how = (syncs or {}).get((country, channel), sync)
                session.add(_stream(row.id, place, channel, how, now))
        session.flush()
        index(session, [row.id])
    return row.id


def streams(session: Session, account_id: int) -> list[int]:
    """The ids of an account's streams, in the order they were made."""
    chosen = sa.select(Stream.id).where(Stream.account_id == account_id)
    return list(session.scalars(chosen.order_by(Stream.id)))


def grant_of(session: Session, account_id: int, channel: Channel) -> int | None:
    """The id of the grant that a channel of an account uses."""
    return session.scalar(
        sa.select(AccountChannel.grant_id).where(
            AccountChannel.account_id == account_id, AccountChannel.channel == channel.value
        )
    )


def run(
    session: Session,
    stream_id: int,
    age: timedelta,
    outcome: str = "succeeded",
    *,
    took: timedelta | None = timedelta(minutes=4),
    reason: Reason | None = None,
    rows: int = 1200,
    now: datetime | None = None,
) -> None:
    """Add one sync run that began ``age`` ago; ``took`` is ``None`` while it is running."""
    started = (now or clock.now()) - age
    session.add(
        SyncRun(
            stream_id=stream_id,
            started_at=started,
            finished_at=started + took if took is not None else None,
            outcome=outcome,
            reason=reason.value if reason else None,
            rows=rows,
        )
    )
    session.flush()


def spell(
    session: Session,
    account_id: int,
    headline: Headline,
    began: timedelta,
    ended: timedelta,
    *,
    actor: Actor | None = None,
    reason: Reason | None = None,
    now: datetime | None = None,
) -> None:
    """Add a past spell of an account, from ``began`` ago until ``ended`` ago."""
    now = now or clock.now()
    session.add(
        StatusSpell(
            account_id=account_id,
            headline=headline.value,
            severity=SEVERITY[headline],
            actor=(actor or ACTORS[headline]).value,
            reason=reason.value if reason else "",
            started_at=now - began,
            ended_at=now - ended,
        )
    )
    session.flush()


def event(
    session: Session,
    kind: str,
    age: timedelta = timedelta(hours=1),
    *,
    staff_name: str = "Ana Berg",
    organization_id: int | None = None,
    account_id: int | None = None,
    now: datetime | None = None,
    **details: Any,
) -> int:
    """Add one line of history, and give back its id."""
    row = Event(
        at=(now or clock.now()) - age,
        kind=kind,
        staff_id=None,
        staff_name=staff_name,
        organization_id=organization_id,
        account_id=account_id,
        details=details,
    )
    session.add(row)
    session.flush()
    return row.id


def first_syncs(session: Session, channel: Channel, region: str, hours: Iterable[float]) -> None:
    """Count first syncs that began today and took so many hours each."""
    began_on = clock.now().date()
    rows = [
        {"channel": channel.value, "region": region, "began_on": began_on,
         "quarters": quarters, "syncs": syncs}
        for quarters, syncs in Counter(int(each * 4) for each in hours).items()
    ]  # fmt: skip
    upsert(session, FirstSyncLength, rows, add=["syncs"])


def incident(
    session: Session,
    channel: Channel = Channel.SP_API,
    region: str = "EU",
    outcome: str = "AccessRefused",
    *,
    ours: bool = False,
    age: timedelta = timedelta(minutes=12),
    lasted: timedelta | None = None,
    customers: int = 14,
    share: float = 0.92,
    now: datetime | None = None,
) -> int:
    """Add an incident that began ``age`` ago and is open unless it ``lasted`` for some time."""
    opened_at = (now or clock.now()) - age
    row = Incident(
        channel=channel.value,
        region=region,
        outcome=outcome,
        ours=ours,
        opened_at=opened_at,
        closed_at=opened_at + lasted if lasted is not None else None,
        customers=customers,
        share=share,
    )
    session.add(row)
    session.flush()
    return row.id


def _channel(
    session: Session, account_id: int, channel: Channel, wire: Wire, now: datetime
) -> AccountChannel:
    grant_id = wire.grant_id
    if grant_id is None and wire.consent_age is not None:
        grant = Grant(
            channel=channel.value,
            identity=f"identity-{next(_numbers)}",
            region=None,
            consented_at=now - wire.consent_age,
            expires_at=now + wire.ends_in if wire.ends_in is not None else None,
            refused_at=now - wire.refused_age if wire.refused_age is not None else None,
            created_at=now - wire.consent_age,
        )
        session.add(grant)
        session.flush()
        grant_id = grant.id
    connected_age = wire.connected_age or (None if wire.grant_id else wire.consent_age)
    return AccountChannel(
        account_id=account_id,
        channel=channel.value,
        required=True if wire.required is None else wire.required,
        grant_id=grant_id,
        connected_at=now - connected_age if connected_age is not None else None,
        step=wire.step.value,
        problem=wire.problem.value if wire.problem else None,
        problem_since=now - wire.problem_age if wire.problem else None,
        warning=wire.warning.value if wire.warning else None,
        incident=wire.incident,
        status_since=now - (wire.refused_age or wire.consent_age or timedelta(days=1)),
        checked_at=now - timedelta(minutes=4) if grant_id else None,
    )


def _stream(account_id: int, place: str, channel: Channel, how: Sync, now: datetime) -> Stream:
    return Stream(
        account_id=account_id,
        marketplace_id=place,
        channel=channel.value,
        added_at=now - how.added_age,
        state=how.state,
        last_success_at=now - how.age if how.age is not None else None,
        progressed_at=now - how.progress_age if how.progress_age is not None else None,
        throttled=how.throttled,
        failure=how.failure.value if how.failure else None,
    )
