"""Amazon's rate limits as token buckets in the database: one for all workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from dashboard.db.bulk import update_many, upsert
from dashboard.db.engine import exclusive, writing
from dashboard.db.syncing import Bucket
from dashboard.status import TOLERANCE

FURTHEST: Final = timedelta(hours=1) + TOLERANCE
"""The longest that Amazon is believed to ask us to stay away; machines' clocks differ besides."""

LOCKED: Final = (
    sa.select(Bucket.key, Bucket.tokens, Bucket.at)
    .where(Bucket.key.in_(sa.bindparam("keys", expanding=True)))
    .order_by(Bucket.key)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket that a call is wanted from: so many come in per second, so many are saved up.

    ``now`` is aware UTC; the present, to the microsecond, unless given.
    """

    key: str
    rate: float
    burst: int
    now: datetime | None = None


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
    return take_all([Limit(key, rate, burst, now)])[0]


def take_all(limits: Sequence[Limit]) -> list[datetime | None]:
    """Take one call from each of some buckets: as ``take``, from each for itself."""
    waits: list[datetime | None] = []
    changed = []
    with writing() as connection:
        known = _locked(connection, [each.key for each in limits])
        for each in limits:
            moment = each.now or datetime.now(UTC)
            tokens, at = known.get(each.key, (float(each.burst), moment))
            if moment < at <= moment + FURTHEST:
                waits.append(at)
                continue
            # One that is to be used later still was filled by a clock that has been set back since.
            come_in = (moment - min(at, moment)).total_seconds() * each.rate
            left = min(float(each.burst), tokens + come_in)
            if left < 1:
                waits.append(moment + timedelta(seconds=(1 - left) / each.rate))
            else:
                waits.append(None)
                changed.append({"key": each.key, "tokens": left - 1, "at": moment})
        update_many(connection, Bucket, [row for row in changed if row["key"] in known], ["key"])
        upsert(connection, Bucket, [row for row in changed if row["key"] not in known])
    return waits


def close(key: str, until: datetime) -> None:
    """Let nobody call before a moment, when one call comes in: Amazon said so, whatever we count.

    Args:
        key: which bucket.
        until: aware UTC; an earlier moment than one that is known changes nothing.
    """
    with writing() as connection:
        _, at = _locked(connection, [key]).get(key, (0.0, until))
        if at <= until:
            upsert(connection, Bucket, [{"key": key, "tokens": 1.0, "at": until}])


def _locked(connection: sa.Connection, keys: Sequence[str]) -> dict[str, tuple[float, datetime]]:
    """Tokens and moment of these buckets, which nobody else may change until the end."""
    found = _read(connection, keys)
    if len(found) == len(keys):
        return found
    # Whoever else is about to make them waits, or is waited for.
    for key in sorted(set(keys) - set(found)):
        exclusive(connection, f"bucket {key}")
    return _read(connection, keys)


def _read(connection: sa.Connection, keys: Sequence[str]) -> dict[str, tuple[float, datetime]]:
    rows = connection.execute(LOCKED, {"keys": keys})
    return {each.key: (each.tokens, each.at) for each in rows}
