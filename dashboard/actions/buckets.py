"""Amazon's rate limits as token buckets in the database: one for all workers."""

from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dashboard.db.engine import exclusive, transaction
from dashboard.db.syncing import Bucket
from dashboard.status import TOLERANCE

FURTHEST: Final = timedelta(hours=1) + TOLERANCE
"""The longest that Amazon is believed to ask us to stay away; machines' clocks differ besides."""


def take(key: str, rate: float, burst: int, now: datetime | None = None) -> datetime | None:
    """Take one call from a bucket.

    Args:
        key: which bucket; one that is not known yet is full.
        rate: calls that come in per second.
        burst: how many of them are saved up.
        now: aware UTC; the present, to the microsecond, unless given.

    Returns:
        ``None``: go; or the moment at which a call comes in.
    """
    moment = now or datetime.now(UTC)
    with transaction() as session:
        bucket = _locked(session, key, burst, moment)
        if moment < bucket.at <= moment + FURTHEST:
            return bucket.at
        # One that is to be used later still was filled by a clock that has been set back since.
        bucket.at = min(bucket.at, moment)
        come_in = (moment - bucket.at).total_seconds() * rate
        left = min(float(burst), bucket.tokens + come_in)
        if left < 1:
            return moment + timedelta(seconds=(1 - left) / rate)
        bucket.tokens, bucket.at = left - 1, moment
    return None


def close(key: str, until: datetime) -> None:
    """Let nobody call before a moment, when one call comes in: Amazon said so, whatever we count.

    Args:
        key: which bucket.
        until: aware UTC; an earlier moment than one that is known changes nothing.
    """
    with transaction() as session:
        bucket = _locked(session, key, 0, until)
        if bucket.at <= until:
            bucket.tokens, bucket.at = 1.0, until


def _locked(session: Session, key: str, burst: int, now: datetime) -> Bucket:
    """A bucket that nobody else may change until the transaction ends."""
    query = sa.select(Bucket).where(Bucket.key == key).with_for_update()
    found = session.scalar(query)
    if found is None:
        exclusive(session, f"bucket {key}")
        found = session.scalar(query)
    if found is None:
        found = Bucket(key=key, tokens=float(burst), at=now)
        session.add(found)
    return found
