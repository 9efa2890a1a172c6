"""A customer's trips to Amazon's consent pages: leaving, coming back once, or failing.

Amazon's error pages never call back (SP-API documentation, "Authorization errors"), so a trip that
is unanswered after a while is abandoned.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock, vault
from dashboard.actions import assess, tallies
from dashboard.actions.connecting import making, opened
from dashboard.actions.connecting.secret import digest, new
from dashboard.actions.events import record
from dashboard.amazon import lwa, selling_partner
from dashboard.db.connecting import Attempt, Link
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountChannel, AccountMarketplace
from dashboard.diagnosis import Channel, Reason
from dashboard.errors import AttemptRefused, BadInput
from dashboard.flow import CONNECTS, reached
from dashboard.marketplaces import Region, marketplaces
from dashboard.roles import CUSTOMER
from dashboard.settings import settings
from dashboard.status import AccountType, Step

PATHS: Final = {Channel.AAA: "/callback/aaa", Channel.SP_API: "/callback/sp-api"}
"""Where Amazon sends customers back to; these addresses are registered there."""
BATCH: Final = 200
USED: Final = "This return from Amazon was used already."


@dataclass(frozen=True, slots=True)
class Return:
    """A trip that a customer came back from, in time and in the same browser."""

    attempt_id: int
    link_id: int
    account_id: int
    channel: Channel
    type: AccountType
    region: Region
    verifier: SecretStr | None


def redirect_uri(channel: Channel) -> str:
    """The fixed address Amazon is given to send customers back to."""
    return settings().connect_base + PATHS[channel]


def depart(secret: SecretStr, link_id: int, channel: Channel, browser: SecretStr) -> str:
    """Send a customer to Amazon's consent page.

    Args:
        secret: of their link.
        link_id: the link's id.
        channel: what is to be connected.
        browser: the secret in their browser's cookie; only this browser may come back.

    Returns:
        The address of Amazon's page. It holds the trip's state: redirect to it and keep it nowhere.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: it is not this channel's turn, or Amazon has no page for the account.
    """
    now, state = clock.now(), new()
    verifier = lwa.verifier() if channel is Channel.AAA else None
    with transaction() as session:
        link = opened.walkable(session, secret, link_id, now)
        if not reached(link.steps, link.step, CONNECTS[channel]):
            raise BadInput("Please take the steps in their order.")
        account = opened.account_of(session, link)
        url = _page(session, account, channel, state, verifier)
        session.add(
            Attempt(
                link_id=link.id, channel=channel.value, state_hash=digest(state),
                browser_hash=digest(browser),
                verifier=vault.seal(verifier).text if verifier else None,
                created_at=now, expires_at=now + timedelta(minutes=settings().attempt_minutes),
            )
        )  # fmt: skip
        link.at_amazon_at = now
        _clear(link)
        making.mark(session, account.id, Step.AT_AMAZON, now, [channel])
        record(
            session, CUSTOMER, "left_for_amazon", now, organization_id=link.organization_id,
            account_id=account.id, channel=channel.value,
        )  # fmt: skip
    return url


def spend(channel: Channel, state: str, browser: SecretStr | None) -> Return:
    """Accept a customer back: once, in time, and only in the browser that left.

    Raises:
        AttemptRefused: the state is forged, someone else's, used or too old; nothing is changed
            but, for one that is too old, that the trip has ended.
    """
    now = clock.now()
    with transaction() as session:
        known = session.scalar(
            sa.select(Attempt).where(
                Attempt.state_hash == digest(state), Attempt.channel == channel.value
            )
        )
        if known is None or browser is None or known.browser_hash != digest(browser):
            raise AttemptRefused(
                "This return from Amazon does not belong to this browser. Please open your link "
                "again, in one browser, and start from there."
            )
        spent = session.scalar(
            sa.update(Attempt)
            .where(Attempt.id == known.id, Attempt.spent_at.is_(None), Attempt.expires_at > now)
            .values(spent_at=now)
            .returning(Attempt.id)
        )
        if spent is None:
            if known.spent_at is not None:
                raise AttemptRefused(USED, "used")
            raise AttemptRefused(
                "This took longer than Amazon's answer is good for. Please try again.", "late"
            )
        link = session.get_one(Link, known.link_id)
        account = opened.account_of(session, link)
        return Return(
            attempt_id=known.id, link_id=link.id, account_id=account.id, channel=channel,
            type=AccountType(account.type), region=Region(account.region),
            verifier=vault.open_sealed(known.verifier) if known.verifier else None,
        )  # fmt: skip


def link_of(state: str, browser: SecretStr | None) -> int | None:
    """The link that this browser's trip belongs to, to lead it back there, if it is its."""
    with transaction() as session:
        return session.scalar(
            sa.select(Attempt.link_id).where(
                Attempt.state_hash == digest(state), Attempt.browser_hash == digest(browser or "")
            )
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trip led to nothing.

    ``places`` are the country codes it is about; for staff only, ``elsewhere`` are the ids of
    accounts in the way, and ``said`` is Amazon's own error code and request id.
    """

    reason: Reason
    places: tuple[str, ...] = ()
    elsewhere: tuple[int, ...] = ()
    said: str = ""


def fail(back: Return, failure: Failure) -> None:
    """End a trip that led to nothing; the account's present consent, if any, is untouched."""
    with transaction() as session:
        attempt = _ended(session, back.attempt_id, "failed", failure.reason)
        if attempt is not None:
            _blame(session, attempt, failure)


def abandon(now: datetime | None = None) -> int:
    """End the trips that nobody came back from in time.

    Returns:
        How many there were.
    """
    now, done = now or clock.now(), 0
    while True:
        with transaction() as session:
            overdue = session.scalars(
                sa.select(Attempt.id)
                .where(Attempt.outcome == "", Attempt.expires_at <= now)
                .order_by(Attempt.expires_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            ).all()
            for attempt_id in overdue:
                attempt = _ended(session, attempt_id, "abandoned", Reason.ABANDONED)
                if attempt is not None and _is_newest(session, attempt):
                    _blame(session, attempt, Failure(Reason.ABANDONED))
        done += len(overdue)
        if len(overdue) < BATCH:
            return done


def _ended(
    session: Session, attempt_id: int, outcome: str, reason: Reason | None
) -> Attempt | None:
    """End a trip once; ``None`` if somebody else has."""
    return session.scalar(
        sa.update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.outcome == "")
        .values(outcome=outcome, reason=reason.value if reason else None)
        .returning(Attempt)
    )


def succeed(session: Session, back: Return) -> None:
    """End a trip well, in the transaction that stores the consent.

    Raises:
        AttemptRefused: it has ended already.
    """
    if _ended(session, back.attempt_id, "connected", None) is None:
        raise AttemptRefused(USED, "used")


def _is_newest(session: Session, attempt: Attempt) -> bool:
    later = sa.select(Attempt.id).where(Attempt.link_id == attempt.link_id, Attempt.id > attempt.id)
    link = session.get_one(Link, attempt.link_id)
    return link.done_at is None and session.scalar(later.limit(1)) is None


def _blame(session: Session, attempt: Attempt, failure: Failure) -> None:
    """Say on the link, the channel without consent, and in history, why a trip failed."""
    now, reason = clock.now(), failure.reason.value
    link = session.scalars(
        sa.select(Link).where(Link.id == attempt.link_id).with_for_update()
    ).one()
    link.problem, link.problem_channel = reason, attempt.channel
    link.problem_places = list(failure.places)
    if link.account_id is None:
        return
    ids = [link.account_id]
    with tallies.tallied(session) as deltas, assess.changing(session, deltas, ids, now):
        session.execute(
            sa.update(AccountChannel)
            .where(
                AccountChannel.account_id == link.account_id,
                AccountChannel.channel == attempt.channel,
                AccountChannel.grant_id.is_(None),
            )
            .values(problem=reason, problem_since=now, step=Step.OPENED.value)
        )
    others = session.scalars(
        sa.select(Account.external_id).where(Account.id.in_(failure.elsewhere))
    )
    record(
        session, CUSTOMER, "attempt_failed", now, organization_id=link.organization_id,
        account_id=link.account_id, channel=attempt.channel, reason=reason,
        marketplaces=", ".join(failure.places), stands_in_the_way=", ".join(others),
        amazon_said=failure.said,
    )  # fmt: skip


def _clear(link: Link) -> None:
    link.problem = link.problem_channel = None
    link.problem_places = []


def _page(
    session: Session,
    account: Account,
    channel: Channel,
    state: SecretStr,
    verifier: SecretStr | None,
) -> str:
    back = redirect_uri(channel)
    if channel is Channel.AAA and verifier is not None:
        return lwa.consent_url(
            Region(account.region), state=state, redirect_uri=back,
            challenge=lwa.challenge(verifier),
        )  # fmt: skip
    known, vendor = marketplaces(), account.type == AccountType.VENDOR
    places = session.scalars(
        sa.select(AccountMarketplace.marketplace_id).where(
            AccountMarketplace.account_id == account.id
        )
    )
    order = list(known)
    # Consent in any of the region covers all of it (SP-API guide), so any that has a page will do.
    mine = sorted((each for each in places if each in known), key=order.index)
    theirs = [each.id for each in known.values() if each.region == account.region]
    for place in [*mine, *theirs]:
        if known[place].vendor_central_url or not vendor:
            return selling_partner.consent_url(
                known[place], account.type, state=state, redirect_uri=back
            )
    raise BadInput("Amazon has no page for this account's marketplaces: please ask us for help.")
