"""Many accounts at once for tests of lists and counts: rows, and the same as plain records.

Status columns are made up, not assessed, so that a fleet of any size and mixture is made in a
moment; tallies, order and search words are true to them. What needs a true status is made with
``factories``. The records are what a test compares the database's answers with.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions import tallies
from dashboard.db import search
from dashboard.db.bulk import insert_many
from dashboard.db.counts import SearchWord
from dashboard.db.history import StatusSpell
from dashboard.db.models import Account, AccountMarketplace, Contact, Organization, StaffMember
from dashboard.diagnosis import Reason
from dashboard.marketplaces import Region, marketplaces
from dashboard.status import ACTORS, SEVERITY, AgeBand, ChannelStatus, Headline, age_band

FIRST = (
    "Acme",
    "Ångström",
    "Blue Fox",
    "Müller & Söhne",
    "O'Neill",
    "northwind",
    "Zeta_Lab",
    "東京",
)
SECOND = ("GmbH", "Ltd.", "Home-Goods", "Toys, Inc.", "(Retail)", "S.A.", "2000", "=SUM(A1)")
KINDS = ("EU", "North America", "Vendor", "Outlet", "B2B", "Café")


@dataclass(frozen=True, slots=True)
class Record:
    """One account, as a person would write it down."""

    id: int
    name: str
    key: str
    organization_id: int
    organization: str
    organization_key: str
    type: str
    region: str
    merchant_id: str | None
    emails: tuple[str, ...]
    profiles: tuple[str, ...]
    marketplace: tuple[str, ...]
    headline: str
    before: str
    since: datetime
    actor: str
    reason: str
    aaa_status: str
    sp_api_status: str
    age_band: str
    oldest_sync_at: datetime | None
    strategist_id: int | None
    severity: int
    sort_name: str
    name_folded: str


def strategists(session: Session, names: Sequence[str], now: datetime) -> list[int]:
    """Add strategists, and give back their ids."""
    people = [
        StaffMember(
            email=f"{name.split()[0].lower()}@northwind.example",
            name=name,
            role="strategist",
            active=True,
            created_at=now,
        )
        for name in names
    ]
    session.add_all(people)
    session.flush()
    return [person.id for person in people]


def records(size: int, now: datetime, staff_ids: Sequence[int], seed: int = 1) -> list[Record]:
    """Make up accounts, about three to an organization."""
    chance = random.Random(seed)
    return [_record(number, now, staff_ids, chance) for number in range(1, size + 1)]


def store(session: Session, fleet: Sequence[Record], now: datetime) -> None:
    """Write the accounts with all that lists and counts read."""
    organizations = {each.organization_id: each for each in fleet}
    session.execute(
        sa.insert(Organization),
        [
            {"id": key, "external_id": one.organization_key, "name": one.organization,
             "strategist_id": one.strategist_id, "created_at": now}
            for key, one in organizations.items()
        ],
    )  # fmt: skip
    session.execute(
        sa.insert(Contact),
        [
            {"organization_id": key, "email": email, "name": "", "created_at": now}
            for key, one in organizations.items()
            for email in one.emails
        ],
    )
    session.execute(sa.insert(Account), [_account(each, now) for each in fleet])
    session.execute(
        sa.insert(AccountMarketplace),
        [
            {"account_id": each.id, "marketplace_id": place, "profile_id": profile,
             "sort_name": each.sort_name}
            for each in fleet
            for place, profile in zip(each.marketplace, each.profiles, strict=True)
        ],
    )  # fmt: skip
    insert_many(session, StatusSpell, [row for each in fleet for row in _spells(each, now)])
    words = [
        {"word": word, "sort_name": each.sort_name, "account_id": each.id}
        for each in fleet
        for word in _words(each)
    ]
    insert_many(session, SearchWord, words)
    tallies.write(session, tallies.recount(session))


def _record(number: int, now: datetime, staff_ids: Sequence[int], chance: random.Random) -> Record:
    organization_id = 1 + number // 3
    own = random.Random(organization_id)
    organization = f"{own.choice(FIRST)} {own.choice(SECOND)}"
    owner = own.choice([*staff_ids, None])
    region = chance.choice(list(Region))
    places = [each.id for each in marketplaces().values() if each.region is region]
    joined = chance.sample(places, min(len(places), chance.choice((1, 1, 2, 4))))
    headline = chance.choice([*Headline, *[Headline.HEALTHY] * 20])
    oldest = chance.choice([None, now - timedelta(minutes=chance.randrange(60 * 24 * 10))])
    name = f"{organization.split(maxsplit=1)[0]} {chance.choice(KINDS)}"
    return Record(
        id=number,
        name=name,
        key=f"ACC-{number}",
        organization_id=organization_id,
        organization=organization,
        organization_key=f"ORG-{organization_id}",
        type=chance.choice(("seller", "seller", "vendor")),
        region=region.value,
        merchant_id=chance.choice((None, f"A{number}MERCHANT")),
        emails=(f"anna.berg{organization_id}@example.com",) if organization_id % 2 else (),
        profiles=tuple(f"77{number}{place[:3]}" for place in joined),
        marketplace=tuple(joined),
        headline=headline.value,
        before=chance.choice(list(Headline)).value,
        since=now - timedelta(minutes=chance.randrange(60 * 24 * 3)),
        actor=ACTORS[headline].value,
        reason=chance.choice(["", *[reason.value for reason in Reason][:6]]),
        aaa_status=chance.choice(list(ChannelStatus)).value,
        sp_api_status=chance.choice(list(ChannelStatus)).value,
        age_band=(age_band(oldest, now) if oldest else AgeBand.NEVER).value,
        oldest_sync_at=oldest,
        strategist_id=owner,
        severity=SEVERITY[headline],
        sort_name=search.sort_name(organization, organization_id),
        name_folded=search.fold(name),
    )


def _account(each: Record, now: datetime) -> dict[str, object]:
    return {
        "id": each.id, "external_id": each.key, "organization_id": each.organization_id,
        "name": each.name, "type": each.type, "region": each.region,
        "merchant_id": each.merchant_id, "created_at": now, "sort_name": each.sort_name,
        "name_folded": each.name_folded, "strategist_id": each.strategist_id,
        "headline": each.headline, "headline_since": each.since, "severity": each.severity,
        "actor": each.actor, "reason": each.reason, "reason_channel": "",
        "aaa_status": each.aaa_status, "sp_api_status": each.sp_api_status,
        "age_band": each.age_band, "oldest_sync_at": each.oldest_sync_at,
    }  # fmt: skip


def _words(each: Record) -> list[str]:
    texts = (each.name, each.key, each.merchant_id, each.organization, each.organization_key)
    return sorted(search.words(*texts, *each.emails, *each.profiles))


def _spells(each: Record, now: datetime) -> list[dict[str, object]]:
    """The present spell, and the one before it."""
    return [
        {"account_id": each.id, "headline": name, "severity": SEVERITY[Headline(name)],
         "actor": ACTORS[Headline(name)].value, "reason": "", "started_at": began,
         "ended_at": ended}
        for name, began, ended in (
            (each.before, now - timedelta(days=40), each.since),
            (each.headline, each.since, None),
        )
    ]  # fmt: skip
