"""What staff do with links: make, mail, renew and withdraw them."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import onboarding
from dashboard.actions.cases import keeping
from dashboard.actions.connecting import making, messages, opened, secret
from dashboard.actions.connecting.making import NewLink, Wish
from dashboard.actions.connecting.messages import Text
from dashboard.actions.staff import email_address
from dashboard.db.connecting import Link
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountMarketplace, Contact, Organization
from dashboard.diagnosis import Channel
from dashboard.errors import BadInput, NotFound, NothingToConnect
from dashboard.flow import LinkKind, steps
from dashboard.roles import Permission, Staff
from dashboard.status import WAITING, AccountType, ChannelStatus

WORKS = "What you chose works: there is nothing to connect again."
WAIT = (
    "This account waits for Amazon or for us: nothing is known against its consents, so there is "
    "nothing to connect again and nothing to ask of the customer."
)
WELL = (ChannelStatus.CONNECTED, ChannelStatus.PAUSED, ChannelStatus.UNKNOWN)
"""Channel statuses that a new consent would not better."""

RENEWED = (ChannelStatus.CONNECTED, ChannelStatus.UNKNOWN)
"""Statuses with which a consent is there that can be renewed before it lapses."""


def relaunch(
    staff: Staff, account_id: int, channels: Collection[Channel], *, early: bool = False
) -> NewLink:
    """Make the link that lets a customer connect these channels again.

    Channels that are well are left out: none is relaunched by accident. Older open links of the
    account are withdrawn: one problem, one valid link.

    Args:
        staff: on whose behalf.
        account_id: the account.
        channels: what is to be connected again.
        early: SP-API is connected again although it works, before its consent lapses.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such account.
        NothingToConnect: every channel asked for is healthy.
    """
    staff.require(Permission.RELAUNCH)
    with transaction() as session:
        return add_relaunch(session, staff, account_id, channels, clock.now(), early=early)


def add_relaunch(
    session: Session,
    staff: Staff,
    account_id: int,
    channels: Collection[Channel],
    now: datetime,
    *,
    early: bool = False,
) -> NewLink:
    """``relaunch`` within an open transaction, for those who have checked the role."""
    account = _account(session, account_id)
    stands = {Channel.AAA: account.aaa_status, Channel.SP_API: account.sp_api_status}
    lapses = {Channel.SP_API} if early and stands[Channel.SP_API] in RENEWED else set()
    ill = [
        each
        for each in Channel
        if each in channels and (stands[each] not in WELL or each in lapses)
    ]
    if not ill:
        raise NothingToConnect(WAIT if account.headline in WAITING else WORKS)
    walk = steps(
        organization=False, account=False, channels=ill,
        marketplaces=not _has_marketplaces(session, account_id),
    )  # fmt: skip
    wish = Wish(LinkKind.RELAUNCH, ill, walk, account=account)
    return making.make(session, staff, wish, now)


def add_marketplace(staff: Staff, account_id: int) -> NewLink:
    """Make the link by which a customer adds marketplaces to an account.

    The present consents cover them (SP-API guide: authorizations are regional), so the customer
    only chooses; where we hold no working AAA consent, that is asked for first.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such account.
    """
    staff.require(Permission.RELAUNCH)
    now = clock.now()
    with transaction() as session:
        account = _account(session, account_id)
        channels = [Channel.AAA] if account.aaa_status not in WELL else []
        if account.type == AccountType.SELLER and account.sp_api_status not in WELL:
            channels.append(Channel.SP_API)
        walk = steps(organization=False, account=False, channels=channels, marketplaces=True)
        wish = Wish(LinkKind.ADD_MARKETPLACE, channels, walk, account=account)
        return making.make(session, staff, wish, now)


def add_account(staff: Staff, organization_id: int) -> NewLink:
    """Make the link by which an organization connects another account.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such organization.
    """
    staff.require(Permission.RELAUNCH)
    with transaction() as session:
        if session.get(Organization, organization_id) is None:
            raise NotFound("There is no such organization: it may have been removed.")
        walk = steps(organization=False, account=True, channels=list(Channel), marketplaces=True)
        wish = Wish(LinkKind.ADD_ACCOUNT, list(Channel), walk, organization_id=organization_id)
        return making.make(session, staff, wish, clock.now())


def invite(staff: Staff, email: str) -> NewLink:
    """Invite a new customer by mail: the link begins at creating their organization.

    Raises:
        NotAllowed: the role may not relaunch.
        BadInput: the address cannot be used.
    """
    staff.require(Permission.RELAUNCH)
    address = email_address(email)
    now = clock.now()
    with transaction() as session:
        walk = steps(organization=True, account=True, channels=list(Channel), marketplaces=True)
        wish = Wish(LinkKind.SIGN_UP, list(Channel), walk, email=address)
        made = making.make(session, staff, wish, now)
        link = session.get_one(Link, made.id)
        messages.write(session, messages.invitation_text(), [address], link, made.url)
        _note_sent(session, staff, link, [address], now)
        return made


def send(staff: Staff, url: SecretStr, emails: Sequence[str], subject: str, body: str) -> None:
    """Mail a link to contacts of its organization, in words that staff may have edited.

    Args:
        staff: on whose behalf.
        url: the link's address, as it was given when it was made.
        emails: of contacts.
        subject: one line.
        body: must hold ``{link}`` once, where the address goes.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such link.
        LinkClosed: it is done, withdrawn or has expired.
        BadInput: nobody is chosen, someone is no contact, or the text lacks its ``{link}``.
    """
    staff.require(Permission.RELAUNCH)
    with transaction() as session:
        add_mail(session, staff, url, emails, messages.edited(subject, body), now=clock.now())


def add_mail(
    session: Session, staff: Staff, url: SecretStr, emails: Sequence[str], text: Text,
    *, now: datetime, case_id: int | None = None,
) -> None:  # fmt: skip
    """``send`` within an open transaction, for those who have checked the role.

    ``case_id`` is the case that the customer is written about, and which the caller changes;
    without one, every case of the account that waits for its customer learns of the mail.
    """
    link = opened.find(session, SecretStr(url.get_secret_value().rpartition("/")[2]))
    opened.require_readable(link, now)
    also = {link.email} if link.email else set()
    chosen = contacts_among(session, link.organization_id, emails, also)
    messages.write(session, text, chosen, link, url, case_id=case_id)
    _note_sent(session, staff, link, chosen, now)
    if case_id is None and link.account_id is not None:
        keeping.written_to(session, link.account_id, staff.name, now)


def contacts_among(
    session: Session, organization_id: int | None, emails: Sequence[str],
    also: Collection[str] = (),
) -> list[str]:  # fmt: skip
    """The chosen addresses, in lower case, each once.

    Raises:
        BadInput: there is none, or one that is neither a contact of the organization nor ``also``.
    """
    known = set(
        session.scalars(sa.select(Contact.email).where(Contact.organization_id == organization_id))
    ).union(also)
    chosen = list(dict.fromkeys(each.strip().lower() for each in emails))
    if not chosen or not set(chosen) <= known:
        raise BadInput("Choose at least one contact of this organization.")
    return chosen


def renew(staff: Staff, link_id: int) -> NewLink:
    """Withdraw a link and make a new one that goes on where it had come to.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such link.
        BadInput: it is done.
    """
    staff.require(Permission.RELAUNCH)
    now = clock.now()
    with transaction() as session:
        old = _locked(session, link_id)
        if old.done_at is not None:
            raise BadInput("This link has done its work: make a new one instead.")
        kept = {
            name: getattr(old, name)
            for name in ("email", "organization_id", "account_id", "channels", "connected",
                         "steps", "step", "grant_id", "profiles")
        }  # fmt: skip
        # What came back from Amazon goes on with the new link.
        old.grant_id = None
        opened.withdraw(session, old, now)
        token = secret.new()
        link = making.row(LinkKind(old.kind), staff, token, now, **kept)
        session.add(link)
        session.flush()
        if link.account_id is not None:
            opened.close_others(session, link, now)
        making.note(session, staff, "link_renewed", link, now)
        onboarding.follow(session, old, link)
        return making.new(link, token)


def revoke(staff: Staff, link_id: int) -> None:
    """Withdraw a link: whoever opens it is told to ask for a new one. Twice changes nothing.

    Raises:
        NotAllowed: the role may not relaunch.
        NotFound: no such link.
    """
    staff.require(Permission.RELAUNCH)
    now = clock.now()
    with transaction() as session:
        link = _locked(session, link_id)
        if link.revoked_at is None and link.done_at is None:
            opened.withdraw(session, link, now)
            making.note(session, staff, "link_revoked", link, now)


def _note_sent(
    session: Session, staff: Staff, link: Link, emails: Sequence[str], now: datetime
) -> None:
    link.sent_at = now
    making.note(session, staff, "link_mailed", link, now, to=", ".join(emails))


def _locked(session: Session, link_id: int) -> Link:
    link = session.scalar(sa.select(Link).where(Link.id == link_id).with_for_update())
    if link is None:
        raise NotFound("There is no such link.")
    return link


def _account(session: Session, account_id: int) -> Account:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound("There is no such account: it may have been removed.")
    return account


def _has_marketplaces(session: Session, account_id: int) -> bool:
    chosen = sa.select(AccountMarketplace.marketplace_id)
    return (
        session.scalar(chosen.where(AccountMarketplace.account_id == account_id).limit(1))
        is not None
    )
