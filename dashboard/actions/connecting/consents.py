"""Storing what a customer consented to: verified first, swapped in one transaction.

The old consent stays until the new one has proved to be the same business and to reach all of its
marketplaces. One consent may back many accounts: they are moved together, or not at all.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock
from dashboard.actions import assess, onboarding, tallies
from dashboard.actions.connecting import ending, judge, making, opened, shared, swap
from dashboard.actions.connecting.attempts import Return
from dashboard.actions.connecting.swap import Given
from dashboard.actions.events import record
from dashboard.actions.index import index
from dashboard.amazon.lwa import Tokens
from dashboard.amazon.selling_partner import Participation
from dashboard.db.bulk import upsert
from dashboard.db.connecting import Link
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountMarketplace
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import BadInput
from dashboard.flow import FlowStep
from dashboard.marketplaces import Region
from dashboard.milestones import Milestone
from dashboard.roles import CUSTOMER
from dashboard.signals import Profile, Reach, Wanted, same
from dashboard.status import AccountType

HELD: Final = sa.select(Link).where(Link.id == sa.bindparam("link_id")).with_for_update()


@dataclass(frozen=True, slots=True)
class Choice:
    """A merchant's marketplace that a customer may choose; ``taken``: connected already."""

    profile_id: str
    marketplace_id: str
    merchant_id: str
    name: str
    taken: bool


def accept_login(back: Return, tokens: Tokens, reach: Reach) -> None:
    """Store an AAA consent, or keep it until the customer has chosen marketplaces.

    Args:
        back: the trip it comes from.
        tokens: what Amazon gave for the code.
        reach: the profiles the login reaches.

    Raises:
        ConnectionRefused: it may not be used for this account; nothing is changed.
        AttemptRefused: the trip has ended already.
    """
    now = clock.now()
    given = Given(Channel.AAA, tokens, _login_name(reach), reach=reach)
    with transaction() as session, tallies.tallied(session):
        link, account = _locked(session, back)
        ending.succeed(session, back)
        wanted = shared.wanted(session, account)
        if FlowStep.MARKETPLACES in link.steps:
            if wanted.marketplaces:
                # It is to take the place of the consent that reaches these.
                judge.login(wanted, reach)
            choices = _offer(session, account, wanted, reach)
            held = swap.hold(session, link.grant_id, given, now)
            making.mark_back(session, account.id, Channel.AAA, now)
            link.profiles, link.grant_id = [asdict(each) for each in choices], held
            opened.advance(session, link, FlowStep.ADVERTISING, now)
            _record(session, "signed_in_at_amazon", link, now, channel=Channel.AAA.value)
            onboarding.reach(session, link, Milestone.AAA, now)
            return
        profiles = judge.login(wanted, reach)
        _refuse_taken(session, account, profiles)
        swap.replace(session, account, given, now)
        _fill_profiles(session, account, profiles)
        _connected(link, Channel.AAA)
        opened.advance(session, link, FlowStep.ADVERTISING, now)
        onboarding.reach(session, link, Milestone.AAA, now)


def offer(secret: SecretStr, link_id: int, reach: Reach) -> None:
    """Offer more marketplaces through the consent the account has.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        ConnectionRefused: the login reaches nothing that the account may use.
    """
    with transaction() as session:
        link = opened.walkable(session, secret, link_id, clock.now())
        account = opened.account_of(session, link)
        choices = _offer(session, account, shared.wanted(session, account), reach)
        link.profiles = [asdict(each) for each in choices]


def choose(secret: SecretStr, link_id: int, profile_ids: Collection[str]) -> None:
    """Connect the marketplaces a customer chose; the consent that reaches them becomes AAA's.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: none is chosen, one was not offered, or they are of several merchants.
        ConnectionRefused: one has been connected elsewhere meanwhile.
    """
    now = clock.now()
    with transaction() as session, tallies.tallied(session) as deltas:
        link = opened.walkable(session, secret, link_id, now)
        account = opened.account_of(session, link)
        chosen = _chosen(link, account, profile_ids)
        _refuse_taken(session, account, chosen)
        with assess.changing(session, deltas, [account.id], now):
            account.merchant_id = chosen[0].merchant_id
            if link.grant_id is not None:
                swap.use(session, account, Channel.AAA, link.grant_id, now)
            rows = [
                {"account_id": account.id, "marketplace_id": each.marketplace_id,
                 "profile_id": each.profile_id, "sort_name": account.sort_name}
                for each in chosen
            ]  # fmt: skip
            upsert(session, AccountMarketplace, rows)
            swap.add_streams(session, account, now)
            index(session, [account.id])
        if link.grant_id is not None:
            _connected(link, Channel.AAA)
        places = [each.marketplace_id for each in chosen]
        opened.advance(session, link, FlowStep.MARKETPLACES, now)
        _record(session, "connected", link, now, channel=Channel.AAA.value,
                marketplaces=shared.codes(places), merchant=account.merchant_id)  # fmt: skip
        onboarding.reach(session, link, Milestone.CHOSEN, now)


