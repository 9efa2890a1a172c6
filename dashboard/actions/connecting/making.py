"""Making links: the rows, the secret addresses, and the lines of history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from dashboard.actions import assess, onboarding, tallies
from dashboard.actions.connecting import opened, secret
from dashboard.actions.events import record
from dashboard.db.connecting import Link
from dashboard.db.models import Account, AccountChannel
from dashboard.diagnosis import Channel
from dashboard.flow import FlowStep, LinkKind, steps
from dashboard.roles import Staff
from dashboard.settings import settings
from dashboard.status import Step

EVENTS: Final = {
    LinkKind.SIGN_UP: "invited",
    LinkKind.ADD_ACCOUNT: "account_link_made",
    LinkKind.ADD_MARKETPLACE: "marketplace_link_made",
    LinkKind.RELAUNCH: "relaunched",
}
"""What making a link is called in history."""

STEPPING: Final = (
    sa.update(AccountChannel)
    .where(
        AccountChannel.account_id == sa.bindparam("account"), AccountChannel.grant_id.is_(None),
        AccountChannel.channel.in_(sa.bindparam("channels", expanding=True)),
        AccountChannel.step.in_(sa.bindparam("before", expanding=True)),
    )
    .values(step=sa.bindparam("after"))
)  # fmt: skip
"""Made once, as every step of every customer asks it."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link that was just made: the only moment its address is known."""

    id: int
    url: SecretStr
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Wish:
    """What a link is to be for."""

    kind: LinkKind
    channels: Sequence[Channel]
    walk: Sequence[FlowStep]
    account: Account | None = None
    organization_id: int | None = None
    email: str = ""


def make(session: Session, staff: Staff, wish: Wish, now: datetime) -> NewLink:
    """Add a link; one of an account takes the place of the account's other open links."""
    with tallies.tallied(session):
        link, token = add(session, staff, wish, now)
        if wish.account is not None:
            opened.close_others(session, link, now)
            mark(session, wish.account.id, Step.LINK_SENT, now)
        note(session, staff, EVENTS[wish.kind], link, now)
        onboarding.begin(session, link, now)
    return new(link, token)


def add(session: Session, staff: Staff, wish: Wish, now: datetime) -> tuple[Link, SecretStr]:
    """Add only the row of a link; its secret is not kept."""
    token, account = secret.new(), wish.account
    link = row(
        wish.kind, staff, token, now, email=wish.email,
        organization_id=account.organization_id if account else wish.organization_id,
        account_id=account.id if account else None,
        channels=[each.value for each in wish.channels],
        steps=[each.value for each in wish.walk], step=wish.walk[0].value,
    )  # fmt: skip
    session.add(link)
    session.flush()
    return link, token


def for_sign_up(
    session: Session, staff: Staff, email: str, organizations: Sequence[int], now: datetime
) -> tuple[Link, SecretStr]:
    """The link by which someone who asked for one confirms their address and begins.

    Args:
        session: the open transaction.
        staff: on whose behalf: the customer's own.
        email: lower case.
        organizations: those the address is a contact of; with one, the link is of that one.
        now: aware UTC.
    """
    only = organizations[0] if len(organizations) == 1 else None
    walk = steps(organization=only is None, account=True, channels=list(Channel), marketplaces=True)
    kind = LinkKind.ADD_ACCOUNT if organizations else LinkKind.SIGN_UP
    wish = Wish(kind, list(Channel), walk, organization_id=only, email=email)
    return add(session, staff, wish, now)


def mark(
    session: Session,
    account_id: int,
    step: Step,
    now: datetime,
    channels: Collection[Channel] = tuple(Channel),
) -> None:
    """Note how far the customer came with the channels that have no consent; never backwards."""
    order = list(Step)
    with tallies.tallied(session) as deltas, assess.changing(session, deltas, [account_id], now):
        before = order[: order.index(step)]
        session.connection().execute(STEPPING, _stepping(account_id, channels, before, step))


def mark_back(session: Session, account_id: int, channel: Channel, now: datetime) -> None:
    """Note that the customer is at Amazon no longer, though the channel has no consent yet."""
    with tallies.tallied(session) as deltas, assess.changing(session, deltas, [account_id], now):
        back = _stepping(account_id, [channel], [Step.AT_AMAZON], Step.OPENED)
        session.connection().execute(STEPPING, back)


def _stepping(
    account_id: int, channels: Collection[Channel], before: Sequence[Step], after: Step
) -> dict[str, Any]:
    """What ``STEPPING`` is given."""
    return {
        "account": account_id, "channels": [each.value for each in channels],
        "before": [each.value for each in before], "after": after.value,
    }  # fmt: skip


def row(kind: LinkKind, staff: Staff, token: SecretStr, now: datetime, **values: Any) -> Link:
    """The row of a link that is not added yet."""
    return Link(
        token_hash=secret.digest(token), kind=kind.value, staff_id=staff.id, staff_name=staff.name,
        created_at=now, expires_at=now + timedelta(days=settings().link_days), **values,
    )  # fmt: skip


def address(token: SecretStr) -> SecretStr:
    """The address a customer opens; whoever has it can walk the link."""
    return SecretStr(f"{settings().connect_base}/l/{token.get_secret_value()}")


def new(link: Link, token: SecretStr) -> NewLink:
    """The link as those see it who made it."""
    return NewLink(link.id, address(token), link.expires_at)


def note(session: Session, staff: Staff, kind: str, link: Link, now: datetime, **more: Any) -> None:
    """Add a line of history about a link."""
    channels = {"channels": list(link.channels)} if link.channels else {}
    record(
        session, staff, kind, now, organization_id=link.organization_id,
        account_id=link.account_id, **channels, **more,
    )  # fmt: skip
