"""What a customer does with a link, step by step; the trips to Amazon are ``attempts``."""

import secrets
from datetime import datetime

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, onboarding, tallies
from dashboard.actions.connecting import links, making, opened
from dashboard.actions.events import record
from dashboard.actions.index import index
from dashboard.db.connecting import Link
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, Contact, Organization
from dashboard.diagnosis import Channel
from dashboard.errors import BadInput, LinkClosed
from dashboard.flow import FlowStep, LinkKind, steps
from dashboard.marketplaces import Region
from dashboard.milestones import Milestone
from dashboard.roles import CUSTOMER
from dashboard.status import AccountType, Step

LONGEST: int = 120
"""Characters of a name a customer gives."""


def open_link(secret: SecretStr) -> int:
    """Note that a customer has opened a link; opening uses nothing up.

    Returns:
        The link's id.

    Raises:
        NotFound: no link has this secret.
        LinkClosed: it was withdrawn or has expired.
    """
    now = clock.now()
    with transaction() as session, tallies.tallied(session):
        link = opened.find(session, secret)
        opened.require_readable(link, now)
        if link.opened_at is None:
            link.opened_at = now
            # What is recorded wakes cases, which come after their account.
            if link.account_id is not None:
                making.mark(session, link.account_id, Step.OPENED, now)
            record(
                session, CUSTOMER, "link_opened", now,
                organization_id=link.organization_id, account_id=link.account_id,
            )  # fmt: skip
            onboarding.reach(session, link, Milestone.OPENED, now)
        return link.id


def create_organization(secret: SecretStr, link_id: int, name: str) -> None:
    """Create the customer's organization, with the address that opened the link as its contact.

    Repeating it renames the organization that this link created, and never one that was there.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: the name cannot be used.
    """
    wanted = _name(name, "your organization")
    now = clock.now()
    with transaction() as session, tallies.tallied(session):
        link = _at(session, secret, link_id, FlowStep.ORGANIZATION)
        known = session.get(Organization, link.organization_id) if link.organization_id else None
        if known is not None and known.created_at >= link.created_at:
            _rename(session, known, wanted, now)
        else:
            _require_no_account(link)
            organization = Organization(
                external_id=f"SB-{secrets.token_hex(6)}", name=wanted, created_at=now
            )
            session.add(organization)
            session.flush()
            session.add(Contact(organization_id=organization.id, email=link.email, created_at=now))
            link.organization_id = organization.id
            record(
                session, CUSTOMER, "organization_created", now, organization_id=organization.id,
                name=wanted, email=link.email,
            )  # fmt: skip
        opened.advance(session, link, FlowStep.ORGANIZATION, now)
        onboarding.reach(session, link, Milestone.CONFIRMED, now)


def _rename(session: Session, organization: Organization, name: str, now: datetime) -> None:
    """Rename an organization; its accounts are listed and found under the new name."""
    organization.name = name
    session.flush()
    theirs = sa.select(Account.id).where(Account.organization_id == organization.id)
    ids = session.scalars(theirs.order_by(Account.id)).all()
    with tallies.tallied(session) as deltas, assess.changing(session, deltas, ids, now):
        index(session, ids)


def choose_organization(secret: SecretStr, link_id: int, organization_id: int) -> None:
    """Say for which of their organizations a customer walks the link.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: the address that opened the link is no contact of it.
    """
    now = clock.now()
    with transaction() as session:
        link = _at(session, secret, link_id, FlowStep.ORGANIZATION)
        theirs = sa.select(Contact.id).where(
            Contact.organization_id == organization_id, Contact.email == link.email
        )
        if not link.email or session.scalar(theirs) is None:
            raise BadInput("Please choose one of your organizations.")
        if organization_id != link.organization_id:
            _require_no_account(link)
        link.organization_id = organization_id
        opened.advance(session, link, FlowStep.ORGANIZATION, now)
        onboarding.reach(session, link, Milestone.CONFIRMED, now)


def describe_account(
    secret: SecretStr, link_id: int, account_type: AccountType, region: Region, name: str
) -> None:
    """Make the account a customer wants to connect; again before a consent: change what it is.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: the name cannot be used.
    """
    wanted = _name(name, "the account")
    now = clock.now()
    with transaction() as session, tallies.tallied(session) as deltas:
        link = _at(session, secret, link_id, FlowStep.ACCOUNT)
        if link.organization_id is None:
            raise BadInput("Please choose your organization first.")
        account_id = link.account_id
        ids = [account_id] if account_id is not None else []
        with assess.changing(session, deltas, ids, now) as made:
            if account_id is None:
                account_id = _insert(session, link, account_type, region, wanted)
                made.append(account_id)
            else:
                account = session.get_one(Account, account_id)
                if (account.type, account.region) != (account_type.value, region.value):
                    _forget_offers(session, link)
                account.name, account.type, account.region = (
                    wanted,
                    account_type.value,
                    region.value,
                )
                _require(session, account.id, account_type)
                session.flush()
            index(session, [account_id], fresh=bool(made))
        link.account_id = account_id
        opened.advance(session, link, FlowStep.ACCOUNT, now)
        record(
            session, CUSTOMER, "account_created" if made else "account_changed", now,
            organization_id=link.organization_id, account_id=link.account_id,
            name=wanted, type=account_type.value, region=region.value,
        )  # fmt: skip
        onboarding.reach(session, link, Milestone.CONFIRMED, now)


