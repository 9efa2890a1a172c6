"""The first syncs in flight, found by the index of what is promised: as many rows as there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.engine import reading
from dashboard.db.models import Account, AccountChannel, Stream

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Flight:
    """An account's first sync of one channel, in flight since ``began_at``.

    ``required``: the promise counts for it. ``risky_from`` is what is stored.
    """

    account_id: int
    channel: str
    region: str
    required: bool
    promised_by: datetime
    began_at: datetime
    risky_from: datetime | None


def in_flight() -> Iterator[list[Flight]]:
    """All first syncs in flight, those promised first at first; some accounts' at a time."""
    after: tuple[datetime, int] | None = None
    while True:
        with reading() as session:
            accounts = _accounts(session, after)
            flights = _flights(session, accounts)
        if not accounts:
            return
        yield flights
        after = (accounts[-1].promised_by, accounts[-1].id)


def _accounts(session: Session, after: tuple[datetime, int] | None) -> Sequence[Any]:
    order = (Account.promised_by, Account.id)
    chosen = sa.select(Account.promised_by, Account.id, Account.region).where(
        Account.promised_by.is_not(None)
    )
    if after is not None:
        promised_by, account_id = after
        chosen = chosen.where(
            Account.promised_by >= promised_by,
            sa.or_(Account.promised_by > promised_by, Account.id > account_id),
        )
    return session.execute(chosen.order_by(*order).limit(BATCH)).all()


def _flights(session: Session, accounts: Sequence[Any]) -> list[Flight]:
    known = {row.id: row for row in accounts}
    waiting = session.execute(
        sa.select(
            Stream.account_id, Stream.channel, AccountChannel.required,
            sa.func.max(Stream.added_at).label("began_at"),
            sa.func.min(Stream.risky_from).label("risky_from"),
        )
        .join(
            AccountChannel,
            (AccountChannel.account_id == Stream.account_id)
            & (AccountChannel.channel == Stream.channel),
        )
        .where(Stream.account_id.in_(known), Stream.last_success_at.is_(None))
        .group_by(Stream.account_id, Stream.channel, AccountChannel.required)
    )  # fmt: skip
    return [
        Flight(
            row.account_id, row.channel, known[row.account_id].region, row.required,
            known[row.account_id].promised_by, row.began_at, row.risky_from,
        )
        for row in waiting
    ]  # fmt: skip
