"""Customers of the demo whose consents are good at the stand-in Amazon.

What the other accounts of a demo are like is told, not checked: there is no token of theirs. These
are really checked and synced, so what is set up for them on the Practice page really happens.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock, vault
from dashboard.actions import assess, tallies
from dashboard.actions.demo.records import inserted
from dashboard.actions.events import record
from dashboard.actions.index import index
from dashboard.db.engine import transaction
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
from dashboard.db.syncing import Check
from dashboard.diagnosis import Channel
from dashboard.marketplaces import by_country
from dashboard.roles import COMMAND_LINE, Permission, Role
from dashboard.settings import settings
from dashboard.status import AccountType, Step

ABOARD: Final = timedelta(days=140)
"""For how long they have been customers."""


class Consented(Protocol):
    """A business in one region whose owner has consented to both channels.

    ``merchant_id`` is the Ads API's id of it, ``seller_id`` SP-API's; ``profiles`` are by
    marketplace id, ``tokens`` refresh tokens by channel.
    """

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def person(self) -> str: ...  # noqa: D102
    @property
    def email(self) -> str: ...  # noqa: D102
    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def region(self) -> str: ...  # noqa: D102
    @property
    def countries(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def merchant_id(self) -> str: ...  # noqa: D102
    @property
    def seller_id(self) -> str: ...  # noqa: D102
    @property
    def profiles(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def tokens(self) -> Mapping[str, str]: ...  # noqa: D102


Consents = Callable[[Sequence[str], datetime], Sequence[Consented]]
"""What these logins of the stand-in consented to at a moment."""


def connect(logins: Sequence[str], consents: Consents, now: datetime | None = None) -> int:
    """Add customers who are connected to the stand-in Amazon.

    Also those whom the demo's open incident touches can be looked at from now on, so that it is
    seen to end.

    Args:
        logins: at the stand-in.
        consents: asks for what they consented to.
        now: aware UTC; the present unless given.

    Returns:
        How many accounts were added.
    """
    COMMAND_LINE.require(Permission.IMPORT)
    moment = now or clock.now()
    began = moment - ABOARD
    with transaction() as session, tallies.tallied(session) as deltas:
        staff = session.scalars(
            sa.select(StaffMember.id)
            .where(StaffMember.role == Role.STRATEGIST.value)
            .order_by(StaffMember.email)
        ).all()
        added = consents(logins, began)
        with assess.changing(session, deltas, [], moment) as made:
            for place, each in enumerate(added):
                strategist_id = staff[place % len(staff)] if staff else None
                made.append(_account(session, each, strategist_id, moment))
            index(session, made)
        _in_the_incident(session, consents, moment)
    return len(added)


def _account(session: Session, its: Consented, strategist_id: int | None, now: datetime) -> int:
    began = now - ABOARD
    number = session.scalar(sa.select(sa.func.max(Organization.id))) or 0
    [organization_id] = inserted(session, Organization, [{
        "external_id": f"ORG-LIVE-{number + 1}", "name": its.name,
        "strategist_id": strategist_id, "created_at": began,
    }])  # fmt: skip
    inserted(session, Contact, [{
        "organization_id": organization_id, "email": its.email, "name": its.person,
        "created_at": began,
    }])  # fmt: skip
    [account_id] = inserted(session, Account, [{
        "external_id": f"ACC-LIVE-{number + 1}", "organization_id": organization_id,
        "name": f"{its.name} {its.region}", "type": its.kind, "region": its.region,
        "merchant_id": its.merchant_id, "setup_completed_at": began + timedelta(hours=20),
        "observed_at": now, "created_at": began, "sort_name": "", "name_folded": "",
    }])  # fmt: skip
    for country in its.countries:
        place = by_country()[country].id
        session.add(
            AccountMarketplace(account_id=account_id, marketplace_id=place, sort_name="",
                               profile_id=its.profiles[place])
        )  # fmt: skip
    for channel in Channel:
        _channel(session, account_id, its, channel, now)
    session.flush()
    about = {"organization_id": organization_id, "account_id": account_id}
    record(session, COMMAND_LINE, "account_created", began, **about, type=its.kind)
    return account_id


def _channel(
    session: Session, account_id: int, its: Consented, channel: Channel, now: datetime
) -> None:
    rng = random.Random(f"{its.name} {channel}")  # noqa: S311 - made-up data
    began = now - ABOARD
    selling = channel is Channel.SP_API
    grant = Grant(
        channel=channel.value,
        identity=its.seller_id if selling else f"amzn1.account.{its.merchant_id:A<28}",
        region=its.region if selling else None,
        consented_at=began,
        expires_at=began + settings().limits.consent if selling else None,
        created_at=began,
    )
    _give(grant, its, channel, now + timedelta(hours=settings().check_hours) * rng.random())
    session.add(grant)
    session.flush()
    required = not selling or its.kind == AccountType.SELLER
    session.add(
        AccountChannel(
            account_id=account_id, channel=channel.value, required=required, grant_id=grant.id,
            connected_at=began, step=Step.AT_AMAZON.value, status_since=began, checked_at=now,
        )
    )  # fmt: skip
    quarter = timedelta(hours=settings().freshness_hours) / 4
    for country in its.countries:
        age = quarter * rng.uniform(0.1, 0.9)
        session.add(
            Stream(
                account_id=account_id, marketplace_id=by_country()[country].id,
                channel=channel.value, added_at=began, last_success_at=now - age,
                due_at=now - age + quarter,
            )
        )  # fmt: skip


def _give(grant: Grant, its: Consented, channel: Channel, due_at: datetime) -> None:
    sealed = vault.seal(SecretStr(its.tokens[channel.value]))
    grant.refresh_token, grant.key_id = sealed.text, sealed.key_id
    grant.version, grant.check_due_at = 1, due_at


def _in_the_incident(session: Session, consents: Consents, now: datetime) -> None:
    """Let the accounts that an open incident touches be looked at: it ends with them."""
    rows = session.execute(
        sa.select(Account, AccountChannel.channel, Grant)
        .join(AccountChannel, AccountChannel.account_id == Account.id)
        .join(Grant, Grant.id == AccountChannel.grant_id)
        .where(AccountChannel.incident, Grant.refresh_token.is_(None))
    ).all()
    for account, name, grant in rows:
        places = sa.select(AccountMarketplace.marketplace_id)
        mine = places.where(AccountMarketplace.account_id == account.id)
        countries = _countries(session.scalars(mine))
        login = f"any-{account.merchant_id}-{account.type}-{'-'.join(countries)}"
        for its in consents([login], grant.consented_at):
            _give(grant, its, Channel(name), now)
            session.add(_seen(account, name, grant, now))


def _seen(account: Account, channel: str, grant: Grant, now: datetime) -> Check:
    return Check(
        at=now, grant_id=grant.id, organization_id=account.organization_id, channel=channel,
        region=account.region, outcome="AmazonDown",
    )  # fmt: skip


def _countries(ids: Any) -> list[str]:
    chosen = set(ids)
    return [code for code, place in by_country().items() if place.id in chosen]
