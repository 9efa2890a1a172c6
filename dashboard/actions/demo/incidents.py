"""Amazon's incidents in the demo: those that the lives of accounts tell of, and the open one."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.actions.demo.past import INCIDENTS
from dashboard.db.history import Event
from dashboard.db.models import Account, AccountChannel
from dashboard.db.syncing import Incident
from dashboard.diagnosis import Channel

OUTCOME = "AmazonDown"
BEGAN = timedelta(minutes=25)
"""Within this time, an incident has reached everybody whom it touches."""


def write(session: Session, now: datetime) -> None:
    """Write down the incidents, for a company that is written already."""
    for region, ago, length in INCIDENTS:
        touched = _touched(session, region.value, now - ago)
        session.add(
            Incident(
                channel=Channel.SP_API.value, region=region.value, outcome=OUTCOME, ours=False,
                opened_at=now - ago + timedelta(minutes=4), closed_at=now - ago + length,
                customers=touched, share=0.35,
            )
        )  # fmt: skip
    open_ones = (
        sa.select(
            AccountChannel.channel, Account.region,
            sa.func.count(Account.organization_id.distinct()).label("customers"),
            sa.func.min(AccountChannel.problem_since).label("began"),
        )
        .join(Account, Account.id == AccountChannel.account_id)
        .where(AccountChannel.incident)
        .group_by(AccountChannel.channel, Account.region)
    )  # fmt: skip
    for row in session.execute(open_ones).all():
        session.add(
            Incident(
                channel=row.channel, region=row.region, outcome=OUTCOME, ours=False,
                opened_at=row.began + timedelta(minutes=4), customers=row.customers, share=0.22,
            )
        )  # fmt: skip


def _touched(session: Session, region: str, began: datetime) -> int:
    """How many customers had trouble there as it began."""
    found = (
        sa.select(sa.func.count(Event.organization_id.distinct()))
        .join(Account, Account.id == Event.account_id)
        .where(
            Event.kind == "problem_found", Event.at >= began, Event.at <= began + BEGAN,
            Account.region == region,
        )
    )  # fmt: skip
    return session.scalar(found) or 0
