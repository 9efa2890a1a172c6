"""A customer's trips to Amazon's consent pages: leaving, and coming back once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard import clock, vault
from dashboard.actions import tallies
from dashboard.actions.connecting import making, opened
from dashboard.actions.connecting.secret import digest, new
from dashboard.actions.events import record
from dashboard.amazon import appstore, lwa, selling_partner
from dashboard.amazon.appstore import Handover
from dashboard.db.connecting import Attempt, Link
from dashboard.db.engine import transaction
from dashboard.db.models import Account, AccountMarketplace
from dashboard.diagnosis import Channel
from dashboard.errors import AttemptRefused, BadInput, NotFound
from dashboard.flow import CONNECTS, reached
from dashboard.marketplaces import Region, marketplaces
from dashboard.roles import CUSTOMER
from dashboard.settings import settings
from dashboard.status import AccountType, Step

PATHS: Final = {Channel.AAA: "/callback/aaa", Channel.SP_API: "/callback/sp-api"}
"""Where Amazon sends customers back to; these addresses are registered there."""
STRANGE: Final = (
    "This return from Amazon does not belong to this browser. Please open your link again, in one "
    "browser, and start from there."
)
KNOWN: Final = (
    sa.select(
        Attempt.id, Attempt.link_id, Attempt.channel, Attempt.browser_hash, Attempt.verifier,
        Attempt.spent_at, Attempt.expires_at, Account.id.label("account_id"), Account.type,
        Account.region,
    )
    .join(Link, Link.id == Attempt.link_id)
    .outerjoin(Account, Account.id == Link.account_id)
    .where(
        Attempt.state_hash == sa.bindparam("hash"), Attempt.channel == sa.bindparam("channel")
    )
)  # fmt: skip
"""A trip and its account, by what Amazon gave back; made once, as all who come back ask it."""
SPENDING: Final = (
    sa.update(Attempt)
    .where(
        Attempt.id == sa.bindparam("attempt"), Attempt.spent_at.is_(None),
        Attempt.expires_at > sa.bindparam("at"),
    )
    .values(spent_at=sa.bindparam("at"))
)  # fmt: skip
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


def depart(
    secret: SecretStr,
    link_id: int,
    channel: Channel,
    browser: SecretStr,
    handover: Handover | None = None,
) -> str:
    """Send a customer to Amazon's consent page.

    Args:
        secret: of their link.
        link_id: the link's id.
        channel: what is to be connected.
        browser: the secret in their browser's cookie; only this browser may come back.
        handover: how Amazon itself has sent them here; they go on there if it fits the account.

    Returns:
        The address of Amazon's page. It holds the trip's state: redirect to it and keep it nowhere.

    Raises:
        NotFound, LinkClosed: see ``opened.walkable``.
        BadInput: it is not this channel's turn, or Amazon has no page for the account.
    """
    now, state = clock.now(), new()
    verifier = lwa.verifier() if channel is Channel.AAA else None
    with transaction() as session, tallies.tallied(session):
        link = opened.walkable(session, secret, link_id, now)
        if not reached(link.steps, link.step, CONNECTS[channel]):
            raise BadInput("Please take the steps in their order.")
        account = opened.account_of(session, link)
        waits = None if channel is Channel.AAA else _page_that_waits(account, state, handover)
        url = waits or _page(session, account, channel, state, verifier)
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
        AttemptRefused: the state is forged, someone else's, used or too old. Nothing is changed,
            but history tells of it where the trip is known.
    """
    now = clock.now()
    with transaction() as session:
        asked = {"hash": digest(state), "channel": channel.value}
        known = session.connection().execute(KNOWN, asked).first()
        refused = _refusal(session, known, browser, now)
        if refused is not None:
            _tell(session, known, refused, now)
    if known is None or refused is not None:
        raise refused or AttemptRefused(STRANGE)
    if known.account_id is None:
        raise NotFound(opened.NO_ACCOUNT)
    return Return(
        attempt_id=known.id, link_id=known.link_id, account_id=known.account_id, channel=channel,
        type=AccountType(known.type), region=Region(known.region),
        verifier=vault.open_sealed(known.verifier) if known.verifier else None,
    )  # fmt: skip


def _refusal(
    session: Session,
    known: sa.Row[*tuple[Any, ...]] | None,
    browser: SecretStr | None,
    now: datetime,
) -> AttemptRefused | None:
    """Why a return is not accepted; if it is, the trip is spent by this."""
    if known is None or browser is None or known.browser_hash != digest(browser):
        return AttemptRefused(STRANGE)
    if session.connection().execute(SPENDING, {"attempt": known.id, "at": now}).rowcount:
        return None
    # Another return of the same trip may have been quicker by a moment: it is not late, then.
    if known.spent_at is not None or known.expires_at > now:
        return AttemptRefused(USED, "used")
    return AttemptRefused(
        "This took longer than Amazon's answer is good for. Please try again.", "late"
    )


def _tell(
    session: Session, known: sa.Row[*tuple[Any, ...]] | None, refused: AttemptRefused, now: datetime
) -> None:
    """A line of history for a return that was not accepted; a forged one belongs to nobody."""
    if known is None:
        return
    link = session.get_one(Link, known.link_id)
    record(
        session, CUSTOMER, "return_refused", now, organization_id=link.organization_id,
        account_id=link.account_id, channel=known.channel, why=refused.why,
    )  # fmt: skip


def link_of(state: str, browser: SecretStr | None) -> int | None:
    """The link that this browser's trip belongs to, to lead it back there, if it is its."""
    with transaction() as session:
        return session.scalar(
            sa.select(Attempt.link_id).where(
                Attempt.state_hash == digest(state), Attempt.browser_hash == digest(browser or "")
            )
        )


def _clear(link: Link) -> None:
    link.problem = link.problem_channel = None
    link.problem_places = []


def _page_that_waits(account: Account, state: SecretStr, handover: Handover | None) -> str | None:
    """Where Amazon, which has sent the customer to us for this account, waits for them."""
    kind, region = AccountType(account.type), Region(account.region)
    if handover is None or not handover.is_for(kind, region, account.merchant_id):
        return None
    back = redirect_uri(Channel.SP_API)
    return appstore.confirm_url(handover, state=state, redirect_uri=back)


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
