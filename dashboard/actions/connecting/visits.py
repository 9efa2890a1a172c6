"""How often one address may ask for one thing: counted in the database, for all processes."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa

from dashboard import clock, vault
from dashboard.db.bulk import count_up
from dashboard.db.connecting import Visit
from dashboard.db.engine import transaction, writing
from dashboard.errors import TooMany

WINDOW: Final = timedelta(minutes=10)
LIMITS: Final = {"sign_up": 10, "mail": 3, "link": 60, "callback": 60}
"""What is counted, and how often one address may do it in ``WINDOW``."""


def count(what: str, address: str) -> None:
    """Count one visit.

    Args:
        what: a key of ``LIMITS``.
        address: whose: a network address or an e-mail address; only a keyed hash is kept.

    Raises:
        TooMany: it was one too many; the sentence says when to come back.
    """
    now = clock.now()
    seconds = int(WINDOW.total_seconds())
    window = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    key = vault.key_id().encode()
    hashed = hmac.new(key, address.encode(), hashlib.sha256).hexdigest()[:32]
    row = {"what": what, "address_hash": hashed, "window": window, "count": 1}
    with writing() as connection:
        made = count_up(connection, Visit, row, "count")
    if made > LIMITS[what]:
        wait = int((window + WINDOW - now).total_seconds())
        minutes = max(1, round(wait / 60))
        raise TooMany(f"That was too often: please try again in {minutes} min.", wait)


def forget(now: datetime) -> None:
    """Remove counts of windows that are over."""
    with transaction() as session:
        session.execute(sa.delete(Visit).where(Visit.window < now - WINDOW))
