"""Noting how far customers have come on their way aboard: each milestone once, as it is reached.

To be called at the end of the transaction that takes the step. An onboarding begins with a link for
somebody who has never been connected; what is done for those who have, is none.
"""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.connecting import Link
from dashboard.db.models import Account, AccountChannel
from dashboard.db.past import Onboarding
from dashboard.diagnosis import Channel
from dashboard.flow import FlowStep, LinkKind
from dashboard.milestones import Milestone, furthest, waits_for
from dashboard.settings import settings

# Every step of every customer asks these: made once, because making one costs more than its answer.
OF_ACCOUNT: Final = (
    sa.select(Onboarding)
    .where(Onboarding.account_id == sa.bindparam("account"), Onboarding.void.is_(False))
    .with_for_update()
)
OF_LINK: Final = (
    sa.select(Onboarding)
    .where(
        Onboarding.link_id == sa.bindparam("link"), Onboarding.void.is_(False),
        Onboarding.account_id.is_(None),
    )
    .with_for_update()
)  # fmt: skip
REQUIRED: Final = sa.select(AccountChannel.channel, AccountChannel.grant_id).where(
    AccountChannel.account_id == sa.bindparam("account"), AccountChannel.required
)


def begin(session: Session, link: Link, now: datetime) -> None:
    """A link was made: whoever is to come aboard by it is invited.

    Asking twice with the same address is one invitation.
    """
    if link.kind == LinkKind.ADD_MARKETPLACE:
        return
    if link.account_id is not None:
        if _of_account(session, link.account_id) or _was_connected(session, link.account_id):
            return
    elif link.email:
        again = session.scalar(
            sa.select(Onboarding)
            .where(Onboarding.email == link.email, Onboarding.account_id.is_(None))
            .where(Onboarding.void.is_(False))
            .order_by(Onboarding.id.desc())
            .limit(1)
            .with_for_update()
        )
        if again is not None:
            again.link_id, again.due_at = link.id, now
            return
    row = Onboarding(
        link_id=link.id, account_id=link.account_id, email=link.email, day=now.date(),
        confirms=bool(link.email), chooses=FlowStep.MARKETPLACES in link.steps, invited_at=now,
    )  # fmt: skip
    session.add(row)
    _settle(session, row, now)


def follow(session: Session, old: Link, new: Link) -> None:
    """A link has taken the place of another."""
    session.execute(
        sa.update(Onboarding).where(Onboarding.link_id == old.id).values(link_id=new.id)
    )


def reach(session: Session, link: Link, milestone: Milestone, now: datetime) -> None:
    """A customer has reached a milestone by a link; a second time changes nothing."""
    row = _of_link(session, link)
    if row is None:
        return
    row.account_id = row.account_id or link.account_id
    if milestone is not Milestone.CONFIRMED or row.confirms:
        _note(row, milestone, now)
    _settle(session, row, now)


def sync_began(session: Session, account_id: int, now: datetime) -> None:
    """A sync of an account began that never had data."""
    row = _of_account(session, account_id)
    if row is not None and row.connected_at is not None and row.syncing_at is None:
        _note(row, Milestone.SYNCING, now)
        _settle(session, row, now)


def went_live(session: Session, account_id: int, now: datetime) -> None:
    """All that is required has been synced once."""
    row = _of_account(session, account_id)
    if row is not None:
        _note(row, Milestone.LIVE, now)
        _settle(session, row, now)


def void(session: Session, link: Link, now: datetime) -> None:
    """It turned out that nobody new comes aboard by this link."""
    row = _of_link(session, link)
    if row is not None and row.account_id is None:
        row.void, row.due_at = True, now


def _of_link(session: Session, link: Link) -> Onboarding | None:
    row = _of_account(session, link.account_id) if link.account_id is not None else None
    if row is not None:
        return row
    return session.scalar(OF_LINK, {"link": link.id})


def _of_account(session: Session, account_id: int) -> Onboarding | None:
    return session.scalar(OF_ACCOUNT, {"account": account_id})


def _was_connected(session: Session, account_id: int) -> bool:
    """Whether the account has ever worked: then it is connected again.

    It has not, if a required channel has no consent and it never had all its data.
    """
    lacking = sa.select(AccountChannel.channel).where(
        AccountChannel.account_id == account_id, AccountChannel.required,
        AccountChannel.grant_id.is_(None),
    )  # fmt: skip
    completed = sa.select(Account.setup_completed_at).where(Account.id == account_id)
    return session.scalar(completed) is not None or session.scalar(lacking.limit(1)) is None


def _note(row: Onboarding, milestone: Milestone, now: datetime) -> None:
    name = f"{milestone}_at"
    if getattr(row, name) is None:
        setattr(row, name, now)


def _settle(session: Session, row: Onboarding, now: datetime) -> None:
    """Say what the customer waits for, and since when the first sync is promised."""
    channels = _channels(session, row.account_id)
    if row.connected_at is None and channels and all(channels.values()):
        row.connected_at = now
    if row.connected_at is not None and row.promised_at is None:
        row.promised_at = row.connected_at + timedelta(hours=settings().promise_hours)
    needed = set(Milestone)
    needed -= set() if row.confirms else {Milestone.CONFIRMED}
    needed -= set() if row.chooses else {Milestone.CHOSEN}
    if row.account_id is not None and Channel.SP_API not in channels:
        needed.remove(Milestone.SP_API)
    moments = {each: at for each in Milestone if (at := getattr(row, f"{each}_at")) is not None}
    following = waits_for(moments, needed)
    row.waits_for = following.value if following else ""
    row.waits_since = moments[furthest(moments)] if following else None
    row.due_at = now
    session.flush()


def _channels(session: Session, account_id: int | None) -> dict[Channel, bool]:
    """The required channels of an account, and whether each has a consent."""
    if account_id is None:
        return {}
    # Past the session: what it holds unwritten is written at the end, in one go.
    rows = session.connection().execute(REQUIRED, {"account": account_id})
    return {Channel(channel): grant_id is not None for channel, grant_id in rows}
