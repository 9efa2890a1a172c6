"""Two who work at once, one of whom waits for the other."""

from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session


def until_waiting(other: Future[Any], session: Session) -> None:
    """Go on when the other waits for this transaction; SQLite's wait before they read at all."""
    if session.connection().dialect.name != "postgresql":
        return
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not session.scalar(waiting) and not other.done():
        pass