def accept_seller(
    back: Return,
    tokens: Tokens,
    identity: str,
    participations: Sequence[Participation] | None,
) -> None:
    """Store an SP-API consent.

    Args:
        back: the trip it comes from.
        tokens: what Amazon gave for the code.
        identity: the ``selling_partner_id`` it returned.
        participations: where a seller is registered; ``None`` for vendors.

    Raises:
        ConnectionRefused: it may not be used for this account; nothing is changed.
        AttemptRefused: the trip has ended already.
    """
    now = clock.now()
    with transaction() as session, tallies.tallied(session):
        link, account = _locked(session, back)
        ending.succeed(session, back)
        wanted = shared.wanted(session, account)
        known_as = shared.identity_of(session, account.id, Channel.SP_API)
        judge.seller(wanted, identity, participations, known_as=known_as)
        shared.lock_merchant(session, identity)
        others = shared.users_elsewhere(session, account, identity)
        if others:
            raise judge.refusal(Reason.ALREADY_CONNECTED, elsewhere=others)
        given = Given(Channel.SP_API, tokens, identity, region=Region(account.region))
        swap.replace(session, account, given, now)
        _connected(link, Channel.SP_API)
        opened.advance(session, link, FlowStep.SELLING_PARTNER, now)
        onboarding.reach(session, link, Milestone.SP_API, now)


def _locked(session: Session, back: Return) -> tuple[Link, Account]:
    """The link, then the account: two returns at once come one after the other."""
    link = session.scalars(HELD, {"link_id": back.link_id}).one()
    opened.require_readable(link, clock.now())
    return link, opened.account_of(session, link)


def _offer(session: Session, account: Account, wanted: Wanted, reach: Reach) -> list[Choice]:
    """What the customer may choose from; what is connected already is shown as taken."""
    known = {each for each in wanted.marketplaces.values() if each}
    merchants = {each.merchant_id for each in reach.editable if each.id in known}
    merchant = wanted.merchant_id or next(iter(merchants), None)
    bare = Wanted(wanted.type, wanted.region, merchant)
    profiles = judge.login(bare, reach)
    taken = shared.taken(session, account, wanted.marketplaces, profiles)
    return [
        Choice(each.id, each.marketplace_id, each.merchant_id, each.name, each.id in taken)
        for each in profiles
    ]


def _chosen(link: Link, account: Account, profile_ids: Collection[str]) -> list[Choice]:
    offered = {each["profile_id"]: Choice(**each) for each in link.profiles}
    chosen = [offered[each] for each in dict.fromkeys(profile_ids) if each in offered]
    if not chosen or len(chosen) != len(set(profile_ids)):
        raise BadInput("Please choose at least one of the marketplaces shown.")
    if any(each.taken for each in chosen):
        raise BadInput("A marketplace that is connected already cannot be chosen again.")
    if len({each.merchant_id for each in chosen}) > 1:
        raise BadInput("Please choose marketplaces of one merchant only.")
    places = [each.marketplace_id for each in chosen]
    if len(set(places)) != len(places):
        raise BadInput("Please choose each marketplace only once.")
    if account.merchant_id and not same(
        AccountType(account.type), account.merchant_id, chosen[0].merchant_id
    ):
        raise BadInput("Please choose marketplaces of the merchant this account is for.")
    return chosen


def _refuse_taken(
    session: Session, account: Account, chosen: Sequence[Profile] | Sequence[Choice]
) -> None:
    for merchant in sorted({each.merchant_id for each in chosen}):
        shared.lock_merchant(session, merchant)
    others = shared.in_the_way(session, account, chosen)
    if others:
        raise judge.refusal(Reason.ALREADY_CONNECTED, elsewhere=others)


def _fill_profiles(session: Session, account: Account, profiles: Sequence[Profile]) -> None:
    """Keep the profile ids of marketplaces that the account was only known to have."""
    if account.merchant_id is None and len({each.merchant_id for each in profiles}) == 1:
        account.merchant_id = profiles[0].merchant_id
    for each in profiles:
        session.execute(
            sa.update(AccountMarketplace)
            .where(
                AccountMarketplace.account_id == account.id,
                AccountMarketplace.marketplace_id == each.marketplace_id,
                AccountMarketplace.profile_id.is_(None),
            )
            .values(profile_id=each.id)
        )
    session.flush()


def _login_name(reach: Reach) -> str:
    """What a login is known by: Amazon does not say who signed in, only what they reach."""
    return "login:" + shared.fingerprint(each.id for each in reach.editable)


def _connected(link: Link, channel: Channel) -> None:
    link.connected = [*link.connected, channel.value]
    link.problem = link.problem_channel = None
    link.problem_places = []


def _record(session: Session, kind: str, link: Link, now: datetime, **details: Any) -> None:
    record(session, CUSTOMER, kind, now, organization_id=link.organization_id,
           account_id=link.account_id, **details)  # fmt: skip
