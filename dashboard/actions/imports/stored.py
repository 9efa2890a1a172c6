"""What the database knows of the accounts and organizations that some rows name."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.imports.rows import Record
from dashboard.actions.imports.standing import Standing
from dashboard.db.dialects import among
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
from dashboard.diagnosis import Channel, Reason
from dashboard.status import Step


class StoredOrganization(NamedTuple):
    """An organization as it is; ``strategist_email`` is empty without one."""

    id: int
    key: str
    name: str
    strategist_email: str
    contacts: frozenset[str]


class StoredChannel(NamedTuple):
    """A channel as it is, with the grant it uses and that grant's identity, if any."""

    standing: Standing
    status: str
    grant_id: int | None
    identity: str


class StoredAccount(NamedTuple):
    """An account as it is; ``streams`` gives id and last success by marketplace and channel."""

    id: int
    key: str
    organization_id: int
    organization_key: str
    name: str
    type: str
    region: str
    merchant_id: str
    paused_at: datetime | None
    setup_completed_at: datetime | None
    observed_at: datetime | None
    headline: str
    changes_at: datetime | None
    channels: Mapping[Channel, StoredChannel]
    marketplaces: frozenset[str]
    streams: Mapping[tuple[str, Channel], tuple[int, datetime | None]]


class Stored(NamedTuple):
    """What is known already, by the company's own ids, and staff by e-mail address."""

    accounts: Mapping[str, StoredAccount]
    organizations: Mapping[str, StoredOrganization]
    staff: Mapping[str, int]


def load(session: Session, records: Sequence[Record]) -> Stored:
    """Read what these rows name: a handful of queries, however many rows."""
    emails = {record.strategist_email for record in records} - {""}
    staff = session.execute(
        sa.select(StaffMember.email, StaffMember.id).where(
            among(session, StaffMember.email, emails)
        )
    )
    return Stored(
        accounts=_accounts(session, {record.account_id for record in records}),
        organizations=_organizations(session, {record.organization_id for record in records}),
        staff={row.email: row.id for row in staff},
    )


def _organizations(session: Session, keys: Collection[str]) -> dict[str, StoredOrganization]:
    rows = session.execute(
        sa.select(Organization.id, Organization.external_id, Organization.name, StaffMember.email)
        .outerjoin(StaffMember, StaffMember.id == Organization.strategist_id)
        .where(among(session, Organization.external_id, keys))
    ).all()
    contacts: dict[int, set[str]] = {row.id: set() for row in rows}
    for contact in _of(session, sa.select(Contact.organization_id, Contact.email), contacts):
        contacts[contact.organization_id].add(contact.email)
    return {
        row.external_id: StoredOrganization(
            row.id, row.external_id, row.name, row.email or "", frozenset(contacts[row.id])
        )
        for row in rows
    }


def _accounts(session: Session, keys: Collection[str]) -> dict[str, StoredAccount]:
    rows = session.execute(
        sa.select(
            Account.id, Account.external_id, Account.organization_id,
            Organization.external_id.label("organization_key"), Account.name, Account.type,
            Account.region, Account.merchant_id, Account.paused_at, Account.setup_completed_at,
            Account.observed_at, Account.headline, Account.changes_at, Account.aaa_status,
            Account.sp_api_status,
        )
        .join(Organization, Organization.id == Account.organization_id)
        .where(among(session, Account.external_id, keys))
    ).all()  # fmt: skip
    statuses = {
        row.id: {Channel.AAA: row.aaa_status, Channel.SP_API: row.sp_api_status} for row in rows
    }
    channels = _channels(session, statuses)
    places: dict[int, set[str]] = {each: set() for each in statuses}
    marketplaces = sa.select(AccountMarketplace.account_id, AccountMarketplace.marketplace_id)
    for place in _of(session, marketplaces, statuses):
        places[place.account_id].add(place.marketplace_id)
    streams: dict[int, dict[tuple[str, Channel], tuple[int, datetime | None]]]
    streams = {each: {} for each in statuses}
    columns = (Stream.account_id, Stream.marketplace_id, Stream.channel, Stream.id)
    for each in _of(session, sa.select(*columns, Stream.last_success_at), statuses):
        streams[each.account_id][each.marketplace_id, Channel(each.channel)] = (
            each.id,
            each.last_success_at,
        )
    return {
        row.external_id: StoredAccount(
            id=row.id,
            key=row.external_id,
            organization_id=row.organization_id,
            organization_key=row.organization_key,
            name=row.name,
            type=row.type,
            region=row.region,
            merchant_id=row.merchant_id or "",
            paused_at=row.paused_at,
            setup_completed_at=row.setup_completed_at,
            observed_at=row.observed_at,
            headline=row.headline,
            changes_at=row.changes_at,
            channels=channels[row.id],
            marketplaces=frozenset(places[row.id]),
            streams=streams[row.id],
        )
        for row in rows
    }


def _channels(
    session: Session, statuses: Mapping[int, Mapping[Channel, str]]
) -> dict[int, dict[Channel, StoredChannel]]:
    query = sa.select(
        AccountChannel.account_id, AccountChannel.channel, AccountChannel.required,
        AccountChannel.step, AccountChannel.problem, AccountChannel.problem_since,
        AccountChannel.status_since, AccountChannel.connected_at, AccountChannel.grant_id,
        Grant.identity, Grant.consented_at, Grant.expires_at, Grant.refused_at,
    ).outerjoin(Grant, Grant.id == AccountChannel.grant_id)  # fmt: skip
    found: dict[int, dict[Channel, StoredChannel]] = {each: {} for each in statuses}
    for row in _of(session, query, statuses):
        channel = Channel(row.channel)
        found[row.account_id][channel] = StoredChannel(
            standing=Standing(
                required=row.required,
                step=Step(row.step),
                consented_at=row.consented_at,
                expires_at=row.expires_at,
                refused_at=row.refused_at,
                problem=Reason(row.problem) if row.problem else None,
                problem_since=row.problem_since,
                since=row.status_since,
                connected_at=row.connected_at,
            ),
            status=statuses[row.account_id][channel],
            grant_id=row.grant_id,
            identity=row.identity or "",
        )
    return found


def _of(
    session: Session, query: sa.Select[*tuple[Any, ...]], ids: Collection[int]
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """The rows whose first column is one of these ids; nothing is asked when there are none."""
    if not ids:
        return []
    return session.execute(query.where(among(session, query.selected_columns[0], ids))).all()
