"""A link in hand: finding it by its secret, and moving it along its steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard.actions.connecting import messages, shared
from dashboard.actions.connecting.secret import digest
from dashboard.db.connecting import Link
from dashboard.db.models import Account
from dashboard.errors import LinkClosed, NotFound
from dashboard.flow import FlowStep, following, why_closed
from dashboard.settings import settings

HELD: Final = (
    sa.select(Link).where(Link.token_hash == sa.bindparam("token_hash")).with_for_update()
)  # fmt: skip
"""A link by its secret; made once, as every form that is sent asks it."""
ACCOUNT: Final = sa.select(Account).where(Account.id == sa.bindparam("account"))
NO_ACCOUNT: Final = "This link has no account yet: please begin at the first step."
GONE: Final = "This link is not known. Please ask for a new one."


def find(session: Session, secret: SecretStr, link_id: int | None = None) -> Link:
    """The link a customer holds, locked until the transaction ends.

    Args:
        session: the open transaction.
        secret: what their address held.
        link_id: the link the page is about, if it says so.

    Raises:
        NotFound: no link has this secret, or another one.
    """
    link = session.scalar(HELD, {"token_hash": digest(secret)})
    if link is None or (link_id is not None and link.id != link_id):
        raise NotFound(GONE)
    return link


def walkable(session: Session, secret: SecretStr, link_id: int, now: datetime) -> Link:
    """The link a customer holds, if it may still be walked.

    Raises:
        NotFound: no such link.
        LinkClosed: it is done, revoked or has expired.
    """
    link = find(session, secret, link_id)
    if link.done_at is not None:
        raise LinkClosed("Everything this link was made for is done.")
    require_readable(link, now)
    return link


def require_readable(link: Link, now: datetime) -> None:
    """Let pass a link whose pages may be shown.

    Raises:
        LinkClosed: it was revoked or has expired.
    """
    closed = why_closed(
        done_at=link.done_at, revoked_at=link.revoked_at, expires_at=link.expires_at, now=now
    )
    if closed:
        raise LinkClosed(closed)


def advance(session: Session, link: Link, done: FlowStep, now: datetime) -> None:
    """Let the customer on to the step after this one; the last ends the link, and is written of."""
    order = list(link.steps)
    if order.index(link.step) <= order.index(done):
        link.step = following(order, done).value
    if link.step == FlowStep.SYNCING and link.done_at is None:
        link.done_at = link.closed_at = now
        link.grant_id, link.profiles = None, []
        messages.write_of_account(
            session, link, messages.CONNECTED, hours=str(settings().promise_hours)
        )


def close_others(session: Session, link: Link, now: datetime) -> None:
    """Withdraw the other open links of the account: one problem, one valid link."""
    for each in hold_links(session, link.account_id):
        if each.id != link.id:
            withdraw(session, each, now)


def hold_links(session: Session, account_id: int | None) -> Sequence[Link]:
    """Lock the open links of an account, as everybody does who then locks the account itself."""
    theirs = sa.select(Link).where(
        Link.account_id == account_id, Link.done_at.is_(None), Link.revoked_at.is_(None)
    )
    return session.scalars(theirs.order_by(Link.id).with_for_update()).all()


def withdraw(session: Session, link: Link, now: datetime) -> None:
    """Close a link before its time."""
    link.revoked_at = link.revoked_at or now
    close(session, link, now)


def close(session: Session, link: Link, now: datetime) -> None:
    """Close a link, with the consent that waited in it for a choice."""
    link.closed_at = link.closed_at or now
    drop_offers(session, link)


def drop_offers(session: Session, link: Link) -> None:
    """Forget what a login offered, and the consent it gave, unless an account has begun to use it.

    Amazon would have to be asked again.
    """
    held = link.grant_id
    link.grant_id, link.profiles = None, []
    if held is not None:
        session.flush()
        shared.let_go(session, [held])


def account_of(session: Session, link: Link) -> Account:
    """The account a link is about.

    Raises:
        NotFound: it has none yet.
    """
    own = {"account": link.account_id}
    account = session.scalar(ACCOUNT, own) if link.account_id else None
    if account is None:
        raise NotFound(NO_ACCOUNT)
    return account