def add_marketplace_instead(secret: SecretStr, link_id: int, account_id: int) -> None:
    """Turn a link to add an account into one that adds marketplaces to one that is there.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: the account is not one of the link's organization, or one was begun already.
    """
    now = clock.now()
    with transaction() as session:
        link = _at(session, secret, link_id, FlowStep.ACCOUNT)
        account = session.get(Account, account_id)
        if (
            account is None
            or account.organization_id != link.organization_id
            or account.disconnected_at is not None
            or link.account_id not in {None, account_id}
        ):
            raise BadInput("Please choose one of the accounts shown.")
        channels = [Channel.AAA] if account.aaa_status not in links.WELL else []
        walk = steps(organization=False, account=False, channels=channels, marketplaces=True)
        onboarding.void(session, link, now)
        link.kind, link.account_id = LinkKind.ADD_MARKETPLACE.value, account.id
        link.channels = [each.value for each in channels]
        link.steps, link.step = [each.value for each in walk], walk[0].value
        opened.close_others(session, link, now)
        record(
            session, CUSTOMER, "marketplaces_instead", now,
            organization_id=link.organization_id, account_id=account.id,
        )  # fmt: skip


def _forget_offers(session: Session, link: Link) -> None:
    """What a login offered was for another kind of account: Amazon is to be asked again."""
    opened.drop_offers(session, link)
    if FlowStep.ADVERTISING in link.steps and link.step != FlowStep.ACCOUNT:
        link.step = FlowStep.ADVERTISING.value


def ask_for_advertising(secret: SecretStr, link_id: int) -> None:
    """Put connecting AAA before the choice of marketplaces: the stored consent did not answer.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
    """
    now = clock.now()
    with transaction() as session:
        link = opened.walkable(session, secret, link_id, now)
        if FlowStep.ADVERTISING not in link.steps:
            wanted = {*link.steps, FlowStep.ADVERTISING}
            link.steps = [each.value for each in FlowStep if each in wanted]
            link.channels = [Channel.AAA.value, *link.channels]
        link.step = FlowStep.ADVERTISING.value


def skip_selling_partner(secret: SecretStr, link_id: int) -> None:
    """End the walk of a vendor without SP-API, which is optional for vendors.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: the account needs SP-API.
    """
    now = clock.now()
    with transaction() as session, tallies.tallied(session):
        link = _at(session, secret, link_id, FlowStep.SELLING_PARTNER)
        if opened.account_of(session, link).type != AccountType.VENDOR:
            raise BadInput("A seller's account needs this step: please connect Selling Partner.")
        opened.advance(session, link, FlowStep.SELLING_PARTNER, now)
        making.mark_back(session, opened.account_of(session, link).id, Channel.SP_API, now)
        record(
            session, CUSTOMER, "selling_partner_skipped", now,
            organization_id=link.organization_id, account_id=link.account_id,
        )  # fmt: skip


def _at(session: Session, secret: SecretStr, link_id: int, step: FlowStep) -> Link:
    """The link, if the customer has come as far as a step and not past what cannot be undone."""
    link = opened.walkable(session, secret, link_id, clock.now())
    order = list(link.steps)
    if step not in order or order.index(step) > order.index(link.step):
        raise BadInput("Please take the steps in their order.")
    if step in {FlowStep.ORGANIZATION, FlowStep.ACCOUNT} and link.connected:
        raise LinkClosed("Amazon is connected already, so this can no longer be changed here.")
    return link


def _require_no_account(link: Link) -> None:
    """An account stays with the organization it was made for."""
    if link.account_id is not None:
        raise BadInput(
            "The account was begun for another organization. Go on with that one, or ask us for a "
            "link of its own."
        )


def _insert(
    session: Session, link: Link, account_type: AccountType, region: Region, name: str
) -> int:
    now = clock.now()
    # Whoever renames it just now cannot see this account, and is waited for.
    home = sa.select(Organization.id).where(Organization.id == link.organization_id)
    session.execute(home.with_for_update(read=True))
    account = Account(
        external_id=f"SB-{secrets.token_hex(6)}", organization_id=link.organization_id, name=name,
        type=account_type.value, region=region.value, sort_name="", name_folded="",
        created_at=now,
    )  # fmt: skip
    session.add(account)
    session.flush()
    for channel in Channel:
        required = channel is Channel.AAA or account_type is AccountType.SELLER
        session.add(
            AccountChannel(
                account_id=account.id, channel=channel.value, required=required,
                step=Step.OPENED.value, status_since=now,
            )
        )  # fmt: skip
    session.flush()
    return account.id


def _require(session: Session, account_id: int, account_type: AccountType) -> None:
    session.execute(
        sa.update(AccountChannel)
        .where(
            AccountChannel.account_id == account_id, AccountChannel.channel == Channel.SP_API.value
        )
        .values(required=account_type is AccountType.SELLER)
    )


def _name(text: str, whose: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise BadInput(f"Please give {whose} a name of at most {LONGEST} characters.")
    return name
